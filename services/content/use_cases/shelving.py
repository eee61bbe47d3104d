"""What can be done to where a story stands in the hub: load, decide, save."""

from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person
from services.content.domain import shelving
from services.content.domain.stories import Story, made_by, seen_by
from services.content.store import pins, stories
from services.content.store.trail import Told
from services.content.use_cases.approval import keep
from services.content.use_cases.joining import still_joins
from services.content.use_cases.pictures import pictures_there
from services.content.use_cases.seeing import read_story
from services.content.use_cases.stories import write_story


async def duplicate_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Begin a draft of one's own from a story that one may see."""
    now = clock.now()
    origin = await read_story(session, clock, me, story_id)
    content = origin.working.content
    changes = shelving.anew(
        content,
        pictures=await pictures_there(session, me, content.media),
        people=await stories.names_of(session, content.contributor_ids),
        at=now,
    )
    changes["campaign_id"] = await still_joins(session, content.campaign_id)
    # Asked of the story as it is kept: what is seen of one that is live names no makers.
    makers = made_by(await stories.get_story(session, story_id))
    draft = await write_story(session, clock, me, {**asdict(content), **changes})
    begun = replace(draft, origin_id=story_id, makers=makers | made_by(draft))
    await stories.save_story(session, begun)
    return begun


async def archive_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Put a story away; a second time changes nothing."""
    now = clock.now()
    story = await stories.lock_story(session, story_id)
    archived = shelving.archive(story, me, at=now)
    if archived is story:
        return story
    return await keep(session, story, archived, me, Told("archived"), at=now)


async def unarchive_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Take a story out of the archive; a second time changes nothing."""
    now = clock.now()
    story = await stories.lock_story(session, story_id)
    taken_out = shelving.unarchive(story, me)
    if taken_out is story:
        return story
    return await keep(session, story, taken_out, me, Told("unarchived"), at=now)


async def pin_story(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID, until: datetime | None
) -> Story:
    """Let a live story stand before the others."""
    now = clock.now()
    story = await stories.lock_story(session, story_id)
    shelving.check_pin(story, me, until=until, at=now)
    await pins.lock_pins(session)
    if await pins.pins_of_others(session, story_id, at=now) >= shelving.PINNED_MAX:
        raise shelving.PinsUsedUp(f"{shelving.PINNED_MAX} stories are pinned; unpin one first.")
    await pins.save_pin(session, story_id, me.person_id, until=until, at=now)
    return seen_by(story, me)


async def unpin_story(session: AsyncSession, me: Person, story_id: UUID) -> Story:
    """Let a story stand among the others again."""
    story = seen_by(await stories.lock_story(session, story_id), me)
    await pins.drop_pin(session, story_id)
    return story
