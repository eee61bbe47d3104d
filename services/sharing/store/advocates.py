"""Questions about programs, who takes part, and consents."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from contracts.sharing import Purpose
from services.sharing.domain.consents import Consent
from services.sharing.domain.programs import (
    Enrolment,
    NotAnAdvocate,
    Program,
    ProgramNotFound,
)
from services.sharing.tables import AdvocateRow, ConsentRow, EnrolmentRow, ProgramRow


async def programs_of_the_tenant(session: AsyncSession, page: PageRequest) -> Sequence[Program]:
    """Answer the programs, newest first: one more than the page holds."""
    question = select(ProgramRow).order_by(col(ProgramRow.program_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(ProgramRow.program_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_program(row) for row in rows]


async def lock_program(session: AsyncSession, program_id: UUID) -> Program:
    """Lock a program; raises ProgramNotFound."""
    row = await session.get(ProgramRow, (tenant_of(session), program_id), with_for_update=True)
    if row is None:
        raise ProgramNotFound(f"No program {program_id}.")
    return _program(row)


async def programs_by_id(session: AsyncSession, program_ids: Sequence[UUID]) -> dict[UUID, Program]:
    """Answer programs by their ids."""
    question = select(ProgramRow).where(col(ProgramRow.program_id).in_(program_ids))
    return {row.program_id: _program(row) for row in (await session.exec(question)).all()}


async def save_program(session: AsyncSession, program: Program) -> None:
    """Save a program."""
    await session.merge(ProgramRow(tenant_id=tenant_of(session), **asdict(program)))


async def enrolments_of(session: AsyncSession, person_id: UUID) -> list[Enrolment]:
    """Answer one person's own part in programs, newest first."""
    question = (
        select(EnrolmentRow)
        .where(col(EnrolmentRow.person_id) == person_id)
        .order_by(col(EnrolmentRow.program_id).desc())
    )
    return [_enrolment(row) for row in (await session.exec(question)).all()]


async def find_enrolment(
    session: AsyncSession, program_id: UUID, person_id: UUID
) -> Enrolment | None:
    """Answer a person's part in a program, or None."""
    key = (tenant_of(session), person_id, program_id)
    row = await session.get(EnrolmentRow, key)
    return _enrolment(row) if row else None


async def save_enrolment(session: AsyncSession, enrolment: Enrolment) -> None:
    """Save a person's part in a program."""
    await session.merge(EnrolmentRow(tenant_id=tenant_of(session), **asdict(enrolment)))


async def lock_person(session: AsyncSession, person_id: UUID) -> bool:
    """Lock everything of a person, whether she ever joined or not; answers whether she has."""
    row = {"tenant_id": tenant_of(session), "person_id": person_id, "active": False}
    await (await session.connection()).execute(
        insert(AdvocateRow).values(row).on_conflict_do_nothing()
    )
    question = (
        select(AdvocateRow.active).where(col(AdvocateRow.person_id) == person_id).with_for_update()
    )
    return bool((await session.exec(question)).one())


async def lock_advocate(session: AsyncSession, person_id: UUID) -> None:
    """Lock everything of a person who takes part; raises NotAnAdvocate."""
    if not await lock_person(session, person_id):
        raise NotAnAdvocate("Join a program first: POST /v1/programs/{program_id}/join.")


async def is_advocate(session: AsyncSession, person_id: UUID) -> bool:
    """Answer whether a person takes part, and keep it so until the transaction ends."""
    question = (
        select(AdvocateRow.active)
        .where(col(AdvocateRow.person_id) == person_id)
        .with_for_update(read=True)
    )
    return bool((await session.exec(question)).first())


async def save_advocate(session: AsyncSession, person_id: UUID, *, active: bool) -> None:
    """Remember whether a person takes part."""
    await session.merge(
        AdvocateRow(tenant_id=tenant_of(session), person_id=person_id, active=active)
    )


async def consents_of(session: AsyncSession, person_id: UUID) -> list[Consent]:
    """Answer what a person has said yes to, and not taken back."""
    question = (
        select(ConsentRow)
        .where(col(ConsentRow.person_id) == person_id, col(ConsentRow.withdrawn_at).is_(None))
        .order_by(col(ConsentRow.consent_id))
    )
    return [_consent(row) for row in (await session.exec(question)).all()]


async def find_consent(
    session: AsyncSession, person_id: UUID, purpose: Purpose, network: str | None
) -> Consent | None:
    """Answer a consent that holds, or None."""
    question = select(ConsentRow).where(
        col(ConsentRow.person_id) == person_id,
        col(ConsentRow.purpose) == purpose,
        col(ConsentRow.network).is_not_distinct_from(network),
        col(ConsentRow.withdrawn_at).is_(None),
    )
    row = (await session.exec(question)).first()
    return _consent(row) if row else None


async def save_consent(session: AsyncSession, consent: Consent) -> None:
    """Save a consent."""
    await session.merge(ConsentRow(tenant_id=tenant_of(session), **asdict(consent)))


def _program(row: ProgramRow) -> Program:
    return Program(**row.model_dump(exclude={"tenant_id"}))


def _enrolment(row: EnrolmentRow) -> Enrolment:
    return Enrolment(**row.model_dump(exclude={"tenant_id"}))


def _consent(row: ConsentRow) -> Consent:
    return Consent(**row.model_dump(exclude={"tenant_id"}))
