"""The questions about who decides in whose name."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_
from sqlalchemy import select as select_of
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.deciders import Delegator
from services.content.domain.delegations import Delegation, DelegationNotFound
from services.content.store.persons import is_person
from services.content.tables.approval import DelegationRow


async def delegators_of(
    session: AsyncSession, person_id: UUID, *, at: datetime
) -> Sequence[Delegator]:
    """Answer in whose names somebody may decide at an instant, the oldest delegation first.

    Whoever left has no say, and nor has their delegate. It is one step: no chains.
    """
    row = DelegationRow
    question = (
        select_of(
            PEOPLE.c.person_id, PEOPLE.c.roles, PEOPLE.c.team_id, col(row.policy_id), col(row.stage)
        )
        .join(PEOPLE, is_person(col(row.tenant_id), col(row.from_person_id)))
        .where(
            col(row.tenant_id) == tenant_of(session),
            col(row.to_person_id) == person_id,
            col(row.begins_at) <= at,
            col(row.ends_at) > at,
            col(row.ended_at).is_(None),
            PEOPLE.c.active,
        )
        .order_by(col(row.delegation_id))
    )
    found = await (await session.connection()).execute(question)
    return [
        Delegator(person_id, frozenset(roles), team_id, policy_id, stage)
        for person_id, roles, team_id, policy_id, stage in found
    ]


async def lock_delegations_to(session: AsyncSession, person_id: UUID) -> None:
    """Let nobody else delegate to the same person until the end: delegations are counted."""
    await alone_with(session, f"delegations/{person_id}")


async def running_to(
    session: AsyncSession, person_id: UUID, *, at: datetime
) -> Sequence[Delegation]:
    """Answer the delegations to somebody that have not ended."""
    row = DelegationRow
    question = select(row).where(
        col(row.to_person_id) == person_id, col(row.ends_at) > at, col(row.ended_at).is_(None)
    )
    return [_delegation(found) for found in (await session.exec(question)).all()]


async def delegations_of(
    session: AsyncSession,
    person_id: UUID,
    page: PageRequest,
    *,
    running_at: datetime | None,
) -> Sequence[Delegation]:
    """Answer the delegations from and to somebody, newest first: one more than the page holds."""
    row = DelegationRow
    mine = or_(col(row.from_person_id) == person_id, col(row.to_person_id) == person_id)
    question = select(row).where(mine).order_by(col(row.delegation_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(row.delegation_id) < after)
    if running_at is not None:
        question = question.where(
            and_(
                col(row.begins_at) <= running_at,
                col(row.ends_at) > running_at,
                col(row.ended_at).is_(None),
            )
        )
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_delegation(found) for found in rows]


async def lock_delegation(
    session: AsyncSession, delegation_id: UUID, person_id: UUID
) -> Delegation:
    """Lock a delegation from or to somebody; raises DelegationNotFound."""
    key = (tenant_of(session), delegation_id)
    row = await session.get(DelegationRow, key, with_for_update=True)
    if row is None or person_id not in {row.from_person_id, row.to_person_id}:
        raise DelegationNotFound(f"No delegation {delegation_id} of yours.")
    return _delegation(row)


async def save_delegation(session: AsyncSession, delegation: Delegation) -> None:
    """Save a delegation."""
    await session.merge(DelegationRow(tenant_id=tenant_of(session), **asdict(delegation)))


def _delegation(row: DelegationRow) -> Delegation:
    return Delegation(**row.model_dump(exclude={"tenant_id"}))
