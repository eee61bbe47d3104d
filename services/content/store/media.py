"""The questions about pictures."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, func, or_, update
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.media import (
    OVERSEERS,
    Media,
    MediaNotFound,
    MediaState,
    Origin,
    OriginKind,
    next_step,
)
from services.content.domain.stories import Actor
from services.content.store.concerned import in_stories_of, showing, waiting_for
from services.content.tables.media import MediaRow, PermissionRow


async def get_media(session: AsyncSession, media_id: UUID) -> Media:
    """Read a picture; raises MediaNotFound."""
    return _found(await session.get(MediaRow, (tenant_of(session), media_id)), media_id)


async def lock_media(session: AsyncSession, media_id: UUID) -> Media:
    """Lock a picture; raises MediaNotFound."""
    key = (tenant_of(session), media_id)
    return _found(await session.get(MediaRow, key, with_for_update=True), media_id)


async def find_free_media(session: AsyncSession, media_id: UUID) -> Media | None:
    """Lock a picture, or answer None if it is gone or somebody else is at it."""
    row = await session.get(
        MediaRow, (tenant_of(session), media_id), with_for_update={"skip_locked": True}
    )
    return _media(row) if row else None


async def media_named(
    session: AsyncSession, media_ids: Sequence[UUID], *, hold: bool = True
) -> dict[UUID, Media]:
    """Answer those pictures that there are; held, they stay as they are until the end."""
    question = (
        select(MediaRow)
        .where(col(MediaRow.media_id).in_(media_ids))
        .order_by(col(MediaRow.media_id))
    )
    if hold:
        question = question.with_for_update(read=True)
    return {row.media_id: _media(row) for row in (await session.exec(question)).all()}


async def lock_media_showing(
    session: AsyncSession, person_id: UUID, *, known_as_gone: bool
) -> Sequence[UUID]:
    """Lock the pictures that show somebody who is known to have left, or not; answers their ids.

    In the order of ids: two who lock several at once would else wait for each other.
    """
    left_at = col(PermissionRow.left_at)
    shown = select(PermissionRow.media_id).where(
        col(PermissionRow.person_id) == person_id,
        col(PermissionRow.withdrawn_at).is_(None),
        left_at.is_not(None) if known_as_gone else left_at.is_(None),
    )
    locked = (
        select(MediaRow.media_id)
        .where(col(MediaRow.media_id).in_(shown))
        .order_by(col(MediaRow.media_id))
        .with_for_update()
    )
    return (await session.exec(locked)).all()


async def put_into_library(session: AsyncSession, media_ids: Sequence[UUID]) -> None:
    """Let everybody in the tenant see pictures that are shown to them now.

    Those of the library are locked too: somebody may be taking one out of it at this moment.
    """
    named = col(MediaRow.media_id).in_(media_ids)
    locked = select(MediaRow.media_id).where(named).order_by(col(MediaRow.media_id))
    await session.exec(locked.with_for_update(key_share=True))
    statement = update(MediaRow).where(named, col(MediaRow.in_library).is_(False))
    await session.exec(statement.values(in_library=True))


async def media_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    at: datetime,
    state: MediaState | None,
    origin: OriginKind | None,
    uploaded_by: UUID | None,
    shows_me: bool,
    needs_review: bool,
    words: str | None,
) -> Sequence[Media]:
    """Answer the pictures that somebody may see, newest first: one more than the page holds.

    Only a tenant's own rows are looked through for words, of which there are 20,000 at the most.
    """
    media = MediaRow
    own = col(media.uploaded_by) == actor.person_id
    shown = col(media.media_id).in_(showing(actor))
    to_decide = col(media.media_id).in_(await waiting_for(session, actor, at=at))
    in_own = col(media.media_id).in_(in_stories_of(actor))
    arrived = col(media.state) != "awaiting_upload"
    for_all = and_(col(media.state) == "ready", col(media.in_library))
    seen = or_(own, for_all, and_(arrived, or_(shown, in_own, to_decide)))
    if actor.roles & OVERSEERS:
        seen = or_(own, arrived)
    asked = (
        (seen, True),
        (col(media.state) == state, state is not None),
        (col(media.origin)["kind"].astext == origin, origin is not None),
        (col(media.uploaded_by) == uploaded_by, uploaded_by is not None),
        (_says(words or ""), words is not None),
        (shown, shows_me),
        (col(media.review_since).is_not(None), needs_review),
    )
    question = select(MediaRow).where(*(condition for condition, is_asked in asked if is_asked))
    question = question.order_by(col(media.media_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(media.media_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_media(row) for row in rows]


async def lock_room(session: AsyncSession) -> None:
    """Let nobody else of the tenant begin a picture until the end: they are counted."""
    await alone_with(session, "media")


async def room_taken(session: AsyncSession, person_id: UUID) -> tuple[int, int, int]:
    """Answer how many pictures a tenant has, their bytes, and how many a person has begun."""
    begun = and_(col(MediaRow.uploaded_by) == person_id, col(MediaRow.state) == "awaiting_upload")
    question = select(
        func.count(),
        func.coalesce(func.sum(MediaRow.bytes), 0),
        func.count().filter(begun),
    ).where(col(MediaRow.state) != "withdrawn")
    count, total, awaiting = (await session.exec(question)).one()
    return count, int(total), awaiting


async def save_media(
    session: AsyncSession, media: Media, *, ask_at: datetime | None = None
) -> None:
    """Save a picture, when to ask whether it may be shown, and when to see to its bytes next."""
    step = next_step(media)
    row = MediaRow(
        tenant_id=tenant_of(session),
        ask_at=ask_at,
        sweep_at=step[1] if step else None,
        **asdict(media),
    )
    await session.merge(row)


async def ask_next(session: AsyncSession, media_id: UUID, *, at: datetime | None) -> None:
    """Note when it has to be asked next whether a picture may still be shown."""
    statement = update(MediaRow).where(col(MediaRow.media_id) == media_id)
    await session.exec(statement.values(ask_at=at))


async def put_off(session: AsyncSession, media_id: UUID, *, until: datetime) -> None:
    """Let what is due to a picture's bytes be due later."""
    statement = update(MediaRow).where(col(MediaRow.media_id) == media_id)
    await session.exec(statement.values(sweep_at=until))


async def forget_media(session: AsyncSession, media_id: UUID) -> None:
    """Forget a picture that never arrived."""
    row = await session.get(MediaRow, (tenant_of(session), media_id))
    if row is not None:
        await session.delete(row)


async def ask_for_review(session: AsyncSession, media_ids: Sequence[UUID], *, at: datetime) -> None:
    """Have somebody look at pictures, which are locked, whose shown person has left."""
    wanted = (
        col(MediaRow.media_id).in_(media_ids),
        col(MediaRow.state) != "withdrawn",
        col(MediaRow.review_since).is_(None),
    )
    await session.exec(update(MediaRow).where(*wanted).values(review_since=at))


def _says(words: str) -> ColumnElement[bool]:
    # The texts alone, and not the JSON around them, with its languages and escaped signs.
    texts = func.jsonb_path_query_array(col(MediaRow.alt_texts), cast("$.*", JSONPATH))
    text = func.jsonb_array_elements_text(texts).table_valued("value")
    in_a_text = select(text.c.value).where(text.c.value.icontains(words, autoescape=True)).exists()
    return or_(col(MediaRow.filename).icontains(words, autoescape=True), in_a_text)


def _found(row: MediaRow | None, media_id: UUID) -> Media:
    if row is None:
        raise MediaNotFound(f"No media {media_id}.")
    return _media(row)


def _media(row: MediaRow) -> Media:
    fields = row.model_dump(exclude={"tenant_id", "ask_at", "sweep_at"})
    return Media(**{**fields, "origin": Origin(**fields["origin"])})
