"""The questions about what plans have in common: who takes part, and who decided what."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.contributing import (
    Answer,
    Contributor,
    Contributors,
    Invitation,
    InvitationNotFound,
    seen_by_others,
)
from services.content.domain.plans import PlanAct, PlanTrailEntry
from services.content.domain.stories import Author
from services.content.store.persons import is_person
from services.content.tables.calendar import PlanItemRow
from services.content.tables.campaigns import CampaignRow
from services.content.tables.plans import PlanInvitationRow, PlanTrailRow


async def active_people_among(session: AsyncSession, person_ids: Sequence[UUID]) -> set[UUID]:
    """Answer those of some ids that active people of the tenant have."""
    question = select(PEOPLE.c.person_id).where(
        PEOPLE.c.tenant_id == tenant_of(session),
        PEOPLE.c.person_id.in_(person_ids),
        PEOPLE.c.active,
    )
    return set((await session.exec(question)).all())


async def invitations_of(session: AsyncSession, plan_id: UUID) -> int:
    """Answer how many were asked to take part in a plan, whatever they said."""
    question = select(func.count()).where(_of_plan(plan_id))
    return (await session.exec(question)).one()


async def contributors_of(session: AsyncSession, plan_id: UUID) -> Contributors:
    """Answer what others see of those who were asked, who said yes first at the beginning."""
    row = PlanInvitationRow
    question = (
        select(row.person_id, PEOPLE.c.display_name, row.answered_at)
        .outerjoin(PEOPLE, is_person(col(row.tenant_id), col(row.person_id)))
        .where(_of_plan(plan_id), col(row.answer) == "accepted")
        .order_by(col(row.answered_at), col(row.person_id))
    )
    accepted = [
        Contributor(Author(person_id, name), since)
        for person_id, name, since in (await session.exec(question)).all()
    ]
    return seen_by_others(accepted, await invitations_of(session, plan_id))


async def is_invited(session: AsyncSession, plan_id: UUID, person_id: UUID) -> bool:
    """Answer whether somebody was asked to take part in a plan already."""
    question = select(PlanInvitationRow.invitation_id).where(
        _of_plan(plan_id), col(PlanInvitationRow.person_id) == person_id
    )
    return (await session.exec(question)).first() is not None


async def save_invitation(session: AsyncSession, invitation: Invitation) -> None:
    """Save an invitation."""
    fields = asdict(invitation)
    del fields["title"]
    await session.merge(PlanInvitationRow(tenant_id=tenant_of(session), **fields))


async def lock_invitation(session: AsyncSession, invitation_id: UUID, me: UUID) -> Invitation:
    """Lock an invitation to somebody; raises InvitationNotFound, for somebody else's too."""
    question = _invitations(me).where(col(PlanInvitationRow.invitation_id) == invitation_id)
    found = (await session.exec(question.with_for_update(of=PlanInvitationRow))).first()
    if found is None:
        raise InvitationNotFound(f"No invitation {invitation_id} to you.")
    return _invitation(*found)


async def invitations_to(
    session: AsyncSession, me: UUID, page: PageRequest, *, answer: Answer | None
) -> Sequence[Invitation]:
    """Answer what somebody is asked to take part in, newest first: one more than a page holds."""
    question = _invitations(me).order_by(col(PlanInvitationRow.invitation_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(PlanInvitationRow.invitation_id) < after)
    if answer is not None:
        question = question.where(col(PlanInvitationRow.answer) == answer)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_invitation(row, title) for row, title in rows]


async def add_to_plan_trail(
    session: AsyncSession,
    subject_id: UUID,
    actor_id: UUID,
    act: PlanAct,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Keep for good who decided what about a plan; the plan's lock keeps the order."""
    await session.flush()
    before = select(func.max(PlanTrailRow.position)).where(
        col(PlanTrailRow.subject_id) == subject_id
    )
    session.add(
        PlanTrailRow(
            tenant_id=tenant_of(session),
            subject_id=subject_id,
            position=((await session.exec(before)).one() or 0) + 1,
            act=act,
            actor_id=actor_id,
            reason=reason,
            happened_at=at,
        )
    )


async def plan_trail_of(
    session: AsyncSession, subject_id: UUID, page: PageRequest
) -> Sequence[PlanTrailEntry]:
    """Answer what was decided about a plan, oldest first: one more than the page holds."""
    question = (
        select(PlanTrailRow, PEOPLE.c.display_name)
        .outerjoin(PEOPLE, is_person(col(PlanTrailRow.tenant_id), col(PlanTrailRow.actor_id)))
        .where(col(PlanTrailRow.subject_id) == subject_id)
        .order_by(col(PlanTrailRow.position))
    )
    if (after := page.after_number()) is not None:
        question = question.where(col(PlanTrailRow.position) > after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [
        PlanTrailEntry(
            row.position, row.act, Author(row.actor_id, name), row.reason, row.happened_at
        )
        for row, name in rows
    ]


def _of_plan(plan_id: UUID) -> Any:
    return or_(
        col(PlanInvitationRow.campaign_id) == plan_id, col(PlanInvitationRow.item_id) == plan_id
    )


def _invitations(me: UUID) -> Any:
    row = PlanInvitationRow
    return (
        select(row, func.coalesce(CampaignRow.name, PlanItemRow.title))
        .outerjoin(
            CampaignRow,
            and_(
                col(CampaignRow.tenant_id) == col(row.tenant_id),
                col(CampaignRow.campaign_id) == col(row.campaign_id),
            ),
        )
        .outerjoin(
            PlanItemRow,
            and_(
                col(PlanItemRow.tenant_id) == col(row.tenant_id),
                col(PlanItemRow.item_id) == col(row.item_id),
            ),
        )
        .where(col(row.person_id) == me)
    )


def _invitation(row: PlanInvitationRow, title: str) -> Invitation:
    return Invitation(**row.model_dump(exclude={"tenant_id"}), title=title)
