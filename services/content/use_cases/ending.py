"""What ends by itself is announced once: pauses, stories, and the deadlines of reviews."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.looping import patiently
from chassis.service import Context
from services.content.store.due import Subject, ended
from services.content.use_cases.expiry import expire_story
from services.content.use_cases.pauses import end_pause
from services.content.use_cases.reviews import wake_review

POLL_S = 1.0
"""At once, between services, is within five seconds (design 10.13)."""

ENDED_PER_ROUND = 100
"""Each is a transaction of its own, so that a round neither holds many locks nor fails whole."""

_ANNOUNCE: Mapping[Subject, Callable[[AsyncSession, Clock, UUID], Awaitable[None]]] = {
    "pause": end_pause,
    "review": wake_review,
    "story": expire_story,
}


async def announce_ends(context: Context) -> None:
    """Announce what ends, until cancelled. Trouble with the database is waited out."""
    await patiently(partial(_while_connected, context), "content")


async def end_round(context: Context, connection: asyncpg.Connection) -> bool:
    """Announce what has ended so far; answers whether there may be more.

    Several workers may see the same: whoever has the row's lock announces, the others find it done.
    """
    more = False
    for subject, announce in _ANNOUNCE.items():
        found = await ended(connection, subject, at=context.clock.now(), limit=ENDED_PER_ROUND)
        for one in found:
            async with context.database.transaction(one.tenant_id) as session:
                await announce(session, context.clock, one.id)
        more = more or len(found) == ENDED_PER_ROUND
    return more


async def _while_connected(context: Context) -> None:
    connection = await context.database.connect("relay")
    try:
        while True:
            if not await end_round(context, connection):
                await asyncio.sleep(POLL_S)
    finally:
        # Terminated, not closed: a close could wait for a server that does not answer.
        connection.terminate()
