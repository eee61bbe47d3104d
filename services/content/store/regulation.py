"""The questions about whether a tenant is regulated, and how long its records are kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import func
from sqlalchemy import select as select_of
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.tenancy import tenant_of
from services.content.domain.regulation import Regulation
from services.content.tables.approval import RegulationRow

_REGULATION = TypeAdapter(Regulation)


async def regulation_of_the_tenant(session: AsyncSession) -> Regulation:
    """Answer what holds now, or what holds before anybody says anything."""
    question = select(RegulationRow).order_by(col(RegulationRow.version).desc()).limit(1)
    row = (await session.exec(question)).first()
    return _regulation(row) if row else Regulation()


async def lock_regulation(session: AsyncSession) -> Regulation:
    """Answer what holds now; nobody else changes it before this transaction is over."""
    # Before the first change there is no row that could be locked.
    await alone_with(session, "regulation")
    return await regulation_of_the_tenant(session)


async def hold_regulation(session: AsyncSession) -> Regulation:
    """Answer what holds now, and until the end; others may hold it meanwhile."""
    await alone_with(session, "regulation", shared=True)
    return await regulation_of_the_tenant(session)


async def changes_of_regulation(session: AsyncSession) -> Sequence[Regulation]:
    """Answer all versions that there were, newest first."""
    question = select(RegulationRow).order_by(col(RegulationRow.version).desc()).limit(CHANGES_MAX)
    return [_regulation(row) for row in (await session.exec(question)).all()]


async def add_regulation(session: AsyncSession, regulation: Regulation) -> None:
    """Keep another version for good."""
    fields = _REGULATION.dump_python(regulation)
    fields["principals"] = _REGULATION.dump_python(regulation, mode="json")["principals"]
    session.add(RegulationRow(tenant_id=tenant_of(session), **fields))


async def retained_until(session: AsyncSession, story_id: UUID) -> datetime | None:
    """Answer until when a story's records are kept by law; the database refuses to lose them."""
    question = select_of(func.retained_until(tenant_of(session), story_id))
    until: datetime | None = (await (await session.connection()).execute(question)).scalar()
    return until


def _regulation(row: RegulationRow) -> Regulation:
    return _REGULATION.validate_python(row.model_dump(exclude={"tenant_id"}))


CHANGES_MAX = 100
"""Whoever changes it more often is not regulated, but playing."""
