"""What tests of approval say often: policies, decisions, queues, and when time speaks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg

from chassis.clock import SettableClock, SystemClock
from chassis.database import address
from services.content.use_cases.ending import end_round
from tests.content.conftest import Newsroom, done

REVIEWERS = {"roles": ["reviewer"]}


def a_stage(name: str = "brand", **fields: Any) -> dict[str, Any]:
    """Answer a stage that reviewers decide."""
    return {"name": name, "deciders": REVIEWERS, **fields}


def a_policy(*stages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Answer the body of a policy."""
    return {"name": "Ours", "stages": list(stages or [a_stage()]), **fields}


async def made(newsroom: Newsroom, *stages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Let Pia make a policy."""
    answer = await newsroom.as_("pia").post("/v1/approval_policies", a_policy(*stages, **fields))
    return done(answer, 201)


async def hired(newsroom: Newsroom, name: str, *roles: Any, **fields: Any) -> str:
    """Answer the id of somebody who is new."""
    person = await newsroom.content.hire(newsroom.tenant, name, *roles, **fields)
    return str(person.person_id)


def ahead(**span: Any) -> str:
    """Answer a moment to come, as it is written in a body."""
    return (SystemClock().now() + timedelta(**span)).isoformat()


async def delegated(newsroom: Newsroom, who: str, to: str, **fields: Any) -> dict[str, Any]:
    """Let somebody decide in another's name for some days."""
    body = {"to_person_id": to, "ends_at": ahead(days=3), **fields}
    return done(await newsroom.as_(who).post("/v1/delegations", body), 201)


async def queue(newsroom: Newsroom, who: str, **query: Any) -> list[dict[str, Any]]:
    """Answer what waits for somebody."""
    answer = await newsroom.as_(who).get("/v1/reviews", waiting_for="me", **query)
    items: list[dict[str, Any]] = done(answer)["items"]
    return items


async def waiting(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    """Answer the titles of what waits for somebody."""
    return [line["title"] for line in await queue(newsroom, who, **query)]


async def trail(newsroom: Newsroom, story: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer what was done to a story."""
    path = f"/v1/stories/{story['story_id']}/trail"
    items: list[dict[str, Any]] = done(await newsroom.as_("ada").get(path, limit=100))["items"]
    return items


async def verified(newsroom: Newsroom, story: dict[str, Any]) -> dict[str, Any]:
    """Answer what comes of recomputing a story's trail."""
    path = f"/v1/stories/{story['story_id']}/trail/verification"
    return done(await newsroom.as_("ada").get(path))


async def let_time_speak(newsroom: Newsroom, *, after: timedelta) -> None:
    """Let a worker look once at what is due when so much time has passed from now on."""
    then = SettableClock(SystemClock().now() + after)
    context = replace(newsroom.content.context, clock=then)
    connection = await context.database.connect("relay")
    try:
        await end_round(context, connection)
    finally:
        await connection.close()


@asynccontextmanager
async def as_owner(newsroom: Newsroom) -> AsyncIterator[asyncpg.Connection]:
    """Be who owns the tables: the most that somebody can be without being a superuser."""
    url = address(newsroom.content.world.settings, "content", "owner")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        yield connection
    finally:
        await connection.close()
