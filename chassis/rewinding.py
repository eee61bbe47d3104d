"""The rewind: what was sent since some time is sent again, for a Kafka that was lost or restored.

An operator asks by a row; the relay that leads does it between two rounds, so that nothing newer
is under way meanwhile and every key keeps its order. Who took an event in before does not take it
in twice: inboxes remember longer than outboxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis import outbox
from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.outbox import SENT_KEPT
from chassis.telemetry import log

BLOCKS_PER_STEP = 1_000
"""One statement looks through so many of each day: eight megabytes, some ten thousand rows."""

_WAITING = """
    select rewind_id, sent_since from outbox_rewinds where done_at is null order by asked_at
"""
_BLOCKS = """
    select coalesce(max(pg_relation_size(inhrelid)), 0) / current_setting('block_size')::integer
    from pg_inherits where inhparent = 'outbox'::regclass
"""
# By blocks, as no index says what was sent since when. What is un-marked meanwhile is written into
# other blocks and not found again; what is announced meanwhile is not marked.
_UNMARK = """
    update outbox set sent_at = null
    where ctid >= $2::tid and ctid < $3::tid and sent_at >= $1
"""
_DONE = "update outbox_rewinds set done_at = $2, unmarked = $3 where rewind_id = $1"
_OLDEST = "select min(created_at) from outbox"
_ASK = """
    insert into outbox_rewinds (rewind_id, sent_since, reason, asked_by) values ($1, $2, $3, $4)
"""
_FOUND = "select * from outbox_rewinds where rewind_id = $1"
_LATEST = "select * from outbox_rewinds order by asked_at desc limit $1"


class NothingSoOld(Refusal):
    """The outbox does not go back as far: what was sent before is kept by nobody."""

    kind = "invalid"
    title = "The outbox does not go back as far"


@dataclass(frozen=True)
class Rewind:
    """What somebody wants to be sent again, and why; how many events it was, once it is done."""

    rewind_id: UUID
    sent_since: datetime
    reason: str
    asked_by: str
    asked_at: datetime
    done_at: datetime | None
    unmarked: int | None


async def ask(
    connection: asyncpg.Connection,
    *,
    sent_since: datetime,
    reason: str,
    asked_by: str,
    at: datetime,
) -> UUID:
    """Ask for all that was sent since then to be sent again; raises NothingSoOld."""
    oldest = await goes_back_to(connection) or at
    if sent_since < min(oldest, at - SENT_KEPT):
        raise NothingSoOld(
            f"It is sure to hold the last {SENT_KEPT.days} days;"
            f" what is in it now goes back to {oldest.isoformat(timespec='seconds')}."
        )
    rewind_id = new_id()
    await connection.execute(_ASK, rewind_id, sent_since, reason, asked_by)
    await connection.execute(f"notify {outbox.CHANNEL}")
    return rewind_id


async def goes_back_to(connection: asyncpg.Connection) -> datetime | None:
    """Answer when the oldest event in the outbox was announced; None when there is none."""
    oldest: datetime | None = await connection.fetchval(_OLDEST)
    return oldest


async def get(connection: asyncpg.Connection, rewind_id: UUID) -> Rewind:
    """Answer a rewind as it stands."""
    return Rewind(**await connection.fetchrow(_FOUND, rewind_id))


async def latest(connection: asyncpg.Connection, limit: int) -> Sequence[Rewind]:
    """Answer the last rewinds, newest first."""
    return [Rewind(**row) for row in await connection.fetch(_LATEST, limit)]


async def is_asked(connection: asyncpg.Connection) -> bool:
    """Answer whether a rewind waits to be done."""
    return bool(await connection.fetchval(f"select exists ({_WAITING})"))


async def rewind(connection: asyncpg.Connection, clock: Clock) -> None:
    """Do every rewind that waits. Only the relay that leads may, between two of its rounds.

    It is done in steps; one that breaks off is begun anew by whoever leads next, before anything
    is sent.
    """
    for asked in await connection.fetch(_WAITING):
        unmarked, end = 0, await connection.fetchval(_BLOCKS)
        for block in range(0, end, BLOCKS_PER_STEP):
            first, past = (block, 0), (block + BLOCKS_PER_STEP, 0)
            answer = await connection.execute(_UNMARK, asked["sent_since"], first, past)
            unmarked += int(answer.removeprefix("UPDATE "))
        await connection.execute(_DONE, asked["rewind_id"], clock.now(), unmarked)
        log("relay").warning("relay.rewound", events=unmarked)
