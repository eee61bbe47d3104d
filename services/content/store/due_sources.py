"""Which sources are due, of all tenants at once, asked under the relay role that may only look."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Database

# One of each host, so that none is asked by two at once; and before a tenant's second source the
# first of every other tenant.
_DUE = """
    select tenant_id, source_id, host from (
        select *, row_number() over (partition by host order by turn, due_at) as of_host from (
            select tenant_id, source_id, host, due_at,
                   row_number() over (partition by tenant_id order by due_at) as turn
            from sources where due_at <= $1 and host <> all($2::text[])) as in_turns) as by_host
    where of_host = 1 order by turn, due_at limit $3
"""
_HOLD = "select pg_try_advisory_lock(hashtextextended('sources.host/' || $1, 0))"
_LET_GO = "select pg_advisory_unlock(hashtextextended('sources.host/' || $1, 0))"


@dataclass(frozen=True)
class Due:
    """A source that is to be asked, and the host that will be."""

    tenant_id: UUID
    source_id: UUID
    host: str


class Sweeper:
    """Looks for due sources, and holds hosts, on a connection of its own.

    A host is held between transactions, and freed when the connection dies with its process.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()

    async def due(self, *, at: datetime, besides: Collection[str], limit: int) -> list[Due]:
        """Answer sources that are due, at most one of a host, the tenants taking turns."""
        async with self._one_at_a_time:
            rows = await self._connection.fetch(_DUE, at, list(besides), limit)
        return [Due(**row) for row in rows]

    @asynccontextmanager
    async def holding(self, host: str) -> AsyncIterator[bool]:
        """Hold a host, so that no other worker asks it; answers whether that worked."""
        async with self._one_at_a_time:
            held = bool(await self._connection.fetchval(_HOLD, host))
        try:
            yield held
        finally:
            if held:
                async with self._one_at_a_time:
                    await self._connection.execute(_LET_GO, host)


@asynccontextmanager
async def sweeping(database: Database) -> AsyncIterator[Sweeper]:
    """Hold a connection for sweeping open."""
    connection = await database.connect("relay")
    try:
        yield Sweeper(connection)
    finally:
        # Terminated, not closed: a close could wait for a server that does not answer.
        connection.terminate()
