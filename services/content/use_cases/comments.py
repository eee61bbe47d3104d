"""What can be done to comments: said, answered, resolved, opened again; nobody is told of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person
from services.content.domain import comments, life
from services.content.domain.comments import Anchor, Comment
from services.content.domain.stories import Author, shown
from services.content.store import comments as store
from services.content.store.delegations import delegators_of
from services.content.store.stories import lock_story
from services.content.use_cases.seeing import read_whole_story


async def comment_on_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    anchor: Anchor,
    *,
    text: str,
    parent_id: UUID | None,
) -> Comment:
    """Say something about a place in the working version. Under its lock: a review counts them."""
    now = clock.now()
    story = await lock_story(session, story_id)
    life.check_sees_all(story, me, await delegators_of(session, me.person_id, at=now))
    comments.check_count(await store.count_comments(session, story_id))
    if parent_id is not None:
        comments.check_parent(await store.get_comment(session, story_id, parent_id))
    comment = Comment(
        comment_id=new_id(),
        parent_id=parent_id,
        version=story.working.version,
        author=Author(me.person_id, me.display_name),
        anchor=comments.anchored(shown(story.working.content, story), anchor),
        text=text,
        created_at=now,
    )
    await store.save_comment(session, story_id, comment)
    return comment


async def read_comments(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    page: PageRequest,
    *,
    resolved: bool | None,
) -> Sequence[Comment]:
    """Read what was said about a story, oldest first."""
    await read_whole_story(session, clock, me, story_id)
    return await store.comments_on(session, story_id, page, resolved=resolved)


async def settle_comment(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    comment_id: UUID,
    *,
    resolved: bool,
) -> Comment:
    """Resolve a comment, or open it again."""
    now = clock.now()
    story = await lock_story(session, story_id)
    life.check_sees_all(story, me, await delegators_of(session, me.person_id, at=now))
    comment = await store.get_comment(session, story_id, comment_id)
    settled = comments.settle(comment, me, resolved=resolved, at=now)
    await store.save_comment(session, story_id, settled)
    return settled
