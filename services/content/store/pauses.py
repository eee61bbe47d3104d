"""The questions about pauses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.pauses import Pause, PauseNotFound, PauseState
from services.content.domain.stories import Author
from services.content.store.persons import is_person
from services.content.tables.pauses import PauseRow

_PAUSER = PEOPLE.alias("pauser")
_LIFTER = PEOPLE.alias("lifter")


async def be_alone_with_pausing(session: AsyncSession) -> None:
    """Let nobody pause, prolong or publish until the end: who publishes is waited for."""
    await alone_with(session, "pausing")


async def keep_pauses_away(session: AsyncSession) -> None:
    """Let no pause begin until the end; others may publish meanwhile."""
    await alone_with(session, "pausing", shared=True)


async def find_not_ended(session: AsyncSession, *, lock: bool = False) -> Pause | None:
    """Answer the one pause whose end nobody has kept, or None."""
    return await _find(session, col(PauseRow.ended_at).is_(None), lock=lock)


async def find_locked_pause(session: AsyncSession, pause_id: UUID) -> Pause | None:
    """Answer a pause, locked, or None."""
    return await _find(session, col(PauseRow.pause_id) == pause_id, lock=True)


async def lock_pause(session: AsyncSession, pause_id: UUID) -> Pause:
    """Lock a pause; raises PauseNotFound."""
    pause = await find_locked_pause(session, pause_id)
    if pause is None:
        raise PauseNotFound(f"No pause {pause_id}.")
    return pause


async def pauses_of_the_tenant(
    session: AsyncSession, page: PageRequest, *, state: PauseState | None, at: datetime
) -> Sequence[Pause]:
    """Answer pauses, newest first, so that one that holds is the first: one more than the page."""
    question = _pauses().order_by(col(PauseRow.pause_id).desc()).limit(page.limit + 1)
    if (after := page.after_id()) is not None:
        question = question.where(col(PauseRow.pause_id) < after)
    if state is not None:
        question = question.where(_is(state, at))
    return [_pause(row) for row in (await session.exec(question)).all()]


async def save_pause(session: AsyncSession, pause: Pause) -> None:
    """Save a pause."""
    row = PauseRow(
        tenant_id=tenant_of(session),
        pause_id=pause.pause_id,
        reason=pause.reason,
        paused_by=pause.paused_by.person_id,
        paused_at=pause.paused_at,
        until=pause.until,
        ended_at=pause.ended_at,
        lifted_by=pause.lifted_by.person_id if pause.lifted_by else None,
    )
    await session.merge(row)
    # One must be kept as ended before the next is: there is one at a time.
    await session.flush()


async def _find(session: AsyncSession, condition: Any, *, lock: bool) -> Pause | None:
    question = _pauses().where(condition)
    if lock:
        question = question.with_for_update(of=PauseRow).execution_options(populate_existing=True)
    row = (await session.exec(question)).first()
    return _pause(row) if row else None


def _pauses() -> Any:
    row = PauseRow
    return (
        select(row, _PAUSER.c.display_name, _LIFTER.c.display_name)
        .outerjoin(_PAUSER, is_person(col(row.tenant_id), col(row.paused_by), _PAUSER))
        .outerjoin(_LIFTER, is_person(col(row.tenant_id), col(row.lifted_by), _LIFTER))
    )


def _pause(found: Any) -> Pause:
    row, pauser, lifter = found
    return Pause(
        **row.model_dump(exclude={"tenant_id", "paused_by", "lifted_by"}),
        paused_by=Author(row.paused_by, pauser),
        lifted_by=Author(row.lifted_by, lifter) if row.lifted_by else None,
    )


def _is(state: PauseState, at: datetime) -> Any:
    over = or_(col(PauseRow.ended_at).is_not(None), col(PauseRow.until) <= at)
    if state == "lifted":
        return col(PauseRow.lifted_by).is_not(None)
    if state == "over":
        return and_(over, col(PauseRow.lifted_by).is_(None))
    return and_(
        col(PauseRow.ended_at).is_(None),
        or_(col(PauseRow.until).is_(None), col(PauseRow.until) > at),
    )
