"""A desk that reads feeds of strangers: content running, a poller, and time that passes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest

from chassis.clock import SystemClock
from chassis.guarded_client import Bounds, GuardedClient
from chassis.service import Context, open_context, opened
from services.content.main import SERVICE
from services.content.polling.rounds import poll_round
from tests.content.conftest import done
from tests.strangers import Names, Reply, Strangers, Ways, strangers
from tests.tenants.conftest import Look
from tests.tenants.conftest import look_into as look_into
from tests.world import Caller, OpenService, Tenant, World

ROUNDS_MAX = 30
"""In each one source of a host is asked."""


class PassingTime:
    """The poller's time, which a test lets pass; the API keeps the machine's."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def passes(self, **span: float) -> None:
        self._ahead += timedelta(**span)


@dataclass
class Desk:
    """Pia keeps sources, Anton writes, Emil only reads; strangers serve what they like."""

    content: OpenService
    tenant: Tenant
    worker: Context
    them: Strangers
    names: Names
    client: GuardedClient
    time: PassingTime

    @property
    def host(self) -> str:
        """Answer a host that no other test has."""
        return f"t{self.tenant.tenant_id.hex}.example"

    def as_(self, name: str) -> Caller:
        return self.content.as_(self.tenant, name)

    def url(self, path: str = "/feed", host: str | None = None) -> str:
        return f"http://{host or self.host}{path}"

    async def open(self, path: str = "/feed", **fields: Any) -> dict[str, Any]:
        """Let Pia add a source."""
        body = {"name": "Newsroom", "url": self.url(path), "language": "en", **fields}
        return done(await self.as_("pia").post("/v1/sources", body), 201)

    async def read(self, source: dict[str, Any]) -> dict[str, Any]:
        return done(await self.as_("pia").get(f"/v1/sources/{source['source_id']}"))

    async def poll(self, after_s: float = 0) -> None:
        """Let time pass, and the poller ask whatever is due then."""
        self.time.passes(seconds=after_s)
        for _ in range(ROUNDS_MAX):
            await poll_round(self.worker, self.client, draw=lambda: 0.0)
            if not await self._due():
                return
        raise AssertionError("What is due was not asked.")

    async def polled(self, path: str = "/feed", **fields: Any) -> dict[str, Any]:
        """Answer a source that was asked once."""
        source = await self.open(path, **fields)
        await self.poll()
        return await self.read(source)

    async def items(self, **query: Any) -> list[dict[str, Any]]:
        """Answer what was found, the last first."""
        answer = await self.as_("anton").get("/v1/sources/items", limit=100, **query)
        items: list[dict[str, Any]] = done(answer)["items"]
        return items

    async def titles(self) -> list[str]:
        return [item["title"] for item in await self.items()]

    async def sources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = done(await self.as_("pia").get("/v1/sources", limit=100))[
            "items"
        ]
        return found

    async def _due(self) -> bool:
        now = self.time.now()
        return any(
            one["next_poll_at"] and datetime.fromisoformat(one["next_poll_at"]) <= now
            for one in await self.sources()
        )


def entry(number: int, **fields: str | None) -> dict[str, str | None]:
    """Answer an entry that a stranger's feed has."""
    return {
        "id": f"entry-{number}",
        "title": f"News {number}",
        "text": f"What happened, part {number}.",
        "link": f"https://news.example/{number}",
        "date": "2026-03-04T05:06:07Z",
        **fields,
    }


def rss(*entries: dict[str, str | None], more: str = "") -> Reply:
    """Answer an RSS feed, as a host would serve it."""
    names = {"id": "guid", "title": "title", "text": "description", "link": "link"}
    items = "".join(
        "<item>"
        + "".join(
            f"<{tag}>{escape(value)}</{tag}>"
            for name, tag in names.items()
            if (value := one.get(name)) is not None
        )
        + "<pubDate>Wed, 04 Mar 2026 05:06:07 GMT</pubDate></item>"
        for one in entries
    )
    text = f'<rss version="2.0"><channel><title>N</title>{more}{items}</channel></rss>'
    return Reply(body=text.encode(), headers={"content-type": "application/rss+xml"})


def atom(*entries: dict[str, str | None]) -> Reply:
    """Answer an Atom feed, as a host would serve it."""
    items = "".join(
        f"<entry><id>{one['id']}</id><title>{one['title']}</title><summary>{one['text']}</summary>"
        f'<link href="{one["link"]}"/><updated>{one["date"]}</updated></entry>'
        for one in entries
    )
    text = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>{items}</feed>'
    return Reply(body=text.encode(), headers={"content-type": "application/atom+xml"})


def json_feed(*entries: dict[str, str | None]) -> Reply:
    """Answer a JSON Feed 1.1, as a host would serve it."""
    items = [
        {
            "id": one["id"],
            "title": one["title"],
            "content_text": one["text"],
            "url": one["link"],
            "date_published": one["date"],
        }
        for one in entries
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": items}
    return Reply(body=json.dumps(feed).encode(), headers={"content-type": "application/feed+json"})


@pytest.fixture(scope="module")
async def content(world: World) -> AsyncIterator[OpenService]:
    """Content, running."""
    async with world.open(SERVICE) as service:
        yield service


@pytest.fixture
async def desk(world: World, content: OpenService, look_into: Look) -> AsyncIterator[Desk]:
    """A company of its own for each test, whose sources are gone after it."""
    async with look_into("content") as connection:
        # Sources that tests of something else have left: a poller would ask them beside its own.
        await connection.execute("update sources set due_at = null")
    tenant, time, names = world.new_tenant(), PassingTime(), Names()
    await content.hire(tenant, "pia", "program_manager")
    await content.hire(tenant, "anton", "author")
    await content.hire(tenant, "ada", "admin", "author")
    await content.hire(tenant, "emil", "employee")
    worker = open_context(SERVICE, content.context.settings, time)
    async with (
        strangers() as them,
        opened(SERVICE, worker),
        GuardedClient(user_agent="Fortaler/1", resolve=names, dial=Ways(them.port)) as client,
    ):
        desk = Desk(content, tenant, worker, them, names, client, time)
        yield desk
        for source in await desk.sources():
            await desk.as_("pia").delete(f"/v1/sources/{source['source_id']}")


@pytest.fixture
async def hasty(desk: Desk) -> AsyncIterator[Desk]:
    """The same desk, whose poller has no time."""
    async with GuardedClient(
        user_agent="Fortaler/1",
        resolve=desk.names,
        dial=Ways(desk.them.port),
        bounds=Bounds(deadline_s=0.5),
    ) as client:
        patient, desk.client = desk.client, client
        yield desk
        desk.client = patient
