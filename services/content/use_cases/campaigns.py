"""What can be done to campaigns: load, decide, save, announce."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person
from chassis.preconditions import IfMatch
from contracts.content import CampaignChanged, CampaignClosed, CampaignOpened
from services.content.domain import campaigns
from services.content.domain.campaigns import Campaign, OwnerUnknown
from services.content.store import campaigns as store
from services.content.store import plans


async def open_campaign(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> Campaign:
    """Open a campaign."""
    now = clock.now()
    campaign = campaigns.open_new(fields, me, new_id, at=now)
    await _check_owners(session, campaign)
    await store.save_campaign(session, campaign)
    await plans.add_to_plan_trail(session, campaign.campaign_id, me.person_id, "opened", at=now)
    outbox.add(session, CampaignOpened(**_campaign_state(campaign)), at=now)
    return campaign


async def change_campaign(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    campaign_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Campaign:
    """Change a campaign's plan, and tell the others all of it; the same plan is no news."""
    now = clock.now()
    campaign = await store.lock_campaign(session, campaign_id)
    changed = campaigns.change(campaign, me, changes, new_id, at=now)
    if "owner_ids" in changes and changed is not campaign:
        await _check_owners(session, changed)
    expected.check(campaign)
    if changed is not campaign:
        await store.save_campaign(session, changed)
        await plans.add_to_plan_trail(session, campaign_id, me.person_id, "changed", at=now)
        outbox.add(session, CampaignChanged(**_campaign_state(changed)), at=now)
    return changed


async def close_campaign(
    session: AsyncSession, clock: Clock, me: Person, campaign_id: UUID
) -> Campaign:
    """Close a campaign; a second time changes and announces nothing."""
    now = clock.now()
    campaign = await store.lock_campaign(session, campaign_id)
    closed = campaigns.close(campaign, at=now)
    if closed is not campaign:
        await store.save_campaign(session, closed)
        await plans.add_to_plan_trail(session, campaign_id, me.person_id, "closed", at=now)
        outbox.add(session, CampaignClosed(**_campaign_state(closed)), at=now)
    return closed


async def _check_owners(session: AsyncSession, campaign: Campaign) -> None:
    known = await plans.active_people_among(session, campaign.owner_ids)
    for place, person_id in enumerate(campaign.owner_ids):
        if person_id not in known:
            raise OwnerUnknown("Nobody active has this id.", field=f"/owner_ids/{place}")


def _campaign_state(campaign: Campaign) -> dict[str, Any]:
    fields = asdict(campaign)
    return {name: fields[name] for name in CampaignOpened.model_fields}
