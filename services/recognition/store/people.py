"""Who takes part, and who wants to be ranked."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.recognition.tables import EnrolmentRow, RankingConsentRow


async def earners_among(session: AsyncSession, person_ids: Collection[UUID]) -> set[UUID]:
    """Answer those who may earn: they joined a program, and are active in the directory (V1)."""
    question = (
        select(EnrolmentRow.person_id)
        .join(PEOPLE, PEOPLE.c.person_id == EnrolmentRow.person_id)
        .where(col(EnrolmentRow.person_id).in_(person_ids), PEOPLE.c.active)
    )
    return set((await session.exec(question)).all())


async def takes_part(session: AsyncSession, person_id: UUID) -> bool:
    """Answer whether a person is in any program."""
    question = select(EnrolmentRow.person_id).where(col(EnrolmentRow.person_id) == person_id)
    return (await session.exec(question.limit(1))).first() is not None


async def add_enrolment(session: AsyncSession, person_id: UUID, program_id: UUID) -> None:
    """Keep that a person joined a program."""
    row = {"tenant_id": tenant_of(session), "person_id": person_id, "program_id": program_id}
    await (await session.connection()).execute(
        insert(EnrolmentRow).values(row).on_conflict_do_nothing()
    )


async def remove_enrolment(session: AsyncSession, person_id: UUID, program_id: UUID) -> None:
    """Keep nothing of a person's having been in a program."""
    await (await session.connection()).execute(
        delete(EnrolmentRow).where(
            col(EnrolmentRow.person_id) == person_id, col(EnrolmentRow.program_id) == program_id
        )
    )


async def add_ranking_consent(session: AsyncSession, person_id: UUID) -> None:
    """Keep that a person wants to be ranked."""
    row = {"tenant_id": tenant_of(session), "person_id": person_id}
    await (await session.connection()).execute(
        insert(RankingConsentRow).values(row).on_conflict_do_nothing()
    )


async def remove_ranking_consent(session: AsyncSession, person_id: UUID) -> None:
    """Let a person off the boards."""
    await (await session.connection()).execute(
        delete(RankingConsentRow).where(col(RankingConsentRow.person_id) == person_id)
    )
