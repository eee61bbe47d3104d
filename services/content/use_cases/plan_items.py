"""What can be done to plan items: load, decide, save."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person, find_person
from chassis.preconditions import IfMatch
from services.content.domain import calendar, campaigns
from services.content.domain.calendar import PlanItem, ResponsibleUnknown
from services.content.domain.campaigns import Campaign
from services.content.domain.ideas import StoryUnknown
from services.content.domain.stories import StoryNotFound
from services.content.store import plan_items as store
from services.content.store import plans
from services.content.use_cases.joining import campaign_named
from services.content.use_cases.seeing import read_story


async def plan_item(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> PlanItem:
    """Plan something."""
    now = clock.now()
    item = calendar.plan(fields, new_id(), me, at=now)
    campaign = await _campaign(session, item)
    calendar.check_may_plan(me, campaign)
    await _check_names(session, clock, me, campaign, fields)
    await store.save_item(session, item)
    await plans.add_to_plan_trail(session, item.item_id, me.person_id, "opened", at=now)
    return item


async def change_item(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    item_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> PlanItem:
    """Plan something otherwise, or link the story that it became; the same changes nothing."""
    now = clock.now()
    item = await store.lock_item(session, me, item_id)
    calendar.check_may_plan(me, await _campaign(session, item), item)
    changed = calendar.change(item, changes, at=now)
    if changed is not item:
        await _check_names(session, clock, me, await _campaign(session, changed), changes)
    expected.check(item)
    if changed is not item:
        await store.save_item(session, changed)
        await plans.add_to_plan_trail(session, item_id, me.person_id, "changed", at=now)
    return changed


async def drop_item(session: AsyncSession, clock: Clock, me: Person, item_id: UUID) -> PlanItem:
    """Give a plan up; a second time changes nothing."""
    now = clock.now()
    item = await store.lock_item(session, me, item_id)
    calendar.check_may_plan(me, await _campaign(session, item), item)
    dropped = calendar.drop(item, at=now)
    if dropped is not item:
        await store.save_item(session, dropped)
        await plans.add_to_plan_trail(session, item_id, me.person_id, "dropped", at=now)
    return dropped


async def _campaign(session: AsyncSession, item: PlanItem) -> Campaign | None:
    return await campaign_named(session, item.campaign_id) if item.campaign_id else None


async def _check_names(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    campaign: Campaign | None,
    named: dict[str, Any],
) -> None:
    """Check whom and what an item newly names; what it named before may have ended since."""
    if campaign is not None and named.get("campaign_id"):
        campaigns.check_open(campaign)
        calendar.check_may_plan(me, campaign)
    responsible_id, story_id = named.get("responsible_id"), named.get("story_id")
    if responsible_id is not None and await find_person(session, responsible_id) is None:
        raise ResponsibleUnknown("Nobody active has this id.", field="/responsible_id")
    if story_id is not None:
        try:
            await read_story(session, clock, me, story_id)
        except StoryNotFound as refused:
            raise StoryUnknown("You can see no such story.", field="/story_id") from refused
