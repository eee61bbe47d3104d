"""The questions about which stories are pinned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.tenancy import tenant_of
from services.content.store.stories import index_story
from services.content.tables.searching import PinRow
from services.content.tables.stories import StoryRow


async def lock_pins(session: AsyncSession) -> None:
    """Let nobody else of the tenant pin before this transaction is over: pins are counted."""
    await alone_with(session, "pins")


async def pins_of_others(session: AsyncSession, story_id: UUID, *, at: datetime) -> int:
    """Answer how many other stories are pinned and live now."""
    question = (
        select(func.count())
        .select_from(PinRow)
        .join(StoryRow, col(StoryRow.story_id) == col(PinRow.story_id))
        .where(
            col(PinRow.story_id) != story_id,
            or_(col(PinRow.until).is_(None), col(PinRow.until) > at),
            col(StoryRow.live_version).is_not(None),
            ~col(StoryRow.expired),
        )
    )
    return (await (await session.connection()).execute(question)).scalar_one()


async def save_pin(
    session: AsyncSession, story_id: UUID, pinned_by: UUID, *, until: datetime | None, at: datetime
) -> None:
    """Keep that a story is pinned, in the place of an earlier pin."""
    tenant_id = tenant_of(session)
    row = PinRow(
        tenant_id=tenant_id, story_id=story_id, pinned_by=pinned_by, pinned_at=at, until=until
    )
    await session.merge(row)
    await index_story(session, story_id)


async def drop_pin(session: AsyncSession, story_id: UUID) -> None:
    """Forget that a story is pinned, if it is."""
    gone = delete(PinRow).where(col(PinRow.story_id) == story_id)
    await (await session.connection()).execute(gone)
    await index_story(session, story_id)
