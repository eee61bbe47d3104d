"""What was read too early: it waits until its person is heard to have joined, or is swept."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.housekeeping import SEEN_KEPT
from chassis.tenancy import tenant_of
from services.recognition.domain.ledger import Happening
from services.recognition.tables import EarlyHappeningRow

_FACTS = [getattr(EarlyHappeningRow, field.name) for field in fields(Happening)]


async def keep(session: AsyncSession, happenings: Sequence[Happening]) -> None:
    """Keep happenings in their order, and sweep what nobody can be heard to have joined before."""
    if not happenings:
        return
    connection = await session.connection()
    await connection.execute(
        insert(EarlyHappeningRow).inline().on_conflict_do_nothing(),
        [{"tenant_id": tenant_of(session), **asdict(one)} for one in happenings],
    )
    # No older news of joining can be read: whatever waited for it so long will never count.
    await connection.execute(
        delete(EarlyHappeningRow).where(col(EarlyHappeningRow.kept_at) < func.now() - SEEN_KEPT)
    )


async def take(session: AsyncSession, person_id: UUID) -> list[Happening]:
    """Take out what waits for a person, in the order in which it came."""
    taken = await (await session.connection()).execute(
        delete(EarlyHappeningRow)
        .where(col(EarlyHappeningRow.person_id) == person_id)
        .returning(col(EarlyHappeningRow.place), *_FACTS)
    )
    return [Happening(*facts) for _, *facts in sorted(taken, key=lambda row: row.place)]
