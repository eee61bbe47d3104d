"""Our own copy of the stories, and who finds which in the feed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.clock import Clock
from chassis.paging import PageRequest
from chassis.people import Person
from contracts.content import StoryState
from services.sharing.domain.stories import Reader, Story, why_not_live
from services.sharing.store import stories as store
from services.sharing.use_cases import letting_go


async def keep_story(session: AsyncSession, event: StoryState, *, at: datetime) -> None:
    """Keep a story's live version. One that was withdrawn stays withdrawn, whatever comes late.

    What waits was written of the version before, and may link where this one does not, or be of
    somebody for whom this one is not: it is cancelled, and may be shared anew as the story is now.
    """
    known = await store.find_story_alone(session, event.story_id)
    if known is not None and known.version > event.version:
        return
    published_at = known.published_at if known else at
    withdrawn_at = (
        known.withdrawn_at if known else await store.find_withdrawal(session, event.story_id)
    )
    story = Story(
        story_id=event.story_id,
        version=event.version,
        author_id=event.author_id,
        campaign_id=event.campaign_id,
        title=event.title,
        body=event.body,
        link=event.link,
        language=event.language,
        topics=tuple(event.topics),
        variants=tuple(event.variants),
        media=tuple(event.media),
        embargo_until=event.embargo_until,
        expires_at=event.expires_at,
        published_at=published_at,
        live_from=max(published_at, event.embargo_until or published_at),
        withdrawn_at=withdrawn_at,
    )
    await store.save_story(session, story, event.audience)
    if known is not None and known.version < event.version:
        await letting_go.cancel_waiting(
            session, story_id=event.story_id, reason="story_revised", at=at
        )


async def withdraw_story(session: AsyncSession, story_id: UUID, *, at: datetime) -> None:
    """Stop a story: what waits is cancelled at once, what is published is the advocates' own.

    One that nobody here has heard of yet must not go live when its publication comes late.
    """
    story = await store.find_story_alone(session, story_id)
    if story is None:
        await store.keep_withdrawal(session, story_id, at=at)
        return
    if story.withdrawn_at is not None:
        return
    await store.mark_withdrawn(session, story_id, at=at)
    await letting_go.cancel_waiting(session, story_id=story_id, reason="story_withdrawn", at=at)


async def expire_story(session: AsyncSession, story_id: UUID, *, at: datetime) -> None:
    """Cancel what waits of a story that was over at this instant, by what is known of it here.

    So a later version with a later end wins, whichever is heard first.
    """
    story = await store.find_held_story(session, story_id)
    if story is not None and why_not_live(story, at=at) == "story_expired":
        await letting_go.cancel_waiting(session, story_id=story_id, reason="story_expired", at=at)


async def withdraw_media(session: AsyncSession, media_id: UUID, *, at: datetime) -> None:
    """Show a picture no more, in any story that has it or will."""
    await store.keep_withdrawn_media(session, media_id, at=at)


async def reader_of(session: AsyncSession, me: Person) -> Reader:
    """Answer what decides which stories fit a person."""
    tenant = await people.get_tenant(session)
    return Reader(
        person_id=me.person_id,
        employer=tenant.name,
        country=me.country or tenant.country,
        language=me.language or tenant.language,
        region=me.region,
        team_id=me.team_id,
    )


async def feed(
    session: AsyncSession,
    clock: Clock,
    reader: Reader,
    page: PageRequest,
    *,
    topic: str | None,
    network: str | None,
    q: str | None,
) -> Sequence[Story]:
    """Answer the live stories that fit a reader, newest first."""
    return await store.feed_of(
        session, reader, page, topic=topic, network=network, q=q, at=clock.now()
    )
