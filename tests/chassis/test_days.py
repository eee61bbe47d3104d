"""The outbox by days: made ahead, dropped when old, and never with something unsent in it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.housekeeping import Housekeeper
from chassis.ids import new_id
from chassis.outbox import PARTITIONS_AHEAD_DAYS
from chassis.settings import ServiceSettings
from tests.chassis.checker import as_owner
from tests.chassis.scratch_service import use_cases
from tests.world import World

CLOCK = SystemClock()
INSERT = """
    insert into outbox (id, tenant_id, topic, aggregatetype, aggregateid, type, payload,
                        happened_at, created_at, sent_at)
    values ($1, $2, 'days', 'x', $1, $3, '{}', $4, $4, $5)
"""


@pytest.fixture
async def database(scratch_world: World) -> AsyncIterator[Database]:
    opened = Database(scratch_world.settings, "scratch")
    yield opened
    await opened.close()


@pytest.fixture
async def owner(scratch_world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await as_owner(scratch_world.settings)
    yield connection
    await connection.close()


@pytest.fixture
async def tenant_id(owner: asyncpg.Connection) -> AsyncIterator[UUID]:
    tenant_id = new_id()
    yield tenant_id
    await owner.execute("delete from outbox where tenant_id = $1", tenant_id)


def today() -> date:
    return CLOCK.now().astimezone(UTC).date()


def name_of(day: date) -> str:
    return f"outbox_{day:%Y%m%d}"


def noon_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def days_in(owner: asyncpg.Connection) -> set[str]:
    rows = await owner.fetch(
        "select inhrelid::regclass::text as name from pg_inherits"
        " where inhparent = 'outbox'::regclass"
    )
    return {row["name"] for row in rows}


async def make_day(owner: asyncpg.Connection, day: date) -> None:
    await owner.execute(
        f"create table {name_of(day)} partition of outbox"
        f" for values from ('{day}T00:00Z') to ('{day + timedelta(days=1)}T00:00Z')"
    )


async def types_left(owner: asyncpg.Connection, tenant_id: UUID) -> list[str]:
    rows = await owner.fetch(
        "select type from outbox where tenant_id = $1 order by type", tenant_id
    )
    return [row["type"] for row in rows]


async def test_days_are_there_a_week_ahead_and_an_announcement_lies_in_its_own(
    database: Database, owner: asyncpg.Connection, tenant_id: UUID
) -> None:
    began = today()
    await Housekeeper(database, CLOCK).sweep()
    async with database.transaction(tenant_id) as session:
        await use_cases.advance(session, CLOCK, new_id())

    ahead = {name_of(began + timedelta(days=days)) for days in range(PARTITIONS_AHEAD_DAYS + 1)}
    assert ahead <= await days_in(owner)
    lies_in = await owner.fetchval(
        "select tableoid::regclass::text from outbox where tenant_id = $1", tenant_id
    )
    assert lies_in in {name_of(began), name_of(began + timedelta(days=1))}


async def test_an_old_day_is_dropped_whole_unless_something_in_it_waits_or_went_out_lately(
    database: Database, owner: asyncpg.Connection, tenant_id: UUID
) -> None:
    gone, stuck, late = date(2020, 2, 1), date(2020, 2, 2), date(2020, 2, 3)
    for day in (gone, stuck, late):
        await make_day(owner, day)
        await owner.execute(INSERT, new_id(), tenant_id, "sent", noon_of(day), noon_of(day))
    await owner.execute(INSERT, new_id(), tenant_id, "unsent", noon_of(stuck), None)
    await owner.execute(INSERT, new_id(), tenant_id, "sent lately", noon_of(late), CLOCK.now())

    await Housekeeper(database, CLOCK).sweep()

    days, left = await days_in(owner), await types_left(owner, tenant_id)
    await owner.execute(f"drop table {name_of(stuck)}, {name_of(late)}")
    assert {gone, stuck, late} - {day for day in (gone, stuck, late) if name_of(day) in days} == {
        gone
    }
    assert left == ["sent lately", "unsent"]


async def test_a_day_that_was_not_made_is_caught_and_swept_all_the_same(
    database: Database, owner: asyncpg.Connection, tenant_id: UUID
) -> None:
    long_ago = date(2020, 3, 1)
    await owner.execute(INSERT, new_id(), tenant_id, "sent", noon_of(long_ago), noon_of(long_ago))
    await owner.execute(INSERT, new_id(), tenant_id, "unsent", noon_of(long_ago), None)

    await Housekeeper(database, CLOCK).sweep()

    assert await types_left(owner, tenant_id) == ["unsent"]


async def test_a_day_of_which_rows_were_caught_is_not_made_and_the_others_are(
    database: Database, owner: asyncpg.Connection, tenant_id: UUID
) -> None:
    caught, free = (today() + timedelta(days=PARTITIONS_AHEAD_DAYS + days) for days in (1, 2))
    await owner.execute(INSERT, new_id(), tenant_id, "early", noon_of(caught), None)
    relay = await database.connect("relay")

    await relay.fetchval("select make_outbox_partitions($1)", PARTITIONS_AHEAD_DAYS + 2)

    days = await days_in(owner)
    await relay.close()
    await owner.execute(f"drop table {name_of(free)}")
    assert (name_of(caught) in days, name_of(free) in days) == (False, True)


async def test_whoever_is_no_relay_can_neither_make_nor_drop_days(
    scratch_world: World, database: Database
) -> None:
    app = await database.connect()

    for statement in ("make_outbox_partitions(1)", "drop_outbox_partitions(current_date)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(f"select {statement}")
    await app.close()


async def test_the_front_is_found_and_marked_by_an_index_however_many_rows_were_sent(
    scratch_settings: ServiceSettings, database: Database, owner: asyncpg.Connection
) -> None:
    tenant_id, full = new_id(), name_of(today())
    await owner.execute(
        "insert into outbox (id, tenant_id, topic, aggregatetype, aggregateid, type, payload,"
        " happened_at, sent_at) select gen_random_uuid(), $1, 'plan', 'x', $1, 'x', '{}', now(),"
        " now() from generate_series(1, 20000)",
        tenant_id,
    )
    await owner.execute("analyze outbox")
    relay = await database.connect("relay")

    found = await relay.fetch(
        "explain select position, id from outbox where sent_at is null order by position limit 2000"
    )
    marked = await relay.fetch(
        "explain update outbox set sent_at = now() where sent_at is null and"
        " position = any(array(select generate_series(1, 2000)))"
        " and created_at between now() - interval '1 minute' and now()"
    )

    await relay.close()
    await owner.execute("delete from outbox where tenant_id = $1", tenant_id)
    for plan in (found, marked):
        lines = "\n".join(row[0] for row in plan)
        # Of the day in which they lie; midnight may have come meanwhile, and a day without rows.
        assert f"Seq Scan on {full}" not in lines, lines
        assert "Index" in lines


async def test_every_day_has_room_for_its_marks(
    scratch_world: World, database: Database, owner: asyncpg.Connection
) -> None:
    last = name_of(today() + timedelta(days=PARTITIONS_AHEAD_DAYS))
    await owner.execute(f"drop table if exists {last}")
    relay = await database.connect("relay")

    await relay.execute("select make_outbox_partitions($1)", PARTITIONS_AHEAD_DAYS)

    await relay.close()
    for day in (name_of(today()), last, "outbox_default"):
        options = await owner.fetchval("select reloptions from pg_class where relname = $1", day)
        assert options == ["fillfactor=50"], day


async def test_a_rewind_looks_at_each_block_once(
    database: Database, scratch_settings: ServiceSettings
) -> None:
    relay = await database.connect("relay")
    # A day of a few blocks is as well read whole.
    await relay.execute("set enable_seqscan = off")

    plan = await relay.fetch(
        "explain update outbox set sent_at = null"
        " where ctid >= '(0,0)'::tid and ctid < '(1000,0)'::tid and sent_at >= now()"
    )

    await relay.close()
    assert f"Tid Range Scan on {name_of(today())}" in "\n".join(row[0] for row in plan)
