"""Cursors, housekeeping and the waker: small promises that much rests on."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.housekeeping import SEEN_KEPT, Housekeeper
from chassis.ids import new_id
from chassis.outbox import PAYLOAD_BYTES_MAX, SENT_KEPT, Waker
from chassis.paging import CursorUnreadable, PageRequest, decode, encode, page_of
from chassis.schemas import storable
from chassis.settings import ServiceSettings
from chassis.waiting import end_if_told, wait_up_to
from contracts.topics import RETENTION
from tests.chassis.checker import as_owner
from tests.chassis.scratch_service import use_cases
from tests.patience import PATIENCE_S, until
from tests.world import World

TEXTS = st.text().filter(storable)


@pytest.fixture
async def database(scratch_world: World) -> AsyncIterator[Database]:
    opened = Database(scratch_world.settings, "scratch")
    yield opened
    await opened.close()


@given(st.lists(TEXTS))
def test_a_cursor_remembers_what_it_was_given(remembered: list[str]) -> None:
    assert decode(encode(*remembered)) == tuple(remembered)


@given(
    st.one_of(
        st.text(),
        st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode()),
    )
)
def test_an_invented_cursor_is_refused_or_harmless(cursor: str) -> None:
    try:
        remembered = decode(cursor)
    except CursorUnreadable:
        return

    assert all(isinstance(one, str) and storable(one) for one in remembered)


@pytest.mark.parametrize("remembered", [(), ("not an id",), ("",), ("1",)])
def test_a_cursor_of_another_list_is_refused(remembered: tuple[str, ...]) -> None:
    page = PageRequest(limit=10, after=remembered)

    with pytest.raises(CursorUnreadable):
        page.after_id()


def test_the_last_page_has_no_next() -> None:
    rows = list(range(5))

    more, last = page_of(rows, 4, lambda row: [row]), page_of(rows, 5, lambda row: [row])

    assert (more.items, decode(more.next_cursor or "")) == ([0, 1, 2, 3], ("3",))
    assert (last.items, last.next_cursor) == (rows, None)


async def test_an_announcement_is_measured_in_bytes(database: Database) -> None:
    words = "å" * (PAYLOAD_BYTES_MAX // 2)

    async def announce() -> None:
        async with database.transaction(new_id()) as session:
            await use_cases.advance(session, SystemClock(), new_id(), words)

    with pytest.raises(ValueError, match="bytes"):
        await announce()


async def test_many_commits_wake_the_relay_once() -> None:
    woken: list[int] = []
    asleep, awake = asyncio.Event(), asyncio.Event()

    async def notify() -> None:
        woken.append(1)
        asleep.set()
        await awake.wait()

    waker = Waker(notify)
    running = asyncio.create_task(waker.run())
    waker.wake()
    await asleep.wait()
    for _ in range(100):
        waker.wake()
    awake.set()

    async def twice() -> bool:
        return len(woken) >= 2

    await until(twice)
    running.cancel()
    await asyncio.wait([running])
    assert len(woken) == 2


@pytest.fixture
async def owner(scratch_world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await as_owner(scratch_world.settings)
    yield connection
    await connection.close()


async def test_old_rows_are_swept_and_what_is_still_needed_stays(
    scratch_world: World, database: Database, owner: asyncpg.Connection
) -> None:
    tenant_id, consumer, now = new_id(), f"swept-{new_id().hex}", SystemClock().now()
    hour = timedelta(hours=1)
    for number, sent_at in enumerate((now - SENT_KEPT - hour, now - SENT_KEPT + hour, None)):
        await owner.execute(
            "insert into outbox (id, tenant_id, topic, aggregatetype, aggregateid, type, payload,"
            " happened_at, created_at, sent_at)"
            " values ($1, $2, 'swept', 'x', $1, $3, '{}', $4, $4, $5)",
            new_id(),
            tenant_id,
            str(number),
            now - 10 * SENT_KEPT,
            sent_at,
        )
    for seen_at in (now - SEEN_KEPT - hour, now - SEEN_KEPT + hour):
        await owner.execute("insert into inbox values ($1, $2, $3)", consumer, new_id(), seen_at)

    await Housekeeper(database, SystemClock()).sweep()

    kept = await owner.fetch("select type from outbox where tenant_id = $1 order by 1", tenant_id)
    seen = await owner.fetchval("select count(*) from inbox where consumer = $1", consumer)
    await owner.execute("delete from outbox where tenant_id = $1", tenant_id)
    assert ([row["type"] for row in kept], seen) == (["1", "2"], 1)


def test_an_inbox_remembers_longer_than_any_topic() -> None:
    # A closed segment outlives its newest record by the retention, and may be as long itself.
    assert SEEN_KEPT > 2 * RETENTION


async def test_of_two_housekeepers_one_is_at_it(
    scratch_settings: ServiceSettings, database: Database, owner: asyncpg.Connection
) -> None:
    consumer, long_ago = f"swept-{new_id().hex}", SystemClock().now() - 2 * SEEN_KEPT
    busy = await database.connect("relay")
    await busy.fetchval("select pg_advisory_lock(hashtext('fortaler.housekeeping'))")
    await owner.execute("insert into inbox values ($1, $2, $3)", consumer, new_id(), long_ago)
    housekeeper = Housekeeper(database, SystemClock())

    await housekeeper.sweep()
    left = await owner.fetchval("select count(*) from inbox where consumer = $1", consumer)
    await busy.close()
    await housekeeper.sweep()

    assert left == 1
    assert not await owner.fetchval("select count(*) from inbox where consumer = $1", consumer)


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_is_told_to_end_at_the_moment_of_what_it_waits_for_ends(turns: int) -> None:
    happened = asyncio.Event()
    waiting = asyncio.create_task(_wait_again_and_again(happened))
    await asyncio.sleep(0)
    happened.set()
    # How many turns of the loop lie between the two is chance, so each number is tried.
    for _ in range(turns):
        await asyncio.sleep(0)
    waiting.cancel()

    ended, _ = await asyncio.wait([waiting], timeout=1)

    assert ended
    assert waiting.cancelled()


async def _wait_again_and_again(happened: asyncio.Event) -> None:
    while True:
        await wait_up_to(PATIENCE_S, happened)
        happened.clear()


async def test_whoever_was_told_to_end_ends_though_a_library_has_swallowed_it() -> None:
    ended = asyncio.create_task(_try_again_and_again())
    await asyncio.sleep(0)

    ended.cancel()
    await asyncio.wait([ended], timeout=1)

    assert ended.cancelled()


async def _try_again_and_again() -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        end_if_told()
