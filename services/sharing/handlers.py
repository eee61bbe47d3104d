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

# The chassis' own handlers, but for the one event that means more to us than to others.
handlers.on(TenantRegistered, TenantChanged)(people.keep_tenant)
handlers.on(PersonProvisioned, PersonChanged)(people.keep_person)

# Named by its shape, since the chassis' handler takes any state of a person.
_Gone: type[PersonState] = PersonDeactivated


@handlers.on(_Gone)
async def end_for_who_left(delivery: Delivery[PersonState], session: AsyncSession) -> None:
    """End at once whatever a person who left the company may do (G12)."""
    await people.keep_person(delivery, session)
    await programs.end_for(session, delivery.event.person_id, at=delivery.happened_at)


@handlers.on(StoryPublished, StoryRevised)
async def keep_story(delivery: Delivery[StoryState], session: AsyncSession) -> None:
    """Let those whom a story is for share its live version."""
    await stories.keep_story(session, delivery.event, at=delivery.happened_at)


@handlers.on(StoryWithdrawn)
async def withdraw_story(delivery: Delivery[StoryWithdrawn], session: AsyncSession) -> None:
    """Let nobody share a story any more."""
    await stories.withdraw_story(session, delivery.event.story_id, at=delivery.happened_at)
