"""A story as somebody may see it: by what they are, and by whose name they may decide in."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person
from services.content.domain import life
from services.content.domain.stories import Story, seen_by
from services.content.store.delegations import delegators_of
from services.content.store.stories import get_story


async def read_story(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Story:
    """Read a story as far as somebody may see it; raises StoryNotFound."""
    delegators = await delegators_of(session, me.person_id, at=clock.now())
    return seen_by(await get_story(session, story_id), me, delegators)


async def read_whole_story(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID
) -> Story:
    """Read a story of which somebody must see the working version, too.

    Raises StoryNotFound, or NotAllowedOnStory where only what is live is theirs to see.
    """
    story = await get_story(session, story_id)
    life.check_sees_all(story, me, await delegators_of(session, me.person_id, at=clock.now()))
    return story
