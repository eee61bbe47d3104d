"""The questions about which stories show which pictures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, delete, func, or_
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.permissions import Use, uses_of
from services.content.domain.pictures import Attention
from services.content.domain.stories import OVERSEERS, Actor, Story
from services.content.tables.brand import BrandAssetRow
from services.content.tables.media import MediaRow, StoryMediaRow
from services.content.tables.stories import StoryRow, StoryVersionRow


async def note_pictures(session: AsyncSession, story: Story) -> None:
    """Note which pictures a story shows now, while it is locked."""
    working = {one.media_id for one in story.working.content.media}
    live = {one.media_id for one in story.live.content.media} if story.live else set()
    if story.state == "withdrawn":
        # Nobody sees it any more, and nothing about it needs to be mended.
        working = set()
    of_story = col(StoryMediaRow.story_id) == story.story_id
    await session.exec(delete(StoryMediaRow).where(of_story))
    session.add_all(
        StoryMediaRow(
            tenant_id=tenant_of(session),
            media_id=media_id,
            story_id=story.story_id,
            working=media_id in working,
            live=media_id in live,
        )
        for media_id in sorted(working | live)
    )


async def withdrawn_among(session: AsyncSession, media_ids: Collection[UUID]) -> frozenset[UUID]:
    """Answer which of these pictures were withdrawn."""
    if not media_ids:
        return frozenset()
    question = select(MediaRow.media_id).where(
        col(MediaRow.media_id).in_(media_ids), col(MediaRow.state) == "withdrawn"
    )
    return frozenset((await session.exec(question)).all())


async def is_shown_to_all(session: AsyncSession, media_id: UUID) -> bool:
    """Answer whether a live story or the brand kit shows a picture.

    Whoever has locked it keeps the answer until the end: what begins to show it locks it as well.
    """
    of_picture = select(StoryMediaRow).where(col(StoryMediaRow.media_id) == media_id)
    live = of_picture.where(col(StoryMediaRow.live))
    named = col(BrandAssetRow.logo)["media_id"].astext
    logo = select(BrandAssetRow).where(named == str(media_id))
    return (await session.exec(select(or_(live.exists(), logo.exists())))).one()


async def uses_in_live_stories(
    session: AsyncSession, media_id: UUID, *, at: datetime
) -> frozenset[Use]:
    """Answer what the stories that are live do with a picture: for what, and on which networks."""
    shown, story, version = StoryMediaRow, StoryRow, StoryVersionRow
    networks = func.jsonb_path_query_array(col(version.variants), cast("$[*].network", JSONPATH))
    question = (
        select(col(version.kind), networks)
        .select_from(shown)
        .join(story, _same(story.story_id, shown.story_id, story))
        .join(
            version,
            and_(
                _same(version.story_id, shown.story_id, version),
                col(version.version) == col(story.live_version),
            ),
        )
        .where(
            col(shown.media_id) == media_id,
            col(shown.live),
            or_(col(story.live_until).is_(None), col(story.live_until) > at),
        )
        .distinct()
    )
    found = (await session.exec(question)).all()
    return frozenset(use for kind, named in found for use in uses_of(kind, named))


async def stories_needing_attention(
    session: AsyncSession, actor: Actor, page: PageRequest, *, media_id: UUID | None
) -> Sequence[Attention]:
    """Answer stories that show a withdrawn picture, to their authors and to whoever oversees.

    Newest first: one more than the page holds. What the author has mended is not there any more.
    """
    story, version = StoryRow, StoryVersionRow
    seen = col(story.author_id) == actor.person_id
    if actor.roles & OVERSEERS:
        seen = or_(seen, col(story.submitted))
    question = (
        select(StoryMediaRow, StoryRow, StoryVersionRow.title, MediaRow)
        .join(MediaRow, _same(MediaRow.media_id, StoryMediaRow.media_id, MediaRow))
        .join(StoryRow, _same(StoryRow.story_id, StoryMediaRow.story_id, StoryRow))
        .join(
            version,
            and_(
                _same(version.story_id, story.story_id, version),
                col(version.version) == col(story.version),
            ),
        )
        .where(col(MediaRow.state) == "withdrawn", seen)
        .order_by(col(story.story_id).desc(), col(StoryMediaRow.media_id))
    )
    if media_id is not None:
        question = question.where(col(StoryMediaRow.media_id) == media_id)
    if page.after is not None:
        question = question.where(_behind(page.after))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [
        Attention(
            story_id=row.story_id,
            title=title,
            state=story.state,
            media_id=row.media_id,
            working=row.working,
            live=row.live,
            since=media.withdrawn_at or media.created_at,
        )
        for row, story, title, media in rows
    ]


def _same(
    one: Any, other: Any, table: type[MediaRow | StoryRow | StoryVersionRow]
) -> ColumnElement[bool]:
    return and_(col(table.tenant_id) == col(StoryMediaRow.tenant_id), one == other)


def _behind(after: tuple[str, ...]) -> ColumnElement[bool]:
    try:
        story_id, media_id = (UUID(one) for one in after)
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    return or_(
        col(StoryRow.story_id) < story_id,
        and_(col(StoryRow.story_id) == story_id, col(StoryMediaRow.media_id) > media_id),
    )
