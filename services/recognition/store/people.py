"""Who takes part, who took part when, and who wants to be ranked."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.locks import alone_with
from chassis.tenancy import tenant_of
from services.recognition.domain.stays import History, Stay, Step
from services.recognition.tables import (
    EnrolmentRow,
    EnrolmentStepRow,
    RankingConsentRow,
    StayRow,
)


async def lock_stays(session: AsyncSession) -> None:
    """Be alone with who took part when: nobody joins or leaves while something is booked."""
    await alone_with(session, "stays")


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


async def add_step(
    session: AsyncSession, person_id: UUID, step: Step, event_id: UUID
) -> list[Step]:
    """Keep that a person joined or left a program; answers all their steps, in their order."""
    row = {"tenant_id": tenant_of(session), "event_id": event_id, "person_id": person_id}
    await (await session.connection()).execute(
        insert(EnrolmentStepRow).values(row | asdict(step)).on_conflict_do_nothing()
    )
    question = (
        select(EnrolmentStepRow.program_id, EnrolmentStepRow.joined, EnrolmentStepRow.at)
        .where(col(EnrolmentStepRow.person_id) == person_id)
        # What happened in one instant was heard in its order.
        .order_by(col(EnrolmentStepRow.at), col(EnrolmentStepRow.place))
    )
    return [Step(*row) for row in (await session.exec(question)).all()]


async def save_history(session: AsyncSession, person_id: UUID, history: History) -> None:
    """Keep when a person took part, and in what they do now; what was kept before is gone."""
    connection = await session.connection()
    of_person = {"tenant_id": tenant_of(session), "person_id": person_id}
    for table in (StayRow, EnrolmentRow):
        await connection.execute(delete(table).where(col(table.person_id) == person_id))
    if history.stays:
        rows = [of_person | {"stay_id": new_id(), **asdict(stay)} for stay in history.stays]
        await connection.execute(insert(StayRow).inline(), rows)
    if history.programs:
        current = [of_person | {"program_id": program_id} for program_id in history.programs]
        await connection.execute(insert(EnrolmentRow).inline(), current)


async def keep_ranking_consent(
    session: AsyncSession, person_id: UUID, *, given: bool, at: datetime
) -> None:
    """Keep whether a person wants to be ranked, unless they have said something since."""
    row = {"tenant_id": tenant_of(session), "person_id": person_id, "given": given, "as_of": at}
    kept = insert(RankingConsentRow).values(row)
    await (await session.connection()).execute(
        kept.on_conflict_do_update(
            index_elements=["tenant_id", "person_id"],
            set_={"given": given, "as_of": at},
            where=col(RankingConsentRow.as_of) <= kept.excluded.as_of,
        )
    )
