"""A company whose advocates share on a sandbox network of their own, over real HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr

from chassis.clock import SystemClock
from chassis.crypto import new_key
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.service import Context
from contracts.content import StoryPublished, Variant
from contracts.directory import PersonProvisioned, Role
from fortaler.sandbox_network.app import create_app
from fortaler.sandbox_network.clients import Client
from fortaler.sandbox_network.network import Network
from services.sharing.main import SERVICE
from services.sharing.publishing.rounds import publish_round
from services.sharing.settings import SharingSettings
from tests.news import a_story_is_live
from tests.patience import until
from tests.world import Caller, OpenService, Tenant, World, serving

CLIENT_SECRET = "hush"


class PassingTime:
    """The time of the network and of the publisher, which a test lets pass."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def begin(self) -> None:
        self._ahead = timedelta()

    def passes(self, **span: float) -> None:
        self._ahead += timedelta(**span)


class Sandbox:
    """The network as its operator and its people see it."""

    def __init__(
        self, client: httpx2.AsyncClient, base: str, network: Network, time: PassingTime
    ) -> None:
        self._client = client
        self._network = network
        self.base = base
        self.time = time

    async def misbehave(self, kind: str, **how: Any) -> None:
        body = {"kind": kind, **how}
        answer = await self._client.post(f"{self.base}/sandbox/misbehaviours", json=body)
        assert answer.status_code == 201, answer.text

    async def has_taken_every_fault(self) -> None:
        """Wait until each fault has met the request that it waited for."""

        async def taken() -> bool:
            waiting = await self._client.get(f"{self.base}/sandbox/misbehaviours")
            return not waiting.json()["items"]

        await until(taken)

    async def posts_of(self, handle: str) -> list[dict[str, Any]]:
        answer = await self._client.get(f"{self.base}/sandbox/posts")
        return [post for post in answer.json()["items"] if post["handle"] == handle]

    async def behave(self) -> None:
        self.time.begin()
        await self.forget_faults()

    async def forget_faults(self) -> None:
        await self._client.delete(f"{self.base}/sandbox/misbehaviours")

    def living_grants(self, handle: str) -> int:
        """Answer how many grants of somebody are not revoked."""
        return self._count("grants", "revoked_at is null", handle)

    def renewals(self, handle: str) -> int:
        """Answer how many refresh tokens of somebody were used."""
        return self._count("refresh_tokens join grants on id = grant_id", "used_at > 0", handle)

    def _count(self, tables: str, condition: str, handle: str) -> int:
        with self._network.store.transaction() as connection:
            found = connection.execute(
                f"select count(*) from {tables} where {condition}"
                " and account_id = (select id from accounts where handle = ?)",
                (handle,),
            ).fetchone()
        return int(found[0])

    async def grant(self, authorization_url: str, handle: str) -> dict[str, str]:
        """Say yes at the network; answers what it sends the browser back with."""
        hinted = f"{authorization_url}&prompt=none&login_hint={handle}"
        answer = await self._client.get(hinted)
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}


@dataclass
class Advocate:
    """Somebody who joined, and what she does."""

    person: PersonProvisioned
    calls: Caller
    handle: str
    program_id: str
    account_id: str = ""

    @property
    def person_id(self) -> UUID:
        return self.person.person_id

    async def consent(self, purpose: str, network: str | None = "sandbox") -> httpx2.Response:
        body = {"network": network, "text_version": "2026-11-24"}
        return await self.calls.put(f"/v1/consents/{purpose}", body)

    async def withdraw(self, purpose: str) -> httpx2.Response:
        return await self.calls.delete(f"/v1/consents/{purpose}?network=sandbox")

    async def share(self, story_id: UUID, text: str = "Det her er jeg stolt af.") -> dict[str, Any]:
        answer = await self.try_to_share(story_id, text)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def try_to_share(self, story_id: UUID, text: str = "Stolt!") -> httpx2.Response:
        body = {"story_id": str(story_id), "account_id": self.account_id, "text": text}
        return await self.calls.post("/v1/shares", body, key=str(new_id()))

    async def read(self, share: dict[str, Any]) -> dict[str, Any]:
        answer = await self.calls.get(f"/v1/shares/{share['share_id']}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


class Company:
    """A tenant of sharing, with everything that a test of it may do."""

    def __init__(self, sharing: OpenService, sandbox: Sandbox, tenant: Tenant) -> None:
        self.sharing = sharing
        self.sandbox = sandbox
        self.tenant = tenant
        self._suffix = str(tenant.tenant_id)[-8:]

    def as_(self, subject: str) -> Caller:
        return self.sharing.as_(self.tenant, subject)

    async def hire(self, subject: str, *roles: Role, **attributes: Any) -> PersonProvisioned:
        return await self.sharing.hire(self.tenant, subject, *roles, **attributes)

    async def open_program(self) -> str:
        await self.hire("signe", "program_manager")
        answer = await self.as_("signe").post("/v1/programs", {"name": "Nordlys i egne ord"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["program_id"])

    async def newcomer(self, subject: str = "ana", **attributes: Any) -> Advocate:
        """Somebody who joined a program and said yes to nothing yet."""
        program_id = await self.open_program()
        person = await self.hire(subject, **attributes)
        calls = self.as_(subject)
        answer = await calls.post(f"/v1/programs/{program_id}/join")
        assert answer.status_code == 200, answer.text
        return Advocate(person, calls, f"{subject}_{self._suffix}", program_id)

    async def advocate(self, subject: str = "ana", **attributes: Any) -> Advocate:
        """Somebody who joined, consented and connected an account."""
        advocate = await self.newcomer(subject, **attributes)
        await advocate.consent("connect")
        await advocate.consent("publish")
        answer = await self.connect(advocate)
        assert answer.status_code == 200, answer.text
        advocate.account_id = answer.json()["account_id"]
        return advocate

    async def connect(self, advocate: Advocate) -> httpx2.Response:
        """Go to the network and come back."""
        answer = await advocate.calls.post("/v1/accounts", {"network": "sandbox"})
        assert answer.status_code == 201, answer.text
        back = await self.sandbox.grant(answer.json()["authorization_url"], advocate.handle)
        return await self.come_back(back)

    async def come_back(self, back: dict[str, str]) -> httpx2.Response:
        return await self.sharing.client.get("/v1/accounts/callback", params=back)

    async def publish_story(self, **changes: Any) -> UUID:
        """Let content announce a story."""
        story = a_story(**changes)
        await self.sharing.hear(self.tenant, story)
        return story.story_id

    async def publish(self, *, after_s: float = 0) -> int:
        """Let time pass, and the publisher look once at what is due."""
        self.sandbox.time.passes(seconds=after_s)
        return await publish_round(self.publisher)

    @property
    def publisher(self) -> Context:
        """A worker's context, at the network's time."""
        return replace(self.sharing.context, clock=self.sandbox.time)

    async def heard(self, event: type) -> list[Any]:
        """Answer what sharing announced of one kind."""
        return [one for one in await self.sharing.announced(self.tenant) if isinstance(one, event)]


def a_story(**changes: Any) -> StoryPublished:
    """A story for everybody, live at once, with a link and with copy for the network."""
    told: dict[str, Any] = {
        "title": "Falken i mølle 14",
        "body": "En vandrefalk havde bygget rede i møllen, og den stod stille i seks dage.",
        "link": "https://nordlys.example/historier/falken?ref=hub#top",
        "topics": ["natur"],
        "variants": [
            Variant(
                network="sandbox",
                language="da",
                text="Vi stoppede en mølle i seks dage for tre falkeunger. Læs hvorfor.",
            )
        ],
    }
    return a_story_is_live(**told | changes)


@pytest.fixture(scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox network, begun once."""
    client = Client("fortaler", CLIENT_SECRET, ("http://localhost:8080/v1/accounts/callback",))
    time = PassingTime()
    app = create_app(public_url="http://sandbox.example", clients=[client], now=time.now)
    async with serving(app) as base, new_client() as web:
        yield Sandbox(web, base, app.state.network, time)


@pytest.fixture(scope="session")
async def sharing(world: World, sandbox: Sandbox) -> AsyncIterator[OpenService]:
    """The service, begun once: every test has a company of its own in it."""
    settings = SharingSettings(
        **world.settings.model_dump(exclude={"trace_sample_ratio"}),
        # No tracer is set up here, and one that records nothing would lose a sampled trace's ids.
        trace_sample_ratio=0,
        sealing_key=SecretStr(new_key()),
        # For those who let one give way to another; all the rest goes on with the first.
        sealing_keys={name: SecretStr(new_key()) for name in ("second", "third")},
        sandbox_url=sandbox.base,
        sandbox_client_secret=SecretStr(CLIENT_SECRET),
    )
    async with world.open(SERVICE, settings=settings) as service:
        yield service


@pytest.fixture
async def company(world: World, sharing: OpenService, sandbox: Sandbox) -> AsyncIterator[Company]:
    """A company that begins with nothing, in the present, with a network that behaves."""
    await sandbox.behave()
    started = Company(sharing, sandbox, world.new_tenant())
    yield started
    # A publisher sweeps all tenants: what a test leaves waiting must not wake in the next one.
    database = sharing.context.database
    async with database.transaction(started.tenant.tenant_id) as session:
        connection = await session.connection()
        await connection.exec_driver_sql("update shares set wake_at = null")
        await connection.exec_driver_sql("delete from revocations")
