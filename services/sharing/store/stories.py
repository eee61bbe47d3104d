"""Questions about stories: which are live, and for whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, tuple_
from sqlalchemy import Text as SqlText
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import CursorUnreadable, PageRequest, instant_of
from chassis.tenancy import tenant_of
from contracts.content import Audience, Picture, Variant
from services.sharing.domain.stories import Reader, Story, StoryNotFound
from services.sharing.tables import StoryRow, WithdrawalRow, WithdrawnMediaRow


async def feed_of(
    session: AsyncSession,
    reader: Reader,
    page: PageRequest,
    *,
    topic: str | None,
    network: str | None,
    q: str | None,
    at: datetime,
) -> Sequence[Story]:
    """Answer the live stories that fit a reader, newest first: one more than the page holds."""
    question = (
        select(StoryRow)
        .where(_live(at), _fits(reader))
        .order_by(col(StoryRow.live_from).desc(), col(StoryRow.story_id).desc())
    )
    if page.after is not None:
        key = tuple_(col(StoryRow.live_from), col(StoryRow.story_id))
        question = question.where(key < tuple_(*_after(page.after)))
    if topic is not None:
        question = question.where(col(StoryRow.topics).contains([topic]))
    if network is not None:
        question = question.where(col(StoryRow.networks).contains([network]))
    if q is not None:
        question = question.where(
            or_(
                col(StoryRow.title).icontains(q, autoescape=True),
                col(StoryRow.body).icontains(q, autoescape=True),
            )
        )
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_story(row) for row in rows]


async def hold_story_for(session: AsyncSession, story_id: UUID, reader: Reader) -> Story:
    """Answer a story that is for a reader, unchanged until the end; raises StoryNotFound."""
    question = (
        select(StoryRow)
        .where(col(StoryRow.story_id) == story_id, _fits(reader))
        .with_for_update(read=True)
    )
    row = (await session.exec(question)).first()
    if row is None:
        raise StoryNotFound(f"No story {story_id}.")
    return _story(row)


async def find_held_story(session: AsyncSession, story_id: UUID) -> Story | None:
    """Answer a story, unchanged until the end of the transaction, or None."""
    question = select(StoryRow).where(col(StoryRow.story_id) == story_id).with_for_update(read=True)
    row = (await session.exec(question)).first()
    return _story(row) if row else None


async def find_story_alone(session: AsyncSession, story_id: UUID) -> Story | None:
    """Answer a story that we have heard of, locked, or None; then nobody else learns of it now."""
    story = await _find_locked_story(session, story_id)
    if story is None:
        await alone_with(session, f"story/{story_id}")
        # Asked once more: whoever had the lock before may have learned of it.
        story = await _find_locked_story(session, story_id)
    return story


async def _find_locked_story(session: AsyncSession, story_id: UUID) -> Story | None:
    question = (
        select(StoryRow)
        .where(col(StoryRow.story_id) == story_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.exec(question)).first()
    return _story(row) if row else None


async def save_story(session: AsyncSession, story: Story, audience: Audience) -> None:
    """Save our copy of a story."""
    await session.merge(
        StoryRow(
            tenant_id=tenant_of(session),
            **{name: getattr(story, name) for name in _PLAIN},
            topics=list(story.topics),
            variants=[variant.model_dump() for variant in story.variants],
            media=[picture.model_dump(mode="json") for picture in story.media],
            networks=sorted({variant.network for variant in story.variants}),
            team_ids=audience.team_ids,
            regions=audience.regions,
            countries=[country.upper() for country in audience.countries],
            languages=[language.lower() for language in audience.languages],
        )
    )


async def keep_withdrawal(session: AsyncSession, story_id: UUID, *, at: datetime) -> None:
    """Remember that a story which we have not heard of must not be shared."""
    row = {"tenant_id": tenant_of(session), "story_id": story_id, "withdrawn_at": at}
    await (await session.connection()).execute(
        insert(WithdrawalRow).values(row).on_conflict_do_nothing()
    )


async def find_withdrawal(session: AsyncSession, story_id: UUID) -> datetime | None:
    """Answer when a story was withdrawn before we heard of it, or None."""
    row = await session.get(WithdrawalRow, (tenant_of(session), story_id))
    return row.withdrawn_at if row else None


async def mark_withdrawn(session: AsyncSession, story_id: UUID, *, at: datetime) -> None:
    """Remember that a story must not be shared any more."""
    row = await session.get(StoryRow, (tenant_of(session), story_id))
    assert row is not None
    row.withdrawn_at = at
    session.add(row)


async def keep_withdrawn_media(session: AsyncSession, media_id: UUID, *, at: datetime) -> None:
    """Remember that a picture must not be shown any more."""
    row = {"tenant_id": tenant_of(session), "media_id": media_id, "withdrawn_at": at}
    await (await session.connection()).execute(
        insert(WithdrawnMediaRow).values(row).on_conflict_do_nothing()
    )


async def withdrawn_among(session: AsyncSession, stories: Sequence[Story]) -> set[UUID]:
    """Answer which pictures of some stories were withdrawn."""
    shown = {picture.media_id for story in stories for picture in story.media}
    if not shown:
        return set()
    question = select(WithdrawnMediaRow.media_id).where(col(WithdrawnMediaRow.media_id).in_(shown))
    return set((await session.exec(question)).all())


_PLAIN = (
    "story_id",
    "version",
    "author_id",
    "campaign_id",
    "title",
    "body",
    "link",
    "language",
    "embargo_until",
    "expires_at",
    "published_at",
    "live_from",
    "withdrawn_at",
)


def _story(row: StoryRow) -> Story:
    return Story(
        **{name: getattr(row, name) for name in _PLAIN},
        topics=tuple(row.topics),
        variants=tuple(Variant(**variant) for variant in row.variants),
        media=tuple(Picture(**picture) for picture in row.media),
    )


def _live(at: datetime) -> ColumnElement[bool]:
    return and_(
        col(StoryRow.withdrawn_at).is_(None),
        col(StoryRow.live_from) <= at,
        or_(col(StoryRow.expires_at).is_(None), col(StoryRow.expires_at) > at),
    )


def _fits(reader: Reader) -> ColumnElement[bool]:
    """An empty list asks for nothing; several lists must all fit (S1)."""
    return and_(
        _one_of(col(StoryRow.team_ids), [reader.team_id] if reader.team_id else [], SqlUuid()),
        _one_of(col(StoryRow.regions), [reader.region] if reader.region else [], SqlText()),
        _one_of(col(StoryRow.countries), [reader.country.upper()], SqlText()),
        _one_of(col(StoryRow.languages), reader.languages, SqlText()),
    )


def _one_of(asked: Any, have: list[Any], kind: Any) -> ColumnElement[bool]:
    return or_(func.cardinality(asked) == 0, asked.overlap(literal(have, ARRAY(kind))))


def _after(remembered: tuple[str, ...]) -> tuple[Any, Any]:
    try:
        live_from, story_id = remembered
        return literal(instant_of(live_from)), literal(UUID(story_id))
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
