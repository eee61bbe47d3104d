"""Questions about shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.sharing.domain.shares import MAY_BE_OUT, UNDER_WAY, Share, ShareNotFound, State
from services.sharing.tables import ShareRow, ShareStepRow


@dataclass(frozen=True)
class Step:
    """One step in a share's life."""

    state: State
    reason: str | None
    at: datetime


async def shares_of(
    session: AsyncSession,
    person_id: UUID,
    page: PageRequest,
    *,
    state: State | None,
    story_id: UUID | None,
) -> Sequence[Share]:
    """Answer a person's shares, newest first: one more than the page holds."""
    question = (
        select(ShareRow)
        .where(col(ShareRow.person_id) == person_id)
        .order_by(col(ShareRow.share_id).desc())
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(ShareRow.share_id) < after)
    if state is not None:
        question = question.where(col(ShareRow.state) == state)
    if story_id is not None:
        question = question.where(col(ShareRow.story_id) == story_id)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_share(row) for row in rows]


async def get_share_of(session: AsyncSession, share_id: UUID, person_id: UUID) -> Share:
    """Answer one of a person's own shares; raises ShareNotFound."""
    row = await session.get(ShareRow, (tenant_of(session), share_id))
    if row is None or row.person_id != person_id:
        raise ShareNotFound(f"You have no share {share_id}.")
    return _share(row)


async def find_share(session: AsyncSession, share_id: UUID) -> Share | None:
    """Answer a share as it is now, without a lock, or None."""
    question = (
        select(ShareRow)
        .where(col(ShareRow.share_id) == share_id)
        .execution_options(populate_existing=True)
    )
    row = (await session.exec(question)).first()
    return _share(row) if row else None


async def find_locked_share(
    session: AsyncSession, share_id: UUID, *, skip_locked: bool = False
) -> Share | None:
    """Answer a share as it is now, locked; None when there is none, or when it is passed over."""
    question = (
        select(ShareRow)
        .where(col(ShareRow.share_id) == share_id)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    row = (await session.exec(question)).first()
    return _share(row) if row else None


async def lock_waiting_shares(
    session: AsyncSession,
    *,
    story_id: UUID | None = None,
    person_id: UUID | None = None,
    network: str | None = None,
    account_id: UUID | None = None,
) -> list[Share]:
    """Lock the shares that still wait, of a story or of a person, in one order."""
    question = (
        select(ShareRow)
        .where(col(ShareRow.state) == "scheduled")
        .order_by(col(ShareRow.share_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if story_id is not None:
        question = question.where(col(ShareRow.story_id) == story_id)
    if person_id is not None:
        question = question.where(col(ShareRow.person_id) == person_id)
    if network is not None:
        question = question.where(col(ShareRow.network) == network)
    if account_id is not None:
        question = question.where(col(ShareRow.account_id) == account_id)
    return [_share(row) for row in (await session.exec(question)).all()]


async def find_under_way(
    session: AsyncSession, person_id: UUID, story_id: UUID, account_id: UUID
) -> UUID | None:
    """Answer a person's share of a story on an account that has not ended, or None."""
    question = select(ShareRow.share_id).where(
        col(ShareRow.person_id) == person_id,
        col(ShareRow.story_id) == story_id,
        col(ShareRow.account_id) == account_id,
        col(ShareRow.state).in_(UNDER_WAY),
    )
    return (await session.exec(question)).first()


async def find_in_words(
    session: AsyncSession, person_id: UUID, story_id: UUID, account_id: UUID, words: str
) -> UUID | None:
    """Answer a share of a story on an account in these words that is out, or may be, or None."""
    question = select(ShareRow.share_id).where(
        col(ShareRow.person_id) == person_id,
        col(ShareRow.story_id) == story_id,
        col(ShareRow.account_id) == account_id,
        col(ShareRow.state).in_(MAY_BE_OUT),
        col(ShareRow.words) == words,
    )
    return (await session.exec(question)).first()


async def steps_of(session: AsyncSession, share_id: UUID) -> list[Step]:
    """Answer a share's life so far, in order."""
    question = (
        select(ShareStepRow)
        .where(col(ShareStepRow.share_id) == share_id)
        .order_by(col(ShareStepRow.revision))
    )
    rows = (await session.exec(question)).all()
    return [Step(row.state, row.reason, row.at) for row in rows]  # type: ignore[arg-type]


async def save_share(session: AsyncSession, share: Share, *, at: datetime) -> None:
    """Save a share, and the step that it took, if it took one."""
    tenant_id = tenant_of(session)
    await session.merge(ShareRow(tenant_id=tenant_id, **asdict(share)))
    # The step points at the share, which must be there first.
    await session.flush()
    step = {
        "tenant_id": tenant_id,
        "share_id": share.share_id,
        "revision": share.revision,
        "state": share.state,
        "reason": share.reason,
        "at": at,
    }
    await (await session.connection()).execute(
        insert(ShareStepRow).values(step).on_conflict_do_nothing()
    )


def _share(row: ShareRow) -> Share:
    return Share(**row.model_dump(exclude={"tenant_id"}))
