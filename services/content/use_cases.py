"""What can be done to stories and campaigns: load, decide, save, announce."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
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
    CampaignClosed,
    CampaignOpened,
    StoryPublished,
    StoryReviewed,
    StoryRevised,
    StorySubmitted,
    StoryWithdrawn,
)
from contracts.events import Event
from services.content import store
from services.content.domain import campaigns, life, texts
from services.content.domain.campaigns import Campaign
from services.content.domain.life import Decision
from services.content.domain.stories import Act, Author, Story, TrailEntry, seen_by

_ACT_OF: dict[Decision, Act] = {
    "approve": "approved",
    "request_changes": "changes_requested",
    "reject": "rejected",
}


async def open_campaign(session: AsyncSession, clock: Clock, fields: dict[str, Any]) -> Campaign:
    """Open a campaign."""
    now = clock.now()
    campaign = Campaign(campaign_id=new_id(), opened_at=now, **fields)
    campaigns.check_dates(campaign, at=now)
    await store.save_campaign(session, campaign)
    outbox.add(session, CampaignOpened(**_campaign_state(campaign)), at=now)
    return campaign


async def close_campaign(session: AsyncSession, clock: Clock, campaign_id: UUID) -> Campaign:
    """Close a campaign; a second time changes and announces nothing."""
    now = clock.now()
    campaign = await store.lock_campaign(session, campaign_id)
    closed = campaigns.close(campaign, at=now)
    if closed is not campaign:
        await store.save_campaign(session, closed)
        outbox.add(session, CampaignClosed(**_campaign_state(closed)), at=now)
    return closed


async def write_story(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> Story:
    """Begin a draft. Nobody else hears of it before it is submitted."""
    now = clock.now()
    author = Author(me.person_id, me.display_name)
    story = life.write(new_id(), author, texts.compose(fields), at=now)
    await _check_campaign(session, story)
    await _save(session, story, me, "created", now)
    return story


async def read_story(session: AsyncSession, me: Person, story_id: UUID) -> Story:
    """Read a story as far as the reader may see it."""
    return seen_by(await store.get_story(session, story_id), me)


async def read_trail(
    session: AsyncSession, me: Person, story_id: UUID, page: PageRequest
) -> Sequence[TrailEntry]:
    """Read who did what to a story, oldest first."""
    life.check_trail(await store.get_story(session, story_id), me)
    return await store.trail_of(session, story_id, page)


async def edit_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Story:
    """Change what the working version says."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    edited = life.edit(story, me, changes, at=now)
    expected.check(seen_by(story, me))
    await _check_campaign(session, edited)
    await _save(session, edited, me, "edited", now)
    return edited


async def submit_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Ask for a review of the working version."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    submitted = life.submit(story, me, at=now)
    await _check_campaign(session, submitted)
    await _save(session, submitted, me, "submitted", now)
    announced = StorySubmitted(
        story_id=story_id,
        version=submitted.working.version,
        author_id=submitted.author.person_id,
        content_hash=submitted.working.content_hash,
    )
    outbox.add(session, announced, at=now)
    return submitted


async def review_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    decision: Decision,
    *,
    read_hash: str,
    reasons: Sequence[str],
) -> Story:
    """Decide on the content with exactly this hash. Of two reviewers at once one is first."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    reviewed = life.review(story, me, decision, read_hash=read_hash, reasons=reasons)
    await _save(session, reviewed, me, _ACT_OF[decision], now, reasons)
    announced = StoryReviewed(
        story_id=story_id,
        version=reviewed.working.version,
        reviewer_id=me.person_id,
        decision=_ACT_OF[decision],
        content_hash=read_hash,
    )
    outbox.add(session, announced, at=now)
    return reviewed


async def publish_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Let the approved version go live, and tell the others all of it."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    published = life.publish(story, me, at=now)
    await _check_campaign(session, story)
    await _save(session, published, me, "published", now)
    outbox.add(session, _live_state(published, first=story.live is None), at=now)
    return published


async def revise_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Begin the next version; the others hear of it when it is published."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    revised = life.revise(story, me)
    await _save(session, revised, me, "revised", now)
    return revised


async def withdraw_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Stop a story everywhere; a second time changes and announces nothing."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    withdrawn = life.withdraw(story, me)
    if withdrawn is story:
        return story
    await _save(session, withdrawn, me, "withdrawn", now)
    # What never was live, nobody outside has heard of.
    if story.live is not None:
        outbox.add(session, StoryWithdrawn(story_id=story_id), at=now)
    return withdrawn


async def _save(
    session: AsyncSession,
    story: Story,
    me: Person,
    act: Act,
    at: datetime,
    reasons: Sequence[str] = (),
) -> None:
    await store.save_story(session, story)
    await store.add_to_trail(session, story, me, act, at=at, reasons=reasons)


async def _check_campaign(session: AsyncSession, story: Story) -> None:
    campaign_id = story.working.content.campaign_id
    # A story that is live in a campaign belongs to it, and may be corrected after it was closed.
    if campaign_id is None or (story.live and story.live.content.campaign_id == campaign_id):
        return
    campaign = await store.find_campaign_to_join(session, campaign_id)
    if campaign is None:
        raise campaigns.CampaignUnknown(f"No campaign {campaign_id}.", field="/campaign_id")
    campaigns.check_open(campaign)


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


def _campaign_state(campaign: Campaign) -> dict[str, Any]:
    fields = asdict(campaign)
    return {
        name: fields[name] for name in ("campaign_id", "name", "purpose", "starts_at", "ends_at")
    }
