"""Who takes part, who took part when, and who wants to be ranked."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from services.recognition.domain.stays import Stay
from services.recognition.tables import EnrolmentRow, RankingConsentRow, StayRow


async def lock_stays(session: AsyncSession) -> None:
    """Be alone with who took part when: nobody joins or leaves while something is booked."""
    name = f"stays/{tenant_of(session)}"
    question = select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))
    await (await session.connection()).execute(question)


async def stays_of(
    session: AsyncSession, person_ids: Collection[UUID]
) -> defaultdict[UUID, list[Stay]]:
    """Answer when people took part, each person's stays in their order; nothing where unknown."""
    question = (
        select(StayRow.person_id, StayRow.joined_at, StayRow.left_at)
        .where(col(StayRow.person_id).in_(person_ids))
        .order_by(col(StayRow.joined_at).nulls_first())
    )
    found: defaultdict[UUID, list[Stay]] = defaultdict(list)
    for person_id, joined_at, left_at in (await session.exec(question)).all():
        found[person_id].append(Stay(joined_at, left_at))
    return found


async def begin_stay(
    session: AsyncSession, person_id: UUID, stay_id: UUID, *, at: datetime
) -> None:
    """Keep that a person takes part from now on, who did not."""
    row = {
        "tenant_id": tenant_of(session),
        "person_id": person_id,
        "stay_id": stay_id,
        "joined_at": at,
        "left_at": None,
    }
    await (await session.connection()).execute(insert(StayRow).values(row).on_conflict_do_nothing())


async def end_stay(session: AsyncSession, person_id: UUID, stay_id: UUID, *, at: datetime) -> None:
    """Keep that a person takes part no more; if nothing is known of them, they did before."""
    connection = await session.connection()
    ended = await connection.execute(
        update(StayRow)
        .where(col(StayRow.person_id) == person_id, col(StayRow.left_at).is_(None))
        .values(left_at=at)
    )
    if ended.rowcount or (await stays_of(session, [person_id]))[person_id]:
        return
    row = {
        "tenant_id": tenant_of(session),
        "person_id": person_id,
        "stay_id": stay_id,
        "joined_at": None,
        "left_at": at,
    }
    await connection.execute(insert(StayRow).values(row).on_conflict_do_nothing())


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
