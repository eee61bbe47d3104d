"""The questions about lessons."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest
from chassis.tenancy import tenant_of
from services.content.domain import lessons
from services.content.domain.lessons import (
    Lesson,
    LessonLine,
    LessonNotFound,
    LessonState,
    LessonVersion,
)
from services.content.domain.stories import Actor
from services.content.tables.lessons import LessonProgressRow, LessonRow, LessonVersionRow

_POSITION_MAX = 2**31 - 1


async def get_lesson(session: AsyncSession, lesson_id: UUID) -> Lesson:
    """Read a lesson; raises LessonNotFound."""
    return await _lesson(session, lesson_id, lock=False)


async def lock_lesson(session: AsyncSession, lesson_id: UUID) -> Lesson:
    """Lock a lesson; raises LessonNotFound."""
    return await _lesson(session, lesson_id, lock=True)


async def save_lesson(session: AsyncSession, lesson: Lesson) -> None:
    """Save a lesson and its working version; older versions stay as they were."""
    tenant_id = tenant_of(session)
    await session.merge(
        LessonRow(
            tenant_id=tenant_id,
            lesson_id=lesson.lesson_id,
            state=lesson.state,
            version=lesson.working.version,
            live_version=lesson.live.version if lesson.live else None,
            created_at=lesson.created_at,
            published_at=lesson.published_at,
        )
    )
    # A version refers to its lesson, so a new lesson is written first.
    await session.flush()
    fields = asdict(lesson.working.content)
    fields["roles"] = list(fields["roles"])
    # As JSON holds it, so that what has not changed is seen not to have.
    fields["questions"] = [
        {**one, "options": list(one["options"]), "right": list(one["right"])}
        for one in fields["questions"]
    ]
    await session.merge(
        LessonVersionRow(
            tenant_id=tenant_id,
            lesson_id=lesson.lesson_id,
            version=lesson.working.version,
            **fields,
        )
    )


async def lessons_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    language: str | None,
    topic: str | None,
    completed: bool | None,
    state: LessonState | None,
) -> Sequence[LessonLine]:
    """Answer the lessons that somebody may see, in the order of a course: one more than a page.

    Of each the version that `seen_by` shows of a single one. `language` is a primary subtag.
    """
    lesson, version, progress = LessonRow, LessonVersionRow, LessonProgressRow
    question = _lines(_shown_version(actor), actor.person_id)
    if not lessons.edits(actor):
        question = question.where(col(lesson.state) == "published", _is_for(actor))
    if (after := _after(page)) is not None:
        place = tuple_(col(version.topic), col(version.position), col(lesson.lesson_id))
        question = question.where(place > tuple_(*(literal(one) for one in after)))
    if state is not None:
        question = question.where(col(lesson.state) == state)
    if language is not None:
        question = question.where(func.split_part(col(version.language), "-", 1) == language)
    if topic is not None:
        question = question.where(col(version.topic) == topic)
    if completed is not None:
        missing = col(progress.completed_at).is_(None)
        question = question.where(~missing if completed else missing)
    rows = await (await session.connection()).execute(question.limit(page.limit + 1))
    return [LessonLine(**{**row, "roles": tuple(row["roles"])}) for row in rows.mappings()]


def remember(line: LessonLine) -> Sequence[object]:
    """Answer what a cursor needs to know of the last line of a page."""
    return [line.topic, line.position, line.lesson_id]


def _shown_version(actor: Actor) -> Any:
    return LessonRow.version if lessons.edits(actor) else LessonRow.live_version


def _is_for(actor: Actor) -> Any:
    roles: Any = col(LessonVersionRow.roles)
    return or_(func.cardinality(roles) == 0, roles.overlap(sorted(actor.roles)))


def _lines(shown_version: Any, person_id: UUID) -> Any:
    lesson, version, progress = LessonRow, LessonVersionRow, LessonProgressRow
    is_shown = and_(
        col(version.tenant_id) == col(lesson.tenant_id),
        col(version.lesson_id) == col(lesson.lesson_id),
        col(version.version) == shown_version,
    )
    is_theirs = and_(
        col(progress.tenant_id) == col(lesson.tenant_id),
        col(progress.lesson_id) == col(lesson.lesson_id),
        col(progress.person_id) == person_id,
    )
    return (
        # SQLModel's own select is typed for four columns at most.
        select(  # type: ignore[call-overload]
            col(lesson.lesson_id),
            col(lesson.state),
            col(version.version),
            col(lesson.live_version),
            col(version.title),
            col(version.language),
            col(version.topic),
            col(version.position),
            col(version.minutes),
            col(version.roles),
            func.jsonb_array_length(col(version.questions)).label("questions"),
            col(progress.completed_at),
        )
        .join(version, is_shown)
        .outerjoin(progress, is_theirs)
        .order_by(col(version.topic), col(version.position), col(lesson.lesson_id))
    )


def _after(page: PageRequest) -> tuple[str, int, UUID] | None:
    if page.after is None:
        return None
    try:
        topic, position, lesson_id = page.after
        after = topic, int(position), UUID(lesson_id)
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    if not 0 <= after[1] <= _POSITION_MAX:
        raise CursorUnreadable("This cursor belongs to another list.")
    return after


async def _lesson(session: AsyncSession, lesson_id: UUID, *, lock: bool) -> Lesson:
    row = await session.get(
        LessonRow, (tenant_of(session), lesson_id), with_for_update=lock or None
    )
    if row is None:
        raise LessonNotFound(f"No lesson {lesson_id}.")
    # The versions are read after the lock is held: they are then those that the row names.
    question = select(LessonVersionRow).where(
        col(LessonVersionRow.lesson_id) == lesson_id,
        col(LessonVersionRow.version).in_({row.version, row.live_version or row.version}),
    )
    versions = {one.version: _version(one) for one in (await session.exec(question)).all()}
    return Lesson(
        lesson_id=lesson_id,
        state=row.state,  # type: ignore[arg-type]
        working=versions[row.version],
        live=versions[row.live_version] if row.live_version is not None else None,
        created_at=row.created_at,
        published_at=row.published_at,
    )


def _version(row: LessonVersionRow) -> LessonVersion:
    return LessonVersion(row.version, lessons.compose(row.model_dump()))
