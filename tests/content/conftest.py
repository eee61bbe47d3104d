"""A newsroom: content running, and a company whose people write, review and read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chassis.clock import SettableClock, SystemClock
from services.content.main import SERVICE
from services.content.use_cases.ending import end_round
from tests.world import Caller, OpenService, Tenant, World


@dataclass(frozen=True)
class Newsroom:
    """Ana writes, Ravi and Rosa review, Pia runs programs, Emil only reads, Ada is the admin."""

    content: OpenService
    tenant: Tenant

    def as_(self, name: str) -> Caller:
        """Answer somebody of the company who calls."""
        return self.content.as_(self.tenant, name)

    async def written(self, by: str = "ana", **fields: Any) -> dict[str, Any]:
        """Answer a new draft."""
        return done(await self.as_(by).post("/v1/stories", a_story(**fields)), 201)

    async def submitted(self, by: str = "ana", **fields: Any) -> dict[str, Any]:
        """Answer a new story that waits for its review."""
        story = await self.written(by, **fields)
        return await self.do(by, story, "submit")

    async def approved(self, by: str = "ana", **fields: Any) -> dict[str, Any]:
        """Answer a new story that was approved."""
        return await self.approve(await self.submitted(by, **fields))

    async def live(self, by: str = "ana", **fields: Any) -> dict[str, Any]:
        """Answer a new story that is live."""
        return await self.do(by, await self.approved(by, **fields), "publish")

    async def approve(self, story: dict[str, Any]) -> dict[str, Any]:
        """Let Ravi approve what the story says now."""
        return await self.do("ravi", story, "review", approval_of(story))

    async def do(
        self, who: str, story: dict[str, Any], verb: str, body: Any = None
    ) -> dict[str, Any]:
        """Let somebody do something to a story, which must work; answers the story after it."""
        return done(await self.try_to(who, story, verb, body))

    async def try_to(
        self, who: str, story: dict[str, Any], verb: str, body: Any = None
    ) -> httpx2.Response:
        """Let somebody try to do something to a story."""
        return await self.as_(who).post(f"/v1/stories/{story['story_id']}/{verb}", body)


def a_story(**fields: Any) -> dict[str, Any]:
    """Answer the body of a story to write."""
    return {
        "title": "What a wind turbine does on a calm day",
        "body": "I climbed our tallest turbine. It was not turning, and that was the point.",
        "link": "https://nordlys.example/stories/calm-day",
        "language": "en",
        "topics": ["wind-power"],
        "variants": [{"network": "linkedin", "language": "en", "text": "It was not turning."}],
        **fields,
    }


def approval_of(story: dict[str, Any], stage: str | None = None) -> dict[str, Any]:
    """Answer the body of a review that approves what the story says, at its first stage or this."""
    return {"decision": "approve", "content_hash": story["content_hash"], "stage": stage}


def refusal_of(story: dict[str, Any], decision: str) -> dict[str, Any]:
    """Answer the body of a review that does not approve."""
    return {
        "decision": decision,
        "content_hash": story["content_hash"],
        "reasons": ["Say where the figure comes from."],
    }


def done(answer: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """Answer what a call that worked has answered."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(scope="module")
async def content(world: World) -> AsyncIterator[OpenService]:
    """Content, running."""
    async with world.open(SERVICE) as service:
        yield service


@pytest.fixture
async def newsroom(world: World, content: OpenService) -> Newsroom:
    """A company of its own for each test."""
    return await _founded(world, content)


@pytest.fixture(scope="module")
async def quiet_newsroom(world: World, content: OpenService) -> Newsroom:
    """One company for the tests in which everything is refused, so that nothing changes."""
    return await _founded(world, content)


@dataclass(frozen=True)
class TimedNewsroom(Newsroom):
    """A newsroom in which time passes only when a test says so."""

    clock: SettableClock

    def passes(self, **span: float) -> datetime:
        """Let time pass; answers what time it is then."""
        self.clock.advance(timedelta(**span))
        return self.clock.now()

    def in_(self, **span: float) -> str:
        """Answer a moment to come, as it is written in a body."""
        return (self.clock.now() + timedelta(**span)).isoformat()

    async def worker_looks(self, times: int = 1) -> None:
        """Let so many workers look, at once, for what has ended."""
        connections = [await self.content.context.database.connect("relay") for _ in range(times)]
        try:
            await asyncio.gather(*(end_round(self.content.context, one) for one in connections))
        finally:
            for one in connections:
                one.terminate()


@pytest.fixture
async def timed_newsroom(world: World) -> AsyncIterator[TimedNewsroom]:
    """A company at a time of its own, which begins now: tokens are good for an hour from here."""
    clock = SettableClock(SystemClock().now())
    async with world.open(SERVICE, clock=clock) as service:
        founded = await _founded(world, service)
        yield TimedNewsroom(founded.content, founded.tenant, clock)


async def _founded(world: World, content: OpenService) -> Newsroom:
    tenant = world.new_tenant()
    await content.hire(tenant, "ana", "employee")
    await asyncio.gather(
        content.hire(tenant, "ravi", "employee", "reviewer"),
        content.hire(tenant, "rosa", "employee", "reviewer"),
        content.hire(tenant, "pia", "program_manager"),
        content.hire(tenant, "emil", "employee"),
        content.hire(tenant, "ada", "admin"),
    )
    return Newsroom(content, tenant)
