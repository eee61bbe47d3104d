"""What is due, of all tenants at once, asked under the relay role that may only look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Database

_SHARES = """
    select tenant_id, share_id as id, traceparent from shares share
    where wake_at <= $1 and not (state = 'scheduled' and exists (
        select from pauses pause where pause.tenant_id = share.tenant_id
        and pause.resumed_at is null and (pause.until is null or pause.until > $1)))
    order by wake_at limit $2
"""

_REVOCATIONS = """
    select tenant_id, revocation_id as id, null as traceparent from revocations
    where due_at <= $1 order by due_at limit $2
"""


@dataclass(frozen=True)
class Due:
    """Something to be done, and the trace that led to it."""

    tenant_id: UUID
    id: UUID
    traceparent: str | None


class Sweeper:
    """Looks for due work on a connection of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def shares(self, *, at: datetime, limit: int) -> list[Due]:
        """Answer the shares that must be looked at, the longest due first.

        Those that a pause keeps back are passed over, so that they stand in nobody's way.
        """
        return [Due(**row) for row in await self._connection.fetch(_SHARES, at, limit)]

    async def revocations(self, *, at: datetime, limit: int) -> list[Due]:
        """Answer the tokens that a network must be told to forget."""
        return [Due(**row) for row in await self._connection.fetch(_REVOCATIONS, at, limit)]


@asynccontextmanager
async def sweeping(database: Database) -> AsyncIterator[Sweeper]:
    """Hold a connection for sweeping open."""
    connection = await database.connect("relay")
    try:
        yield Sweeper(connection)
    finally:
        await connection.close()
