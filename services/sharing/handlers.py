"""What sharing does when it hears of stories and of people."""

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.handling import Delivery, Handlers
from contracts.content import StoryPublished, StoryRevised, StoryState, StoryWithdrawn
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    PersonState,
    TenantChanged,
    TenantRegistered,
)
from services.sharing.use_cases import programs, stories

handlers = Handlers()

# The chassis' own handler, but where news means more to us than to others.
handlers.on(TenantRegistered, TenantChanged)(people.keep_tenant)


@handlers.on(PersonProvisioned, PersonChanged, PersonDeactivated)
async def keep_person(delivery: Delivery[PersonState], session: AsyncSession) -> None:
    """Keep a person's state; whatever she may do ends at once when she left the company (G12).

    The topic is compacted: the news that she left may have given way to a later state.
    """
    newest = await people.learn_person(delivery, session)
    if newest and not delivery.event.active:
        await programs.end_for(session, delivery.event.person_id, at=delivery.happened_at)


@handlers.on(StoryPublished, StoryRevised)
async def keep_story(delivery: Delivery[StoryState], session: AsyncSession) -> None:
    """Let those whom a story is for share its live version."""
    await stories.keep_story(session, delivery.event, at=delivery.happened_at)


@handlers.on(StoryWithdrawn)
async def withdraw_story(delivery: Delivery[StoryWithdrawn], session: AsyncSession) -> None:
    """Let nobody share a story any more."""
    await stories.withdraw_story(session, delivery.event.story_id, at=delivery.happened_at)
