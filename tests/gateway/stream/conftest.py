"""A gateway in front of a real Kafka, and clients that read its stream by the HTML standard."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.clock import Clock, SystemClock
from chassis.crypto import new_key
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.kafka import Publisher, apply_topics
from chassis.messages import Message
from contracts.content import StoryWithdrawn
from contracts.events import Event
from contracts.topics import ALL
from fortaler.embedded.kafka import EmbeddedKafka
from gateway.main import build_gateway
from gateway.settings import GatewaySettings
from tests.envelopes import envelope_of, message_of
from tests.gateway.upstreams import Service, Stage
from tests.patience import PATIENCE_S
from tests.world import Tenant, World, serving

PATH = "/v1/events/stream"


@dataclass(frozen=True)
class Heard:
    """One event of a stream, as a client was told it."""

    id: str
    name: str
    data: dict[str, Any]


@dataclass
class Listener:
    """A client of the stream: it knows server-sent events, and nothing of our code."""

    answer: httpx2.Response
    last_id: str = ""
    comments: int = 0
    retry_ms: int | None = None
    _lines: AsyncIterator[str] | None = None

    async def next(self, *, quietly: bool = False) -> Heard | None:
        """Answer the next event, None at the end; with `quietly` a heartbeat answers None too."""
        while (fields := await self._block()) is not None:
            said = dict(fields)
            self.last_id = said.get("id", self.last_id)
            self.retry_ms = int(said["retry"]) if "retry" in said else self.retry_ms
            self.comments += "" in said
            if "data" in said:
                return Heard(self.last_id, said.get("event", "message"), json.loads(said["data"]))
            if quietly:
                return None
        return None

    async def _block(self) -> list[tuple[str, str]] | None:
        """Answer the fields up to the next empty line, and None at the end of the stream."""
        fields: list[tuple[str, str]] = []
        if self._lines is None:
            self._lines = self.answer.aiter_lines()
        async for line in self._lines:
            if line == "":
                return fields
            name, _, value = line.partition(":")
            fields.append((name, value.removeprefix(" ")))
        assert fields == [], "The stream ended within an event."
        return None

    async def hear(self, count: int) -> list[Heard]:
        """Answer so many events of the house."""
        heard: list[Heard] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(heard) < count:
                event = await self.next()
                assert event is not None, "The stream ended too early."
                assert not event.name.startswith("stream."), event
                heard.append(event)
        return heard

    async def hear_up_to(self, count: int) -> list[Heard]:
        """Answer so many events of the house, or fewer when the stream ends before."""
        heard: list[Heard] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(heard) < count and (event := await self.next()) is not None:
                if event.name != "stream.ended":
                    heard.append(event)
        return heard

    async def heartbeat(self) -> None:
        """Wait until the stream says that nothing happened."""
        async with asyncio.timeout(PATIENCE_S):
            assert await self.next(quietly=True) is None

    async def ending(self) -> dict[str, Any]:
        """Read on to the end; answers what was said of it."""
        last: Heard | None = None
        async with asyncio.timeout(PATIENCE_S):
            while (event := await self.next()) is not None:
                last = event
        assert last is not None, "The stream ended without a word."
        assert last.name == "stream.ended", last
        return last.data


@dataclass
class Directory:
    """Stands for the directory: it knows who has which role, by token."""

    people: dict[str, list[str]] = field(default_factory=dict)
    away: bool = False
    asked: int = 0
    ids: dict[str, UUID] = field(default_factory=dict)

    async def __call__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET /v1/me."""
        await service.read(receive)
        self.asked += 1
        token = dict(scope["headers"])[b"authorization"].decode().removeprefix("Bearer ")
        roles = self.people.get(token)
        status: int
        body: dict[str, Any]
        if self.away:
            status, body = 503, {}
        elif roles is None:
            status, body = 403, {}
        else:
            person_id = self.ids.setdefault(token, new_id())
            status, body = 200, {"person": {"person_id": str(person_id), "roles": roles}}
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


@dataclass
class Door:
    """A gateway with streams, and people before it."""

    world: World
    base: str
    client: httpx2.AsyncClient
    directory: Directory
    publisher: Publisher
    tenant: Tenant
    app: ASGIApp

    def token(self, tenant: Tenant | None = None, *roles: str) -> str:
        """Admit somebody: a program manager of the tenant, where nothing else is said."""
        token = self.world.token(tenant or self.tenant, f"p-{new_id()}")
        self.directory.people[token] = list(roles or ("program_manager",))
        return token

    async def ask(
        self, token: str | None = None, cursor: str | None = None, **query: Any
    ) -> httpx2.Response:
        """Ask for a stream that is refused."""
        async with self.listen(token, cursor, **query) as listener:
            await listener.answer.aread()
            return listener.answer

    @asynccontextmanager
    async def listen(
        self, token: str | None = None, cursor: str | None = None, **query: Any
    ) -> AsyncIterator[Listener]:
        """Listen to the stream."""
        headers = {"authorization": f"Bearer {token or self.token()}"}
        if cursor is not None:
            headers["last-event-id"] = cursor
        async with self.client.stream(
            "GET", PATH, headers=headers, params=query, timeout=PATIENCE_S
        ) as answer:
            yield Listener(answer)

    @asynccontextmanager
    async def hearing(
        self, token: str | None = None, cursor: str | None = None, **query: Any
    ) -> AsyncIterator[Listener]:
        """Listen to the stream, and go on when it has begun."""
        async with self.listen(token, cursor, **query) as listener:
            assert listener.answer.status_code == 200, await listener.answer.aread()
            await listener.heartbeat()
            yield listener

    async def announce(self, *events: Event, tenant: Tenant | None = None) -> list[str]:
        """Let a tenant's events come to Kafka; answers their ids."""
        messages = [message_of(event, (tenant or self.tenant).tenant_id) for event in events]
        await self.publisher.publish(messages)
        return [dict(one.headers)["ce_id"].decode() for one in messages]


OpenDoor = Callable[..., Awaitable[Door]]


def withdrawn(story_id: UUID | None = None) -> StoryWithdrawn:
    """Make a small public event."""
    return StoryWithdrawn(story_id=story_id or new_id())


def ids(heard: list[Heard]) -> list[str]:
    """Answer which events were heard."""
    return [one.data["id"] for one in heard]


@pytest.fixture(scope="session")
async def topics(kafka: EmbeddedKafka) -> EmbeddedKafka:
    """A real Kafka with all topics."""
    await apply_topics(kafka.bootstrap_servers, ALL)
    return kafka


@pytest.fixture(scope="session")
async def publisher(topics: EmbeddedKafka) -> AsyncIterator[Publisher]:
    """What writes to Kafka, as the relays do."""
    writing = Publisher(topics.bootstrap_servers)
    await writing.start()
    yield writing
    await writing.stop()


def stream_settings(world: World, kafka: str, directory: str, **more: Any) -> GatewaySettings:
    """Answer the settings of a gateway with streams."""
    given: dict[str, Any] = {
        "stream_key": SecretStr(new_key()),
        "stream_heartbeat_s": 0.2,
        "stream_access_s": 0.2,
        **more,
    }
    return GatewaySettings(
        service_urls={"directory": directory},
        public_url="https://fortaler.example",
        kafka_bootstrap_servers=kafka,
        operator_issuer=world.settings.operator_issuer,
        operator_jwks_uri=world.settings.operator_jwks_uri,
        trace_sample_ratio=0,
        **given,
    )


@pytest.fixture
async def open_door(
    world: World, topics: EmbeddedKafka, publisher: Publisher
) -> AsyncIterator[OpenDoor]:
    """Open gateways with streams, of the test's own."""
    async with AsyncExitStack() as stack:

        async def open_one(
            *,
            clock: Clock | None = None,
            kafka: str = topics.bootstrap_servers,
            writing: Publisher = publisher,
            **more: Any,
        ) -> Door:
            directory = Directory()
            stage = Stage(Service(directory))
            url = await stack.enter_async_context(serving(stage))
            settings = stream_settings(world, kafka, url, **more)
            app = build_gateway(settings, issuers=world.issuers, clock=clock or SystemClock())
            base = await stack.enter_async_context(serving(app))
            client = await stack.enter_async_context(new_client(base))
            return Door(world, base, client, directory, writing, world.new_tenant(), app)

        yield open_one


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """One gateway with streams."""
    return await open_door()


def unreadable(tenant: Tenant, **changed: bytes | None) -> Message:
    """Make a record of a tenant's that is no envelope of ours: some headers changed or left out."""
    envelope = envelope_of(withdrawn(), tenant.tenant_id)
    headers = dict(envelope.headers()) | changed
    kept = [(name, value) for name, value in headers.items() if value is not None]
    return Message("fortaler.content", envelope.key, envelope.data, kept)
