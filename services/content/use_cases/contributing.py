"""What can be done about taking part in a plan: load, decide, save."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person, find_person
from services.content.domain import calendar, campaigns, contributing
from services.content.domain.contributing import Answer, Contributors, Invitation, InviteeUnknown
from services.content.store import campaigns as campaign_store
from services.content.store import plan_items as item_store
from services.content.store import plans as store


async def invite_to_campaign(
    session: AsyncSession, clock: Clock, me: Person, campaign_id: UUID, person_id: UUID
) -> Contributors:
    """Ask somebody to take part in a campaign."""
    now = clock.now()
    campaign = await campaign_store.lock_campaign(session, campaign_id)
    campaigns.check_may_change(campaign, me)
    campaigns.check_open(campaign, field=None)
    await _invite(session, person_id, campaign_id=campaign_id, title=campaign.name, at=now)
    return await store.contributors_of(session, campaign_id)


async def contributors_of_campaign(session: AsyncSession, campaign_id: UUID) -> Contributors:
    """Read who takes part in a campaign."""
    await campaign_store.get_campaign(session, campaign_id)
    return await store.contributors_of(session, campaign_id)


async def invite_to_item(
    session: AsyncSession, clock: Clock, me: Person, item_id: UUID, person_id: UUID
) -> Contributors:
    """Ask somebody to take part in a plan item."""
    now = clock.now()
    item = await item_store.lock_item(session, me, item_id)
    campaign = (
        await campaign_store.get_campaign(session, item.campaign_id) if item.campaign_id else None
    )
    calendar.check_may_plan(me, campaign, item)
    calendar.check_planned(item)
    await _invite(session, person_id, item_id=item_id, title=item.title, at=now)
    return await store.contributors_of(session, item_id)


async def contributors_of_item(session: AsyncSession, me: Person, item_id: UUID) -> Contributors:
    """Read who takes part in a plan item."""
    await item_store.get_item(session, me, item_id)
    return await store.contributors_of(session, item_id)


async def answer_invitation(
    session: AsyncSession, clock: Clock, me: Person, invitation_id: UUID, said: Answer
) -> Invitation:
    """Say yes or no to an invitation of one's own. Nobody is told of a no."""
    now = clock.now()
    invitation = await store.lock_invitation(session, invitation_id, me.person_id)
    answered = contributing.answer(invitation, said, at=now)
    await store.save_invitation(session, answered)
    return answered


async def _invite(
    session: AsyncSession,
    person_id: UUID,
    *,
    title: str,
    at: datetime,
    campaign_id: UUID | None = None,
    item_id: UUID | None = None,
) -> None:
    plan_id = campaign_id or item_id
    assert plan_id is not None
    if await find_person(session, person_id) is None:
        raise InviteeUnknown("Nobody active has this id.", field="/person_id")
    # Whoever was asked is not asked again, whatever they said: that would show a no, or press.
    if await store.is_invited(session, plan_id, person_id):
        return
    contributing.check_room(await store.invitations_of(session, plan_id))
    invitation = Invitation(
        invitation_id=new_id(),
        campaign_id=campaign_id,
        item_id=item_id,
        title=title,
        person_id=person_id,
        answer="open",
        invited_at=at,
        answered_at=None,
    )
    await store.save_invitation(session, invitation)
    await session.flush()
