"""What sharing does when it hears of stories, of guidelines and of people."""

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.handling import Delivery, Handlers
from contracts.content import (
    GuidelinePublished,
    GuidelineRetired,
    MediaWithdrawn,
    PublishingPaused,
    PublishingResumed,
    StoryExpired,
    StoryPublished,
    StoryRevised,
    StoryState,
    StoryWithdrawn,
)
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    PersonState,
    TenantChanged,
    TenantRegistered,
)
from services.sharing.store import pauses
from services.sharing.use_cases import guidelines, programs, stories

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


@handlers.on(StoryExpired)
async def expire_story(delivery: Delivery[StoryExpired], session: AsyncSession) -> None:
    """Stop what waits of a story whose end is over."""
    await stories.expire_story(session, delivery.event.story_id, at=delivery.happened_at)


@handlers.on(PublishingPaused)
async def pause(delivery: Delivery[PublishingPaused], session: AsyncSession) -> None:
    """Post nothing for the company from now on."""
    await pauses.keep_pause(session, delivery.event.pause_id, until=delivery.event.until)


@handlers.on(PublishingResumed)
async def resume(delivery: Delivery[PublishingResumed], session: AsyncSession) -> None:
    """Let what waits go out, unless another pause holds."""
    await pauses.keep_resumption(session, delivery.event.pause_id, at=delivery.happened_at)


@handlers.on(MediaWithdrawn)
async def withdraw_media(delivery: Delivery[MediaWithdrawn], session: AsyncSession) -> None:
    """Show a picture to nobody any more."""
    await stories.withdraw_media(session, delivery.event.media_id, at=delivery.happened_at)


@handlers.on(GuidelinePublished)
async def keep_guideline(delivery: Delivery[GuidelinePublished], session: AsyncSession) -> None:
    """Check what advocates write against the rules that hold now."""
    await guidelines.keep_guideline(session, delivery.event)


@handlers.on(GuidelineRetired)
async def retire_guideline(delivery: Delivery[GuidelineRetired], session: AsyncSession) -> None:
    """Check nothing against these rules any more."""
    await guidelines.retire_guideline(session, delivery.event)
