"""The questions about how far people are with lessons."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import and_, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.learning import Completion, Progress
from services.content.tables.lessons import LessonProgressRow, LessonVersionRow


async def progress_of(session: AsyncSession, lesson_id: UUID, person_id: UUID) -> Progress:
    """Answer how far somebody is with a lesson; ask while the lesson is locked."""
    row = await session.get(LessonProgressRow, (tenant_of(session), lesson_id, person_id))
    return (
        Progress(lesson_id, person_id)
        if row is None
        else Progress(**row.model_dump(exclude={"tenant_id"}))
    )


async def save_progress(session: AsyncSession, progress: Progress) -> None:
    """Save how far somebody is."""
    await session.merge(LessonProgressRow(tenant_id=tenant_of(session), **asdict(progress)))


async def completions_of_person(
    session: AsyncSession, person_id: UUID, page: PageRequest
) -> Sequence[Completion]:
    """Answer what somebody has completed, newest lesson first: one more than the page holds."""
    progress, version = LessonProgressRow, LessonVersionRow
    is_completed = and_(
        col(version.tenant_id) == col(progress.tenant_id),
        col(version.lesson_id) == col(progress.lesson_id),
        col(version.version) == col(progress.completed_version),
    )
    question = (
        select(progress, version)
        .join(version, is_completed)
        .where(col(progress.person_id) == person_id)
        .order_by(col(progress.lesson_id).desc())
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(progress.lesson_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [
        Completion(
            lesson_id=done.lesson_id,
            version=said.version,
            title=said.title,
            topic=said.topic,
            language=said.language,
            completed_at=done.completed_at,
        )
        for done, said in rows
        if done.completed_at is not None
    ]


async def count_completions(session: AsyncSession, lesson_id: UUID) -> int:
    """Answer how many people have completed a lesson, in whatever version."""
    question = (
        select(func.count())
        .select_from(LessonProgressRow)
        .where(
            col(LessonProgressRow.lesson_id) == lesson_id,
            col(LessonProgressRow.completed_at).is_not(None),
        )
    )
    return (await session.exec(question)).one()
