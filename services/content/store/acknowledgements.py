"""The questions about who is asked to acknowledge a guideline's version, and who has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, func, or_
from sqlalchemy.dialects.postgresql import array, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import PEOPLE, TENANTS
from chassis.tenancy import tenant_of
from services.content.tables.guidelines import AcknowledgementRow, GuidelineVersionRow


async def find_acknowledged_at(
    session: AsyncSession, guideline_id: UUID, version: int, person_id: UUID
) -> datetime | None:
    """Answer when somebody has acknowledged a version, or None."""
    key = (tenant_of(session), guideline_id, version, person_id)
    row = await session.get(AcknowledgementRow, key)
    return row.acknowledged_at if row else None


async def keep_acknowledgement(
    session: AsyncSession,
    acknowledgement_id: UUID,
    guideline_id: UUID,
    version: int,
    person_id: UUID,
    *,
    at: datetime,
) -> bool:
    """Keep that somebody has read a version; answers whether that is new."""
    row = AcknowledgementRow(
        tenant_id=tenant_of(session),
        guideline_id=guideline_id,
        version=version,
        person_id=person_id,
        acknowledgement_id=acknowledgement_id,
        acknowledged_at=at,
    )
    kept = insert(AcknowledgementRow).values(row.model_dump()).on_conflict_do_nothing()
    return (await (await session.connection()).execute(kept)).rowcount > 0


async def count_acknowledged(
    session: AsyncSession, guideline_id: UUID, version: int
) -> tuple[int, int]:
    """Answer how many people a version asks to acknowledge it, and how many of them have."""
    row = GuidelineVersionRow
    question = (
        select(func.count(), func.count(col(AcknowledgementRow.person_id)))
        .select_from(row)
        .join(PEOPLE, PEOPLE.c.tenant_id == col(row.tenant_id))
        .join(TENANTS, TENANTS.c.tenant_id == col(row.tenant_id))
        .outerjoin(AcknowledgementRow, is_acknowledged_by(PEOPLE.c.person_id))
        .where(col(row.guideline_id) == guideline_id, col(row.version) == version, is_asked())
    )
    asked, acknowledged = (await session.exec(question)).one()
    return asked, acknowledged


def is_acknowledged_by(person_id: Any) -> ColumnElement[bool]:
    """Answer the condition that joins to a version that somebody has read it."""
    row, version = AcknowledgementRow, GuidelineVersionRow
    return and_(
        col(row.tenant_id) == col(version.tenant_id),
        col(row.guideline_id) == col(version.guideline_id),
        col(row.version) == col(version.version),
        col(row.person_id) == person_id,
    )


def is_asked() -> ColumnElement[bool]:
    """Answer whether a version is for a person; the tenant's word counts where theirs is missing.

    An empty list asks for nothing; several lists must all fit, as in an advocate's feed (S1).
    """
    row = GuidelineVersionRow
    spoken = func.lower(func.coalesce(PEOPLE.c.language, TENANTS.c.language))
    listed = func.string_to_array(func.lower(func.array_to_string(col(row.languages), ",")), ",")
    # `da-DK` reads what is for `da` (RFC 4647, 3.3.1).
    understood = array([spoken, func.split_part(spoken, "-", 1)])
    country = func.coalesce(PEOPLE.c.country, TENANTS.c.country)
    return and_(
        PEOPLE.c.active,
        _open_or(row.team_ids, PEOPLE.c.team_id == any_(col(row.team_ids))),
        _open_or(row.regions, PEOPLE.c.region == any_(col(row.regions))),
        _open_or(row.countries, country == any_(col(row.countries))),
        _open_or(row.languages, listed.op("&&")(understood)),
    )


def _open_or(entries: Any, fits: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(func.cardinality(entries) == 0, fits)
