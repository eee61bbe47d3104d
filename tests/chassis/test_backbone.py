"""From commit to effect over a real broker: nothing lost, nothing twice, every key in its order."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from chassis import inbox
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.settings import ServiceSettings
from tests.chassis.checker import Advance, Evidence, count, findings, gather
from tests.chassis.running import all_counted, all_read, working
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.contract import CounterAdvanced

WRITERS = 8
TRANSACTIONS_EACH = 40
COUNTERS = 5
CLOCK = SystemClock()
INSERT = """
    insert into outbox
        (id, tenant_id, topic, aggregatetype, aggregateid, type, payload, happened_at)
    values ($1, $2, $3, 'counter', $4, $5, $6, now())
"""


class RolledBack(Exception):
    """The transaction changes its mind."""


@pytest.fixture
async def database(scratch_settings: ServiceSettings) -> AsyncIterator[Database]:
    wide = scratch_settings.model_copy(update={"database_connections_max": WRITERS})
    opened = Database(wide, "scratch")
    yield opened
    await opened.close()


async def test_interleaved_transactions_lose_nothing_and_keep_every_key_in_order(
    scratch_settings: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    counters = [new_id() for _ in range(COUNTERS)]

    async with working(scratch_settings):
        await asyncio.gather(
            *(_write(database, tenant_id, counters, seed) for seed in range(WRITERS))
        )
        committed = (await count(scratch_settings, tenant_id)).committed
        await all_counted(scratch_settings, tenant_id, at_least=committed)
        await all_read(scratch_settings)

    evidence = await gather(scratch_settings, tenant_id)
    assert findings(evidence) == []
    assert WRITERS * TRANSACTIONS_EACH // 2 < committed < WRITERS * TRANSACTIONS_EACH


async def test_a_long_transaction_with_a_low_position_is_not_overlooked(
    scratch_settings: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    slow, quick = new_id(), new_id()
    connection = await database.connect()
    held = connection.transaction()
    await held.start()
    await connection.execute(INSERT, new_id(), tenant_id, *_row(slow))

    async with working(scratch_settings):
        await _advance(database, tenant_id, quick)
        await all_counted(scratch_settings, tenant_id, at_least=1)
        await held.commit()
        await all_counted(scratch_settings, tenant_id, at_least=2)

    await connection.close()
    evidence = await gather(scratch_settings, tenant_id)
    assert findings(evidence) == []
    assert [one.counter_id for one in evidence.committed] == [str(slow), str(quick)]


async def test_a_transaction_that_begins_first_and_waits_for_the_lock_is_announced_second(
    scratch_settings: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    counter = new_id()
    claimed, locked = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.transaction(tenant_id) as session:
            # Its transaction id is taken here, before the other's.
            await inbox.claim(session, "somebody", [new_id()])
            claimed.set()
            await locked.wait()
            await use_cases.advance(session, CLOCK, counter, "began first")

    async def second() -> None:
        await claimed.wait()
        async with database.transaction(tenant_id) as session:
            await use_cases.advance(session, CLOCK, counter, "began second")
            locked.set()

    async with working(scratch_settings):
        await asyncio.gather(first(), second())
        await all_counted(scratch_settings, tenant_id, at_least=2)

    assert findings(await gather(scratch_settings, tenant_id)) == []


async def test_a_rebalance_in_the_middle_doubles_no_effect(
    scratch_settings: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    counters = [new_id() for _ in range(COUNTERS)]

    async with working(scratch_settings):
        async with working(scratch_settings):
            writing = asyncio.create_task(_write(database, tenant_id, counters, 1))
            await all_counted(scratch_settings, tenant_id, at_least=1)
        await writing
        committed = (await count(scratch_settings, tenant_id)).committed
        await all_counted(scratch_settings, tenant_id, at_least=committed)
        await all_read(scratch_settings)

    assert findings(await gather(scratch_settings, tenant_id)) == []


async def _write(database: Database, tenant_id: UUID, counters: Sequence[UUID], seed: int) -> None:
    chances = random.Random(seed)
    for _ in range(TRANSACTIONS_EACH):
        try:
            await _advance_somehow(database, tenant_id, chances.choice(counters), chances)
        except RolledBack:
            continue


async def _advance_somehow(
    database: Database, tenant_id: UUID, counter: UUID, chances: random.Random
) -> None:
    async with database.transaction(tenant_id) as session:
        if chances.random() < 0.5:
            await inbox.claim(session, "somebody", [new_id()])
        # Somebody thinks, with or without the lock: that is what makes the orders differ.
        await asyncio.sleep(chances.random() * 0.01)
        await use_cases.advance(session, CLOCK, counter)
        await asyncio.sleep(chances.random() * 0.005)
        if chances.random() < 0.1:
            raise RolledBack


async def _advance(database: Database, tenant_id: UUID, counter: UUID) -> None:
    async with database.transaction(tenant_id) as session:
        await use_cases.advance(session, CLOCK, counter)


def _row(counter: UUID) -> tuple[object, ...]:
    event = CounterAdvanced(counter_id=counter, number=1)
    return event.topic.name, counter, event.type, event.model_dump_json()


ONE, TWO = Advance("e1", "c", 1), Advance("e2", "c", 2)
ALL_IS_WELL = Evidence([ONE, TWO], 0, [ONE, TWO, ONE], [("c", 1), ("c", 2)], {"c": 2})


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (replace(ALL_IS_WELL, unsent=1), "not marked"),
        (replace(ALL_IS_WELL, in_topic=[ONE]), "lost: e2"),
        (replace(ALL_IS_WELL, in_topic=[ONE, TWO, Advance("e3", "c", 3)]), "never committed: e3"),
        (replace(ALL_IS_WELL, in_topic=[TWO, ONE]), "in the topic, c of 2: [2, 1]"),
        (replace(ALL_IS_WELL, seen=[("c", 2), ("c", 1)]), "seen, c of 2: [2, 1]"),
        (replace(ALL_IS_WELL, seen=[("c", 1), ("c", 2), ("c", 2)]), "seen, c of 2: [1, 2, 2]"),
        (replace(ALL_IS_WELL, tallies={"c": 3}), "tally of c: 3 of 2"),
        (replace(ALL_IS_WELL, tallies={"c": 2, "d": 1}), "tally of d: 1 of 0"),
    ],
)
def test_the_checker_finds_what_is_wrong(evidence: Evidence, word: str) -> None:
    assert findings(ALL_IS_WELL) == []
    assert any(word in one for one in findings(evidence)), findings(evidence)
