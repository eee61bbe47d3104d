"""Twice is once: a consumer claims an event's id in the transaction of the event's effects."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, String, Table, Uuid, bindparam, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.outbox import BACKBONE

INBOX = Table(
    "inbox",
    BACKBONE,
    Column("consumer", String(64), primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Rows come in the order of time: a block range index finds the old ones and costs nothing.
    Index("inbox_seen", "seen_at", postgresql_using="brin"),
)

# Sorted, so that two consumers which claim the same ids wait for each other in one order.
_CLAIM = text(
    """
    insert into inbox (consumer, event_id)
    select :consumer, event_id from unnest(:event_ids) as event_id order by event_id
    on conflict do nothing
    returning event_id
    """
).bindparams(bindparam("event_ids", type_=ARRAY(Uuid)))


async def claim(session: AsyncSession, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Claim a batch of events; answers those that nobody had claimed before."""
    claimed = await (await session.connection()).execute(
        _CLAIM, {"consumer": consumer, "event_ids": list(event_ids)}
    )
    return set(claimed.scalars())
