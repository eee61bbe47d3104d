"""What is no longer needed is swept: sent announcements, and claims that nobody can repeat.

The outbox's days are made ahead here, too, and dropped whole when they are old.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from chassis.clock import Clock
from chassis.database import FAILURES, Database, is_trouble
from chassis.dead_letters import SETTLED_KEPT
from chassis.idempotency import ANSWERS_KEPT
from chassis.outbox import PARTITIONS_AHEAD_DAYS, SENT_KEPT
from chassis.telemetry import log
from contracts.topics import RETENTION

SEEN_KEPT = 2 * RETENTION + timedelta(days=1)
"""Longer than any record can be read again (design 10.18): Kafka drops whole segments, by their
newest record, and a segment may stay open for a retention's time by itself."""

INTERVAL_S = 600.0

ROWS_MAX = 5_000
"""Per statement, so that each holds its locks for some milliseconds only."""

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.housekeeping'))"
_MAKE = "select make_outbox_partitions($1)"
_DROP = "select drop_outbox_partitions($1)"
# What lies in no day's partition, or in one that cannot be dropped since something waits in it.
_SENT = """
    delete from outbox where created_at < $1 and (tableoid, ctid) in (
        select tableoid, ctid from outbox where created_at < $1 and sent_at < $1 limit $2)
"""
_SETTLED = "select forget_letters($1, $2)"
_SEEN = """
    delete from inbox where ctid = any(array(select ctid from inbox where seen_at < $1 limit $2))
"""


class Housekeeper:
    """Sweeps one service's database; of several at once, one does it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Sweep now and then, until cancelled. A database in trouble is tried again next time."""
        while True:
            try:
                await self.sweep()
            except FAILURES as error:
                if not is_trouble(error):
                    raise
                log("housekeeping").warning("housekeeping.trouble", error=type(error).__name__)
            await asyncio.sleep(INTERVAL_S)

    async def sweep(self) -> None:
        """Make days ahead and delete what is old enough, unless another one is at it."""
        connection = await self._database.connect("relay")
        try:
            if await connection.fetchval(_LOCK):
                now = self._clock.now()
                await connection.execute(_MAKE, PARTITIONS_AHEAD_DAYS)
                await connection.execute(_DROP, (now - SENT_KEPT).astimezone(UTC).date())
                await _delete(connection, _SENT, now - SENT_KEPT)
                await _delete(connection, _SEEN, now - SEEN_KEPT)
                await _forget_answers(connection, now - ANSWERS_KEPT)
                while await connection.fetchval(_SETTLED, now - SETTLED_KEPT, ROWS_MAX) == ROWS_MAX:
                    pass
        finally:
            # Terminated, not closed: a close could wait for a server that does not answer.
            connection.terminate()


async def _delete(connection: asyncpg.Connection, statement: str, before: datetime) -> None:
    deleted = ROWS_MAX
    while deleted == ROWS_MAX:
        answer: str = await connection.execute(statement, before, ROWS_MAX)
        deleted = int(answer.removeprefix("DELETE "))


async def _forget_answers(connection: asyncpg.Connection, before: datetime) -> None:
    forgotten = ROWS_MAX
    while forgotten == ROWS_MAX:
        forgotten = await connection.fetchval("select forget_answers($1, $2)", before, ROWS_MAX)
