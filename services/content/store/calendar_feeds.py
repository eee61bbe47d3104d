"""The questions about who follows the calendar from elsewhere."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.tenancy import tenant_of
from services.content.domain.calendar_feeds import Door, Feed, FeedNotFound
from services.content.tables.calendar import CalendarDoorRow, CalendarFeedRow


async def find_door(session: AsyncSession, token_hash: str) -> Door | None:
    """Answer whose feed an address is, before a tenant is known; None for an address of nothing."""
    row = await session.get(CalendarDoorRow, token_hash)
    return None if row is None else Door(row.tenant_id, row.feed_id)


async def find_feed(session: AsyncSession, feed_id: UUID) -> Feed | None:
    """Answer a feed, or None."""
    row = await session.get(CalendarFeedRow, (tenant_of(session), feed_id))
    return None if row is None else _feed(row)


async def lock_feed(session: AsyncSession, me: UUID, feed_id: UUID) -> Feed:
    """Lock a feed of one's own; raises FeedNotFound, for somebody else's too."""
    row = await session.get(CalendarFeedRow, (tenant_of(session), feed_id), with_for_update=True)
    if row is None or row.person_id != me:
        raise FeedNotFound("You have no such feed.")
    return _feed(row)


async def feeds_of(session: AsyncSession, me: UUID) -> Sequence[Feed]:
    """Answer somebody's feeds, the oldest first: never more than FEEDS_MAX."""
    question = (
        select(CalendarFeedRow)
        .where(col(CalendarFeedRow.person_id) == me)
        .order_by(col(CalendarFeedRow.feed_id))
    )
    return [_feed(row) for row in (await session.exec(question)).all()]


async def lock_feeds_of(session: AsyncSession, me: UUID) -> None:
    """Let nobody else open a feed for the same person before this transaction is over."""
    await alone_with(session, f"calendar_feeds/{me}")


async def save_feed(session: AsyncSession, feed: Feed, *, instead_of: str | None = None) -> None:
    """Save a feed and open its door, in the place of the one that it had."""
    tenant_id = tenant_of(session)
    await session.merge(CalendarFeedRow(tenant_id=tenant_id, **asdict(feed)))
    if instead_of is not None:
        await _shut(session, instead_of)
    door = CalendarDoorRow(token_hash=feed.token_hash, tenant_id=tenant_id, feed_id=feed.feed_id)
    session.add(door)
    await session.flush()


async def delete_feed(session: AsyncSession, feed: Feed) -> None:
    """Delete a feed, and shut its door."""
    await _shut(session, feed.token_hash)
    gone = delete(CalendarFeedRow).where(col(CalendarFeedRow.feed_id) == feed.feed_id)
    await (await session.connection()).execute(gone)


async def _shut(session: AsyncSession, token_hash: str) -> None:
    door = delete(CalendarDoorRow).where(col(CalendarDoorRow.token_hash) == token_hash)
    await (await session.connection()).execute(door)


def _feed(row: CalendarFeedRow) -> Feed:
    return Feed(**row.model_dump(exclude={"tenant_id"}))
