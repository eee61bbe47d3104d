"""What can be told of a story, campaign, share or person."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, bindparam, func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.engagement import EngagementKind
from services.metrics.domain.counting import SubjectKind
from services.metrics.domain.figures import Period, Reported, Sharing
from services.metrics.tables import ShareRow

_REPORTED = text(
    """
    select kind, source, max(updated_at) as updated_at,
        coalesce(sum(counted) filter (where day between :first and :last), 0)::bigint as counted,
        coalesce(sum(robots) filter (where day between :first and :last), 0)::bigint as robots
    from daily_rollups
    where subject_kind = :subject_kind and subject_id = :subject_id
    group by kind, source
    """
).bindparams(bindparam("first", type_=Date), bindparam("last", type_=Date))

_BY_DAY = text(
    """
    select day, kind, sum(counted)::bigint as counted
    from daily_rollups
    where subject_kind = :subject_kind and subject_id = :subject_id
    and day between :first and :last
    group by day, kind
    """
).bindparams(bindparam("first", type_=Date), bindparam("last", type_=Date))


async def reported_of(
    session: AsyncSession, kind: SubjectKind, subject_id: UUID, days: Period
) -> list[Reported]:
    """Answer what each source ever reported, summed over the days asked for."""
    rows = await (await session.connection()).execute(
        _REPORTED,
        {
            "subject_kind": kind,
            "subject_id": subject_id,
            "first": days.asked_first or date.min,
            "last": days.asked_last or date.max,
        },
    )
    return [Reported(**row) for row in rows.mappings()]


async def counted_by_day(
    session: AsyncSession, kind: SubjectKind, subject_id: UUID, days: Period
) -> dict[tuple[date, EngagementKind], int]:
    """Answer how often, for each day and kind of a period that has any."""
    rows = await (await session.connection()).execute(
        _BY_DAY,
        {
            "subject_kind": kind,
            "subject_id": subject_id,
            "first": days.first,
            "last": days.last,
        },
    )
    return {(row.day, row.kind): row.counted for row in rows}


async def sharing_of(session: AsyncSession, kind: SubjectKind, subject_id: UUID) -> Sharing:
    """Answer how many people shared a subject, and how often."""
    column = {
        "share": ShareRow.share_id,
        "story": ShareRow.story_id,
        "campaign": ShareRow.campaign_id,
        "person": ShareRow.person_id,
    }[kind]
    question = select(
        func.count(col(ShareRow.person_id).distinct()).filter(col(ShareRow.published)),
        func.count().filter(col(ShareRow.published)),
        func.count(col(ShareRow.code)),
    ).where(col(column) == subject_id)
    return Sharing(*(await (await session.connection()).execute(question)).one())
