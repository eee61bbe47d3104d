"""What can be read of a story's versions, by those who see its working version."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.paging import PageRequest
from chassis.people import Person
from services.content.domain import differences
from services.content.domain.differences import Differences
from services.content.domain.stories import Story, Version, shown
from services.content.domain.versions import VersionLine
from services.content.store import stories
from services.content.store import versions as store
from services.content.store.pictures import withdrawn_among
from services.content.use_cases.seeing import read_whole_story


async def read_versions(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID, page: PageRequest
) -> Sequence[VersionLine]:
    """Read which versions a story has had, newest first."""
    await read_whole_story(session, clock, me, story_id)
    return await store.versions_of(session, story_id, page)


async def read_version(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID, version: int
) -> Story:
    """Read a story as one of its versions had it."""
    story = await read_whole_story(session, clock, me, story_id)
    asked = await store.get_version(session, story_id, version)
    names = await stories.names_of(session, asked.content.contributor_ids)
    story = replace(story, working=asked, names={**story.names, **names})
    return await _with_withdrawn(session, story, asked)


async def compare_versions(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    version: int,
    earlier: int | None,
) -> Differences:
    """Read what a version says differently from another: None is the one before, if any was."""
    story = await read_whole_story(session, clock, me, story_id)
    if earlier is None:
        earlier = max(version - 1, 1)
    old = await store.get_version(session, story_id, earlier)
    new = await store.get_version(session, story_id, version)
    story = await _with_withdrawn(session, story, old, new)
    return differences.between(shown(old.content, story), shown(new.content, story))


async def _with_withdrawn(session: AsyncSession, story: Story, *versions: Version) -> Story:
    """Answer a story that knows which pictures of these versions were withdrawn."""
    pictures = {one.media_id for version in versions for one in version.content.media}
    return replace(story, withdrawn_pictures=await withdrawn_among(session, pictures))
