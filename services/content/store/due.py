"""What has come to its end, of all tenants at once, asked as the relay role that may only look."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

Subject = Literal["pause", "review", "story"]

_ENDED: Mapping[Subject, str] = {
    "pause": """
        select tenant_id, pause_id from pauses
        where ended_at is null and until <= $1 order by until limit $2
    """,
    "review": """
        select tenant_id, story_id from review_rounds
        where wake_at <= $1 order by wake_at limit $2
    """,
    "story": """
        select tenant_id, story_id from stories
        where live_until is not null and not expired and live_until <= $1
        order by live_until limit $2
    """,
}


class Ended(NamedTuple):
    """Whose pause, story, or mark of a review has come to its end."""

    tenant_id: UUID
    id: UUID


async def ended(
    connection: asyncpg.Connection, subject: Subject, *, at: datetime, limit: int
) -> list[Ended]:
    """Answer what has ended and nobody has announced, the longest ended first."""
    return [Ended(*row) for row in await connection.fetch(_ENDED[subject], at, limit)]
