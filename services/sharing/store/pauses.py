"""Questions about pauses: whether one holds, and whether one held something back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from services.sharing.tables import PauseRow


async def keep_pause(session: AsyncSession, pause_id: UUID, *, until: datetime | None) -> None:
    """Keep a pause, or its later end: a pause is only ever made longer, so late news is safe."""
    row = {"tenant_id": tenant_of(session), "pause_id": pause_id, "until": until}
    told = insert(PauseRow).values(row)
    without_end = or_(col(PauseRow.until).is_(None), told.excluded.until.is_(None))
    longest = func.greatest(col(PauseRow.until), told.excluded.until)
    await (await session.connection()).execute(
        told.on_conflict_do_update(
            index_elements=["tenant_id", "pause_id"],
            set_={"until": case((without_end, None), else_=longest)},
        )
    )


async def keep_resumption(session: AsyncSession, pause_id: UUID, *, at: datetime) -> None:
    """Keep that a pause has ended, for good, also when it is not heard of before."""
    row = {"tenant_id": tenant_of(session), "pause_id": pause_id, "resumed_at": at}
    told = insert(PauseRow).values(row)
    await (await session.connection()).execute(
        told.on_conflict_do_update(
            index_elements=["tenant_id", "pause_id"], set_={"resumed_at": told.excluded.resumed_at}
        )
    )


async def is_paused(session: AsyncSession, *, at: datetime) -> bool:
    """Answer whether a pause holds."""
    question = select(PauseRow.pause_id).where(
        col(PauseRow.resumed_at).is_(None),
        or_(col(PauseRow.until).is_(None), col(PauseRow.until) > at),
    )
    return (await session.exec(question.limit(1))).first() is not None


async def was_paused(session: AsyncSession, *, since: datetime | None) -> bool:
    """Answer whether a pause has ended since an instant."""
    ended_at = func.least(col(PauseRow.until), col(PauseRow.resumed_at))
    question = select(PauseRow.pause_id).where(ended_at > since)
    return (await session.exec(question.limit(1))).first() is not None
