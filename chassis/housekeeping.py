"""What is no longer needed is swept: sent announcements, and claims that nobody can repeat."""

import asyncio
from datetime import datetime, timedelta

import asyncpg

from chassis.clock import Clock
from chassis.database import FAILURES, Database, is_trouble
from chassis.dead_letters import SETTLED_KEPT
from chassis.telemetry import log
from contracts.topics import RETENTION

SENT_KEPT = timedelta(days=3)
"""Sent rows are kept for a rewind this long (design 10.18)."""

SEEN_KEPT = 2 * RETENTION + timedelta(days=1)
"""Longer than any record can be read again (design 10.18): Kafka drops whole segments, by their
newest record, and a segment may stay open for a retention's time by itself."""

INTERVAL_S = 600.0

ROWS_MAX = 5_000
"""Per statement, so that each holds its locks for some milliseconds only."""

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.housekeeping'))"
# The oldest rows only are looked at, so that a sweep that finds nothing reads next to nothing.
_SENT = """
    delete from outbox where sent_at < $1 and position in (
        select position from outbox order by position limit $2)
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
        """Delete what is old enough, unless another one is at it."""
        connection = await self._database.connect("relay")
        try:
            if await connection.fetchval(_LOCK):
                now = self._clock.now()
                await _delete(connection, _SENT, now - SENT_KEPT)
                await _delete(connection, _SEEN, now - SEEN_KEPT)
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
