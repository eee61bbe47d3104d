"""What becomes of a story whose end is over."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from contracts.content import StoryExpired
from services.content.domain import life
from services.content.store import stories as store


async def expire_story(session: AsyncSession, clock: Clock, story_id: UUID) -> None:
    """Announce that a story's live version has expired, if it has and nobody did so before."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    expired = life.expire(story, at=now)
    if expired is story:
        return
    await store.save_story(session, expired)
    assert expired.live is not None
    ends = expired.live.content.expires_at
    news = StoryExpired(story_id=story_id, version=expired.live.version, expires_at=ends)
    outbox.add(session, news, at=now)
