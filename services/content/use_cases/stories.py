"""What can be done to stories: load, decide, save, announce."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person
from chassis.preconditions import IfMatch
from contracts.content import (
    StoryPublished,
    StoryRevised,
    StoryWithdrawn,
)
from contracts.events import Event
from services.content.domain import life, texts
from services.content.domain.stories import Author, Story, TrailEntry, seen_by
from services.content.store import stories as store
from services.content.store import trail
from services.content.store.comments import unresolved_comments
from services.content.store.editing import is_editing
from services.content.store.regulation import hold_regulation
from services.content.store.trail import Told
from services.content.use_cases import pauses
from services.content.use_cases.approval import keep, plan_for, tell_submitted
from services.content.use_cases.joining import check_joins
from services.content.use_cases.pictures import check_pictures, with_pictures
from services.content.use_cases.seeing import read_whole_story


async def write_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    fields: dict[str, Any],
    *,
    author: Person | None = None,
) -> Story:
    """Begin a draft, of one's own or of the author whose it is to be.

    Nobody else hears of it before it is submitted.
    """
    now = clock.now()
    credited = author or me
    named = Author(credited.person_id, credited.display_name)
    fields = await with_pictures(session, me, fields, language=fields["language"])
    story = life.write(new_id(), named, texts.compose(fields), at=now)
    await _check_campaign(session, story)
    story = await with_contributors(session, story)
    return await keep(session, None, story, me, Told("created"), at=now)


async def read_trail(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID, page: PageRequest
) -> Sequence[TrailEntry]:
    """Read who did what to a story, oldest first."""
    await read_whole_story(session, clock, me, story_id)
    return await trail.trail_of(session, story_id, page)


async def edit_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Story:
    """Change what the working version says; the same again changes nothing.

    The trail tells that somebody began to edit, and not each time that an editor saves by itself.
    """
    now = clock.now()
    story = await store.lock_story(session, story_id)
    # First, so that no other refusal tells anybody of a story or version that they do not see.
    seen = seen_by(story, me)
    content = seen.working.content
    language = changes.get("language", content.language)
    changes = await with_pictures(session, me, changes, language=language, there=content.media)
    edited = life.edit(story, me, changes, at=now)
    expected.check(seen)
    if edited.working.content == story.working.content:
        return story
    await _check_campaign(session, edited)
    edited = await with_contributors(session, edited)
    if await is_editing(session, edited, me, at=now):
        await store.save_story(session, edited)
        return edited
    return await keep(session, story, edited, me, Told("edited"), at=now)


async def submit_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Ask for a review of the working version."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    seen_by(story, me)
    plan = await plan_for(session, story.working.content)
    submitted = life.submit(story, me, at=now, plan=plan)
    await check_pictures(session, submitted, at=now)
    await _check_campaign(session, submitted)
    kept = await keep(session, story, submitted, me, Told("submitted"), at=now)
    tell_submitted(session, kept, at=now)
    return kept


async def publish_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Let the approved version go live, and tell the others all of it."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    rules = await hold_regulation(session)
    unresolved = await unresolved_comments(session, story_id)
    published = life.publish(story, me, at=now, rules=rules, unresolved=unresolved)
    await pauses.check_may_publish(session, at=now)
    await check_pictures(session, published, at=now, for_all=True)
    await _check_campaign(session, story)
    kept = await keep(session, story, published, me, Told("published"), at=now)
    outbox.add(session, _live_state(kept, first=story.live is None), at=now)
    return kept


async def revise_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Begin the next version; the others hear of it when it is published."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    revised = life.revise(story, me)
    return await keep(session, story, revised, me, Told("revised"), at=now)


async def withdraw_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Stop a story everywhere; a second time changes and announces nothing."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    withdrawn = life.withdraw(story, me)
    if withdrawn is story:
        return story
    kept = await keep(session, story, withdrawn, me, Told("withdrawn"), at=now)
    # What never was live, nobody outside has heard of.
    if story.live is not None:
        outbox.add(session, StoryWithdrawn(story_id=story_id), at=now)
    return kept


async def with_contributors(session: AsyncSession, story: Story) -> Story:
    """Answer a story that knows how its contributors are called; raises ContributorUnknown."""
    people = {*story.working.content.contributor_ids} - story.names.keys()
    if not people:
        return story
    names = await store.names_of(session, people)
    if unknown := people - names.keys():
        raise texts.ContributorUnknown(
            "Some are not in the directory.",
            field="/contributor_ids",
            person_ids=sorted(str(one) for one in unknown),
        )
    return replace(story, names={**story.names, **names})


async def _check_campaign(session: AsyncSession, story: Story) -> None:
    campaign_id = story.working.content.campaign_id
    # A story that is live in a campaign belongs to it, and may be corrected after it was closed.
    if campaign_id is None or (story.live and story.live.content.campaign_id == campaign_id):
        return
    await check_joins(session, campaign_id)


def _live_state(story: Story, *, first: bool) -> Event:
    assert story.live is not None
    state: dict[str, Any] = {
        "story_id": story.story_id,
        "version": story.live.version,
        "content_hash": story.live.content_hash,
        "author_id": story.author.person_id,
        **asdict(story.live.content),
    }
    return StoryPublished(**state) if first else StoryRevised(**state)
