"""Which pictures something has to be done to, of all tenants; the relay role may only look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.database import Database

_TO_ASK = """
    select tenant_id, media_id from media where state = 'ready' and ask_at <= $1
    order by ask_at limit $2
"""
_DUE = """
    select tenant_id, media_id from media where sweep_at <= $1 order by sweep_at limit $2
"""


@dataclass(frozen=True)
class DueMedia:
    """A picture that something has to be done to."""

    tenant_id: UUID
    media_id: UUID


class MediaSweeper:
    """Looks for due work on a connection of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def to_ask(self, *, at: datetime, limit: int) -> list[DueMedia]:
        """Answer which pictures may be permitted no more, the longest due first."""
        return [DueMedia(**row) for row in await self._connection.fetch(_TO_ASK, at, limit)]

    async def due(self, *, at: datetime, limit: int) -> list[DueMedia]:
        """Answer which pictures' bytes are to be seen to, the longest due first."""
        return [DueMedia(**row) for row in await self._connection.fetch(_DUE, at, limit)]


@asynccontextmanager
async def sweeping(database: Database) -> AsyncIterator[MediaSweeper]:
    """Hold a connection for sweeping open."""
    connection = await database.connect("relay")
    try:
        yield MediaSweeper(connection)
    finally:
        # Terminated, not closed: a close could wait for a server that does not answer.
        connection.terminate()
