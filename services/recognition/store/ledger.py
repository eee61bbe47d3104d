"""The ledger, and the totals that always agree with it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Date, Uuid, bindparam, insert, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest, instant_of
from chassis.tenancy import tenant_of
from services.recognition.domain.ledger import Booking, Entry, Tally, TallyKey, month_of
from services.recognition.domain.rules import Trigger
from services.recognition.tables import BalanceRow, LedgerRow, MonthTotalRow, TallyRow

# Sorted, so that two workers who book for the same people wait for each other in one order.
_OPEN_BALANCES = text(
    """
    insert into balances (tenant_id, person_id, points)
    select :tenant_id, person_id, 0 from unnest(:person_ids) as person_id order by person_id
    on conflict do nothing
    """
).bindparams(bindparam("tenant_id", type_=Uuid), bindparam("person_ids", type_=ARRAY(Uuid)))

_TALLIES = text(
    """
    select t.person_id, t.rule_id, t.day, t.subject_id, t.units, t.earned, t.awarded
    from unnest(:person_ids, :rule_ids, :days) as wanted (person_id, rule_id, day)
    join tallies t using (person_id, rule_id, day)
    """
).bindparams(
    bindparam("person_ids", type_=ARRAY(Uuid)),
    bindparam("rule_ids", type_=ARRAY(Uuid)),
    bindparam("days", type_=ARRAY(Date)),
)

_BOOKED = text(
    """
    select l.rule_id, l.cause_id
    from unnest(:rule_ids, :cause_ids) as asked (rule_id, cause_id)
    join ledger l using (rule_id, cause_id)
    """
).bindparams(bindparam("rule_ids", type_=ARRAY(Uuid)), bindparam("cause_ids", type_=ARRAY(Uuid)))

_ADD_TO_BALANCES = text(
    """
    update balances b set points = b.points + added.points
    from unnest(:person_ids, :points) as added (person_id, points)
    where b.person_id = added.person_id
    """
).bindparams(
    bindparam("person_ids", type_=ARRAY(Uuid)), bindparam("points", type_=ARRAY(BigInteger))
)

_ADD_TO_MONTHS = text(
    """
    insert into month_totals as m (tenant_id, month, person_id, points)
    select :tenant_id, month, person_id, points
    from unnest(:months, :person_ids, :points) as added (month, person_id, points)
    on conflict (tenant_id, month, person_id) do update set points = m.points + excluded.points
    """
).bindparams(
    bindparam("tenant_id", type_=Uuid),
    bindparam("months", type_=ARRAY(Date)),
    bindparam("person_ids", type_=ARRAY(Uuid)),
    bindparam("points", type_=ARRAY(BigInteger)),
)


async def lock_balances(session: AsyncSession, person_ids: Collection[UUID]) -> None:
    """Lock everything that is booked for these people, in one order."""
    connection = await session.connection()
    await connection.execute(
        _OPEN_BALANCES, {"tenant_id": tenant_of(session), "person_ids": list(person_ids)}
    )
    await session.exec(
        select(BalanceRow.person_id)
        .where(col(BalanceRow.person_id).in_(person_ids))
        .order_by(col(BalanceRow.person_id))
        .with_for_update()
    )


async def tallies_beside(
    session: AsyncSession, keys: Collection[TallyKey]
) -> dict[TallyKey, Tally]:
    """Answer all tallies of the people, rules and days of `keys`: a day's cap spans subjects."""
    wanted = sorted({key[:3] for key in keys})
    found = await (await session.connection()).execute(
        _TALLIES,
        {
            "person_ids": [one[0] for one in wanted],
            "rule_ids": [one[1] for one in wanted],
            "days": [one[2] for one in wanted],
        },
    )
    return {TallyKey(*row[:4]): Tally(*row[4:]) for row in found}


async def booked_among(
    session: AsyncSession, causes: Sequence[tuple[UUID, UUID]]
) -> set[tuple[UUID, UUID]]:
    """Answer which of these (rule, cause) pairs have an entry already."""
    found = await (await session.connection()).execute(
        _BOOKED,
        {"rule_ids": [rule for rule, _ in causes], "cause_ids": [cause for _, cause in causes]},
    )
    return {(row.rule_id, row.cause_id) for row in found}


async def save_booking(session: AsyncSession, booking: Booking) -> None:
    """Write entries, tallies, balances and months; the people's balances must be locked."""
    await _save_tallies(session, booking.tallies)
    if not booking.entries:
        return
    connection = await session.connection()
    tenant_id = tenant_of(session)
    await connection.execute(
        insert(LedgerRow).inline(),
        [{"tenant_id": tenant_id, **asdict(entry)} for entry in booking.entries],
    )
    in_all: Counter[UUID] = Counter()
    by_month: Counter[tuple[date, UUID]] = Counter()
    for entry in booking.entries:
        in_all[entry.person_id] += entry.points
        by_month[month_of(entry.day), entry.person_id] += entry.points
    await connection.execute(
        _ADD_TO_BALANCES, {"person_ids": list(in_all), "points": list(in_all.values())}
    )
    await connection.execute(
        _ADD_TO_MONTHS,
        {
            "tenant_id": tenant_id,
            "months": [month for month, _ in by_month],
            "person_ids": [person_id for _, person_id in by_month],
            "points": list(by_month.values()),
        },
    )


async def balance_of(session: AsyncSession, person_id: UUID) -> int:
    """Answer a person's points in all; who never earned has 0."""
    row = await session.get(BalanceRow, (tenant_of(session), person_id))
    return row.points if row else 0


async def month_total_of(session: AsyncSession, person_id: UUID, month: date) -> int:
    """Answer a person's points of one month."""
    row = await session.get(MonthTotalRow, (tenant_of(session), month, person_id))
    return row.points if row else 0


async def entries_of(
    session: AsyncSession,
    person_id: UUID,
    page: PageRequest,
    *,
    trigger: Trigger | None,
    begins: datetime | None,
    ends: datetime | None,
) -> list[Entry]:
    """Answer a person's entries, newest first: one more than the page holds.

    `begins` is included and `ends` is not.
    """
    place = tuple_(col(LedgerRow.happened_at), col(LedgerRow.entry_id))
    question = select(LedgerRow).where(col(LedgerRow.person_id) == person_id)
    if (after := _read_after(page)) is not None:
        question = question.where(place < after)
    if trigger is not None:
        question = question.where(col(LedgerRow.trigger) == trigger)
    if begins is not None:
        question = question.where(col(LedgerRow.happened_at) >= begins)
    if ends is not None:
        question = question.where(col(LedgerRow.happened_at) < ends)
    question = question.order_by(
        col(LedgerRow.happened_at).desc(), col(LedgerRow.entry_id).desc()
    ).limit(page.limit + 1)
    return [_entry(row) for row in (await session.exec(question)).all()]


async def entries_since(session: AsyncSession, person_id: UUID, at: datetime) -> list[Entry]:
    """Answer a person's entries for what happened from an instant on."""
    question = select(LedgerRow).where(
        col(LedgerRow.person_id) == person_id, col(LedgerRow.happened_at) >= at
    )
    return [_entry(row) for row in (await session.exec(question)).all()]


async def _save_tallies(session: AsyncSession, tallies: Mapping[TallyKey, Tally]) -> None:
    if not tallies:
        return
    statement: Any = upsert(TallyRow)
    changed = {name: statement.excluded[name] for name in ("units", "earned", "awarded")}
    key = ["tenant_id", "person_id", "rule_id", "day", "subject_id"]
    rows = [
        {"tenant_id": tenant_of(session), **of._asdict(), **asdict(tally)}
        for of, tally in tallies.items()
    ]
    await (await session.connection()).execute(
        statement.on_conflict_do_update(index_elements=key, set_=changed), rows
    )


def _read_after(page: PageRequest) -> tuple[datetime, UUID] | None:
    if page.after is None:
        return None
    try:
        at, entry_id = page.after
        return instant_of(at), UUID(entry_id)
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error


def _entry(row: LedgerRow) -> Entry:
    fields = row.model_dump(exclude={"tenant_id", "trigger"})
    return Entry(**fields, trigger=cast("Trigger", row.trigger))
