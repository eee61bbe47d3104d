"""The surroundings of a service under test: real PostgreSQL, real tokens, real envelopes.

A test talks to a service over HTTP, lets it hear events as they would come from Kafka, and reads
what it announced from its outbox. Every test has tenants of its own, so nothing is ever cleaned.
"""

import asyncio
import itertools
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from starlette.types import ASGIApp

from chassis.clock import Clock, SystemClock
from chassis.connections import Bounds
from chassis.consumer import Consumer
from chassis.crypto import new_key
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.issuers import Issuer, Issuers
from chassis.messages import Record
from chassis.run import new_server
from chassis.service import Context, Service, build_app, open_context, opened
from chassis.settings import ServiceSettings
from contracts.catalogue import EVENTS
from contracts.directory import PersonProvisioned, Role, TenantRegistered
from contracts.events import Event
from fortaler.local_issuer.keys import IssuerKeys, issuer_url
from services.content.settings import ContentSettings
from tests.envelopes import envelope_of
from tests.patience import PATIENCE_S

_offsets = itertools.count()

_MEDIA_KEY = new_key()

ANY_VERSION = "*"
"""What most tests change is nobody else's at that moment."""


@dataclass(frozen=True)
class Tenant:
    """A tenant at hand: its id and the issuer that speaks for it."""

    tenant_id: UUID
    issuer_name: str
    issuer: str


@dataclass(frozen=True)
class News:
    """An event on its way to a service: with an id of its own, of now and untraced, or as said."""

    event: Event
    event_id: UUID | None = None
    at: datetime | None = None
    traceparent: str | None = None

    def record(self, tenant: Tenant, now: datetime) -> Record:
        """Answer the record that Kafka would hold."""
        event = self.event
        envelope = envelope_of(
            event,
            tenant.tenant_id,
            event_id=self.event_id,
            at=self.at or now,
            traceparent=self.traceparent,
        )
        return Record(
            event.topic.name, 0, next(_offsets), envelope.key, envelope.data, envelope.headers()
        )


class World:
    """What all services under test share: settings, issuers' keys, and the trusted issuers."""

    def __init__(
        self,
        settings: ServiceSettings,
        keys: IssuerKeys,
        issuer_base: str,
        *,
        media_dir: Path | None = None,
    ) -> None:
        self.settings = settings
        self._media_dir = media_dir
        self.keys = keys
        self.issuer_base = issuer_base
        self.issuers = Issuers(
            Issuer(settings.operator_issuer, settings.operator_jwks_uri, settings.audience, None)
        )

    def new_tenant(self) -> Tenant:
        """Admit a tenant: its issuer's tokens are trusted from now on."""
        tenant_id = new_id()
        name = f"t-{tenant_id.hex[-20:]}"
        tenant = Tenant(tenant_id, name, issuer_url(self.issuer_base, name))
        self.issuers.learn(self.registered(tenant))
        return tenant

    def trust(self, tenant: Tenant, tenant_id: UUID) -> Tenant:
        """Let a tenant's issuer speak for the id that directory has given the tenant."""
        # An issuer that two tenants claim at once would speak for neither.
        self.issuers.learn(self.registered(tenant).model_copy(update={"active": False}))
        admitted = Tenant(tenant_id, tenant.issuer_name, tenant.issuer)
        self.issuers.learn(self.registered(admitted))
        return admitted

    def registered(self, tenant: Tenant) -> TenantRegistered:
        """Answer the event that announces a tenant."""
        return TenantRegistered(
            tenant_id=tenant.tenant_id,
            slug=tenant.issuer_name,
            name="Nordlys Energi",
            issuer=tenant.issuer,
            jwks_uri=f"{tenant.issuer}/jwks.json",
            audience=self.settings.audience,
            country="DK",
            language="da",
            time_zone="Europe/Copenhagen",
            active=True,
        )

    def token(self, tenant: Tenant | None, subject: str, **claims: Any) -> str:
        """Sign an access token; without a tenant it is the operator's."""
        issuer = tenant.issuer if tenant else self.settings.operator_issuer
        return self.keys.sign_access_token(
            issuer,
            tenant.issuer_name if tenant else "operator",
            subject,
            self.settings.audience,
            now=SystemClock().now(),
            extra_claims=claims or None,
        )

    def _settings_of(self, service: Service) -> ServiceSettings:
        """Answer the settings of a service; content has a folder for media."""
        if service.settings is not ContentSettings:
            return self.settings
        known = {**self.settings.model_dump(), "media_key": _MEDIA_KEY}
        if self._media_dir is not None:
            known["media_url"] = self._media_dir.as_uri()
        return ContentSettings(**known)

    @asynccontextmanager
    async def open(
        self,
        service: Service,
        *,
        clock: Clock | None = None,
        settings: ServiceSettings | None = None,
    ) -> AsyncIterator["OpenService"]:
        """Run a service's web app, and be ready to let it hear events."""
        chosen = settings or self._settings_of(service)
        at = clock or SystemClock()
        app = build_app(service, chosen, clock=at, issuers=self.issuers)
        context = open_context(service, chosen, at)
        async with serving(app) as base, opened(service, context), new_client(base) as client:
            # The first answer waits until all routes are made, which takes a busy machine seconds.
            client.timeout = httpx2.Timeout(PATIENCE_S)
            yield OpenService(self, service, client, context)


class OpenService:
    """A running service, and all that a test may do with it."""

    def __init__(
        self, world: World, service: Service, client: httpx2.AsyncClient, context: Context
    ) -> None:
        self.world = world
        self.service = service
        self.client = client
        self.context = context
        self.consumer = Consumer(service.name, service.handlers, context.database, context.clock)

    def as_(self, tenant: Tenant | None, subject: str) -> "Caller":
        """Answer somebody who calls with a token of their own."""
        return Caller(self.client, self.world.token(tenant, subject))

    async def hear(
        self,
        tenant: Tenant,
        event: Event,
        *,
        event_id: UUID | None = None,
        at: datetime | None = None,
        traceparent: str | None = None,
    ) -> Counter[Any]:
        """Let the service's consumer take an event in; answers how the message ended."""
        return await self.hear_all(tenant, [News(event, event_id, at, traceparent)])

    async def hear_all(self, tenant: Tenant, told: Iterable["News"]) -> Counter[Any]:
        """Let the consumer take one batch in, as it would come from Kafka."""
        now = self.context.clock.now()
        return await self.consumer.take_in([news.record(tenant, now) for news in told])

    async def hire(
        self, tenant: Tenant, subject: str, *roles: Role, **attributes: Any
    ) -> PersonProvisioned:
        """Let the service hear of the tenant and of a person in it; answers the person."""
        await self.hear(tenant, self.world.registered(tenant))
        fields: dict[str, Any] = {
            "person_id": new_id(),
            "subject": subject,
            "display_name": subject.title(),
            "team_id": None,
            "region": None,
            "country": None,
            "language": None,
            "time_zone": None,
            "leader": False,
            "roles": list(roles) or ["employee"],
            "active": True,
        }
        person = PersonProvisioned(**{**fields, **attributes})
        await self.hear(tenant, person)
        return person

    async def announced(self, tenant: Tenant) -> list[Event]:
        """Answer what the service announced for a tenant, in order."""
        return [event for event, _ in await self.announced_with_trace(tenant)]

    async def announced_with_trace(self, tenant: Tenant) -> list[tuple[Event, str | None]]:
        """Answer what the service announced for a tenant, each with its traceparent."""
        connection = await self.context.database.connect("relay")
        try:
            rows = await connection.fetch(
                "select type, payload, traceparent from outbox where tenant_id = $1"
                " order by position",
                tenant.tenant_id,
            )
        finally:
            await connection.close()
        return [
            (EVENTS[row["type"]].read(row["payload"].encode()), row["traceparent"]) for row in rows
        ]


class Caller:
    """Somebody with a token, who calls a service."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self._client = client
        self.headers = {"authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: Any) -> httpx2.Response:
        """Ask."""
        return await self._client.get(path, params=query, headers=self.headers)

    async def ask_again(self, path: str, tag: str) -> httpx2.Response:
        """Ask for what is not the version that is known already."""
        told = {"if-none-match": tag}
        return await self._client.get(path, headers=self.headers | told)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        """Do; with a key, once however often it is asked for."""
        told = {} if key is None else {"idempotency-key": key}
        return await self._client.post(path, json=body, headers=self.headers | told)

    async def post_text(self, path: str, text: str) -> httpx2.Response:
        """Send a body as it is, that may be no JSON."""
        return await self._client.post(
            path, content=text, headers={**self.headers, "content-type": "application/json"}
        )

    async def patch(
        self, path: str, body: Any, *, if_match: str | None = ANY_VERSION
    ) -> httpx2.Response:
        """Change, whichever version there is or the one that was read."""
        return await self._client.patch(path, json=body, headers=self._as_read(if_match))

    async def put(
        self, path: str, body: Any, *, if_match: str | None = ANY_VERSION
    ) -> httpx2.Response:
        """Put in place of whichever version there is, or of the one that was read."""
        return await self._client.put(path, json=body, headers=self._as_read(if_match))

    async def delete(self, path: str) -> httpx2.Response:
        """Take away."""
        return await self._client.delete(path, headers=self.headers)

    def _as_read(self, if_match: str | None) -> dict[str, str]:
        return self.headers if if_match is None else self.headers | {"if-match": if_match}


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0, bounds: Bounds | None = None) -> AsyncIterator[str]:
    """Serve an app on a port of its own; answers its address."""
    # Named TCP, or asyncio would not switch Nagle's algorithm off: 40 ms a request.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        server = new_server(app, "127.0.0.1", listening.getsockname()[1], bounds)
        task = asyncio.create_task(server._serve([listening]))
        try:
            while not server.started and not task.done():
                await asyncio.wait([task], timeout=0.005)
            if task.done():
                await task
                raise RuntimeError("The app did not start; its log says why.")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def problem_of(response: httpx2.Response) -> str:
    """Answer the name of the problem that a response is, such as `story-not-found`."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document = response.json()
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    return str(document["type"]).rsplit("/", 1)[-1]
