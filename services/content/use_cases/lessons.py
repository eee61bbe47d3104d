"""What can be done to lessons by who writes them: load, decide, save; nobody hears of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person
from chassis.preconditions import IfMatch
from services.content.domain import lessons
from services.content.domain.lessons import Lesson, LessonLine, LessonState
from services.content.store import lessons as store

ALL_LANGUAGES = "*"


async def write_lesson(session: AsyncSession, clock: Clock, fields: dict[str, Any]) -> Lesson:
    """Begin a lesson."""
    lesson = lessons.write(new_id(), lessons.compose(fields), at=clock.now())
    await store.save_lesson(session, lesson)
    return lesson


async def read_lesson(session: AsyncSession, me: Person, lesson_id: UUID) -> Lesson:
    """Read a lesson as far as the reader may see it."""
    return lessons.seen_by(await store.get_lesson(session, lesson_id), me)


async def list_lessons(
    session: AsyncSession,
    me: Person,
    page: PageRequest,
    *,
    language: str | None,
    topic: str | None,
    completed: bool | None,
    state: LessonState | None,
) -> Sequence[LessonLine]:
    """List the lessons for somebody, in their language unless they ask for another."""
    if language is None:
        language = ALL_LANGUAGES if lessons.edits(me) else me.language or ALL_LANGUAGES
    return await store.lessons_seen_by(
        session,
        me,
        page,
        language=None if language == ALL_LANGUAGES else language.split("-")[0],
        topic=topic,
        completed=completed,
        state=state,
    )


async def edit_lesson(
    session: AsyncSession, lesson_id: UUID, changes: dict[str, Any], expected: IfMatch
) -> Lesson:
    """Change what the working version says."""
    lesson = await store.lock_lesson(session, lesson_id)
    edited = lessons.edit(lesson, changes)
    expected.check(lesson)
    await store.save_lesson(session, edited)
    return edited


async def publish_lesson(session: AsyncSession, clock: Clock, lesson_id: UUID) -> Lesson:
    """Let the working version be read; a second time changes nothing."""
    now = clock.now()
    lesson = await store.lock_lesson(session, lesson_id)
    published = lessons.publish(lesson, at=now)
    await store.save_lesson(session, published)
    return published


async def retire_lesson(session: AsyncSession, lesson_id: UUID) -> Lesson:
    """Take a lesson away; a second time changes nothing."""
    lesson = await store.lock_lesson(session, lesson_id)
    retired = lessons.retire(lesson)
    await store.save_lesson(session, retired)
    return retired
