"""What people do with lessons: they answer, and complete them.

A lesson is locked meanwhile, so that of two tries of one person at once each counts, and a
completion is announced once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.people import Person
from contracts.content import LessonCompleted
from services.content.domain import learning, lessons
from services.content.domain.learning import Answered, CompletionCount, Progress
from services.content.store import learning as store
from services.content.store.lessons import get_lesson, lock_lesson


async def answer_lesson(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    lesson_id: UUID,
    answers: Sequence[Sequence[int]],
    *,
    version: int,
) -> Answered:
    """Check somebody's answers; all right is completed."""
    now = clock.now()
    lesson = lessons.taken_by(await lock_lesson(session, lesson_id), me)
    before = await store.progress_of(session, lesson_id, me.person_id)
    answered = learning.answer(lesson, before, answers, version=version, at=now)
    await _save(session, before, answered.progress, now)
    return answered


async def complete_lesson(
    session: AsyncSession, clock: Clock, me: Person, lesson_id: UUID, *, version: int
) -> Progress:
    """Complete a lesson without questions; a second time changes and announces nothing."""
    now = clock.now()
    lesson = lessons.taken_by(await lock_lesson(session, lesson_id), me)
    before = await store.progress_of(session, lesson_id, me.person_id)
    completed = learning.complete(lesson, before, version=version, at=now)
    await _save(session, before, completed, now)
    return completed


async def count_completions(session: AsyncSession, lesson_id: UUID) -> CompletionCount:
    """Answer how many have completed a lesson, if there are enough of them."""
    lesson = await get_lesson(session, lesson_id)
    return learning.count(lesson_id, await store.count_completions(session, lesson.lesson_id))


async def _save(session: AsyncSession, before: Progress, after: Progress, at: datetime) -> None:
    await store.save_progress(session, after)
    if learning.is_news(before, after) and after.completed_version is not None:
        announced = LessonCompleted(
            lesson_id=after.lesson_id,
            version=after.completed_version,
            person_id=after.person_id,
        )
        outbox.add(session, announced, at=at)
