"""Counting in plain SQL, a batch at a time, and what was heard too early to be counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    String,
    TextClause,
    Uuid,
    bindparam,
    delete,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.housekeeping import SEEN_KEPT
from chassis.locks import alone_with
from chassis.tenancy import tenant_of
from services.metrics.domain.counting import Count, DayKey, Engagement, WindowKey
from services.metrics.tables import EarlyEngagementRow


def _arrays(sql: str, **types: Any) -> TextClause:
    return text(sql).bindparams(
        *(bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items())
    )


_KEEP_EARLY = _arrays(
    """
    insert into early_engagements
        (tenant_id, event_id, share_id, kind, source, happened_at, suspected_robot)
    select :tenant_id, early.* from unnest(
        :event_id, :share_id, :kind, :source, :happened_at, :suspected_robot
    ) as early
    on conflict do nothing
    """,
    event_id=Uuid,
    share_id=Uuid,
    kind=String,
    source=String,
    happened_at=DateTime(timezone=True),
    suspected_robot=Boolean,
)

_TAKE_EARLY = text(
    """
    delete from early_engagements as early using shares
    where shares.tenant_id = early.tenant_id and shares.share_id = early.share_id
    and (cast(:share_id as uuid) is null or early.share_id = cast(:share_id as uuid))
    returning early.event_id, early.share_id, early.kind, early.source, early.happened_at,
        early.suspected_robot
    """
)

# Rows are locked in the order of their keys, so that two workers never wait for each other.
_COUNT_WINDOWS = _arrays(
    """
    insert into share_windows as known
        (tenant_id, share_id, kind, window_start, counted, robots, revision)
    select :tenant_id, share_id, kind, window_start, counted, robots, (counted <> 0)::int
    from unnest(:share_id, :kind, :window_start, :counted, :robots)
        as news (share_id, kind, window_start, counted, robots)
    order by share_id, kind, window_start
    on conflict (tenant_id, share_id, kind, window_start) do update set
        counted = known.counted + excluded.counted,
        robots = known.robots + excluded.robots,
        revision = known.revision + excluded.revision
    returning share_id, kind, window_start, counted, revision
    """,
    share_id=Uuid,
    kind=String,
    window_start=DateTime(timezone=True),
    counted=BigInteger,
    robots=BigInteger,
)

_COUNT_DAYS = _arrays(
    """
    insert into daily_rollups as known
        (tenant_id, subject_kind, subject_id, day, kind, source, counted, robots, updated_at)
    select :tenant_id, news.*, :updated_at
    from unnest(:subject_kind, :subject_id, :day, :kind, :source, :counted, :robots)
        as news (subject_kind, subject_id, day, kind, source, counted, robots)
    order by subject_kind, subject_id, day, kind, source
    on conflict (tenant_id, subject_kind, subject_id, day, kind, source) do update set
        counted = known.counted + excluded.counted,
        robots = known.robots + excluded.robots,
        updated_at = greatest(known.updated_at, excluded.updated_at)
    """,
    subject_kind=String,
    subject_id=Uuid,
    day=Date,
    kind=String,
    source=String,
    counted=BigInteger,
    robots=BigInteger,
).bindparams(bindparam("updated_at", type_=DateTime(timezone=True)))


async def lock_early(session: AsyncSession) -> None:
    """Be alone with the tenant's early engagements: nobody adds any while a share arrives."""
    await alone_with(session, "early")


async def keep_early(session: AsyncSession, engagements: Sequence[Engagement]) -> None:
    """Keep engagements whose share or tenant is not known yet, and sweep what none will claim."""
    if not engagements:
        return
    fields = ("event_id", "share_id", "kind", "source", "happened_at", "suspected_robot")
    columns = {name: [getattr(one, name) for one in engagements] for name in fields}
    await (await session.connection()).execute(
        _KEEP_EARLY, {"tenant_id": tenant_of(session), **columns}
    )
    # No older news of a share can be read: whatever waited for it so long will never count.
    await (await session.connection()).execute(
        delete(EarlyEngagementRow).where(col(EarlyEngagementRow.kept_at) < func.now() - SEEN_KEPT)
    )


async def take_early(session: AsyncSession, share_id: UUID | None) -> list[Engagement]:
    """Take out the early engagements of a share, or of all shares, that is known now."""
    taken = await (await session.connection()).execute(_TAKE_EARLY, {"share_id": share_id})
    return [Engagement(*row) for row in taken]


async def count_windows(
    session: AsyncSession, tally: Mapping[WindowKey, Count]
) -> dict[WindowKey, tuple[int, int]]:
    """Add a tally up; answers the new total and revision per window, whose rows stay locked."""
    keys = list(tally)
    counted = await (await session.connection()).execute(
        _COUNT_WINDOWS,
        {
            "tenant_id": tenant_of(session),
            "share_id": [key[0] for key in keys],
            "kind": [key[1] for key in keys],
            "window_start": [key[2] for key in keys],
            **_numbers(tally),
        },
    )
    return {
        (row.share_id, row.kind, row.window_start): (row.counted, row.revision) for row in counted
    }


async def count_days(session: AsyncSession, tally: Mapping[DayKey, Count], *, at: datetime) -> None:
    """Add a tally up, day by day and source by source."""
    names = ("subject_kind", "subject_id", "day", "kind", "source")
    columns = {name: [key[place] for key in tally] for place, name in enumerate(names)}
    await (await session.connection()).execute(
        _COUNT_DAYS,
        {"tenant_id": tenant_of(session), "updated_at": at, **columns, **_numbers(tally)},
    )


def _numbers(tally: Mapping[Any, Count]) -> dict[str, list[int]]:
    return {
        "counted": [count.counted for count in tally.values()],
        "robots": [count.robots for count in tally.values()],
    }
