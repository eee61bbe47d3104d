"""Telling how stories did: what metrics told is added up, and shown beside the story (M4)."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.handling import Delivery
from chassis.paging import PageRequest
from chassis.people import Person
from contracts.metrics import SharePerformed
from services.content.domain import performance
from services.content.domain.performance import OwnStory, Performance, Shown
from services.content.domain.stories import wrote
from services.content.store import performance as store
from services.content.use_cases.seeing import read_story


async def learn(session: AsyncSession, told: Sequence[Delivery[SharePerformed]]) -> None:
    """Add up a batch of news of one tenant; each is taken in once, in whatever order (ADR 2)."""
    await store.add_changes(
        session, performance.tally((one.event, one.happened_at) for one in told)
    )
    await store.remember_sharers(
        session, {(one.event.story_id, one.event.person_id) for one in told}
    )


async def read_performance(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID
) -> Shown:
    """Read how a story did that somebody may see; raises StoryNotFound."""
    story = await read_story(session, clock, me, story_id)
    did = (await store.performance_of(session, [story_id])).get(story_id, Performance())
    return performance.shown(story_id, did, to_author=wrote(story, me))


async def read_own(session: AsyncSession, me: Person, page: PageRequest) -> Sequence[OwnStory]:
    """Read what came of the stories that somebody wrote."""
    return await store.own_stories_that_were_live(session, me.person_id, page)
