"""The rewind: what was sent is sent again, in its order, and comes to no second effect."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis import rewinding
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.outbox import SENT_KEPT
from chassis.rewinding import NothingSoOld
from chassis.settings import ServiceSettings
from tests.chassis.checker import findings, gather
from tests.chassis.running import all_counted, all_read, working
from tests.chassis.scratch_service import use_cases
from tests.patience import until

CLOCK = SystemClock()
COUNTERS, ADVANCES_EACH = 3, 5


@pytest.fixture
async def operator(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await database.connect("relay")
    yield connection
    await connection.close()


async def advance_all(database: Database, tenant_id: UUID, counters: list[UUID]) -> None:
    for _ in range(ADVANCES_EACH):
        for counter in counters:
            async with database.transaction(tenant_id) as session:
                await use_cases.advance(session, CLOCK, counter)


async def rewound(connection: asyncpg.Connection, sent_since: datetime) -> int:
    """Ask for a rewind and wait until it is done; answers how many events it was."""
    asked = await rewinding.ask(
        connection, sent_since=sent_since, reason="a test", asked_by="me", at=CLOCK.now()
    )

    async def done() -> bool:
        return (await rewinding.get(connection, asked)).done_at is not None

    await until(done)
    return (await rewinding.get(connection, asked)).unmarked or 0


async def test_what_was_sent_since_then_is_sent_again_and_counted_once(
    scratch_settings: ServiceSettings,
    database: Database,
    operator: asyncpg.Connection,
    tenant_id: UUID,
) -> None:
    total = COUNTERS * ADVANCES_EACH
    since = CLOCK.now()
    async with working(scratch_settings):
        await advance_all(database, tenant_id, [new_id() for _ in range(COUNTERS)])
        await all_counted(scratch_settings, tenant_id, at_least=total)

        unmarked = await rewound(operator, since)
        await all_counted(scratch_settings, tenant_id, at_least=total)
        await all_read(scratch_settings)

    evidence = await gather(scratch_settings, tenant_id)
    assert unmarked >= total
    assert set(Counter(one.event_id for one in evidence.in_topic).values()) == {2}
    assert findings(evidence) == []


async def test_a_rewind_in_the_midst_of_new_announcements_keeps_every_key_in_order(
    scratch_settings: ServiceSettings,
    database: Database,
    operator: asyncpg.Connection,
    tenant_id: UUID,
) -> None:
    counters, since = [new_id() for _ in range(COUNTERS)], CLOCK.now()
    async with working(scratch_settings):
        await advance_all(database, tenant_id, counters)
        await all_counted(scratch_settings, tenant_id, at_least=1)

        announcing = asyncio.create_task(advance_all(database, tenant_id, counters))
        await rewound(operator, since)
        await announcing
        await all_counted(scratch_settings, tenant_id, at_least=2 * COUNTERS * ADVANCES_EACH)
        await all_read(scratch_settings)

    assert findings(await gather(scratch_settings, tenant_id)) == []


async def test_a_rewind_that_broke_off_is_begun_anew_before_anything_is_sent(
    scratch_settings: ServiceSettings,
    database: Database,
    operator: asyncpg.Connection,
    tenant_id: UUID,
) -> None:
    since, counters = CLOCK.now(), [new_id()]
    async with working(scratch_settings):
        await advance_all(database, tenant_id, counters)
        await all_counted(scratch_settings, tenant_id, at_least=ADVANCES_EACH)
    await rewinding.ask(operator, sent_since=since, reason="a test", asked_by="me", at=CLOCK.now())
    # As a relay leaves it that was killed between two of its steps: the last one is un-marked.
    await operator.execute(
        "update outbox set sent_at = null where position ="
        " (select max(position) from outbox where tenant_id = $1)",
        tenant_id,
    )

    async with working(scratch_settings):
        await all_counted(scratch_settings, tenant_id, at_least=ADVANCES_EACH)
        await all_read(scratch_settings)

    evidence = await gather(scratch_settings, tenant_id)
    numbers = [one.number for one in evidence.in_topic]
    assert numbers == [*range(1, ADVANCES_EACH + 1)] * 2


async def test_nothing_is_promised_that_the_outbox_may_not_hold_any_more(
    operator: asyncpg.Connection,
) -> None:
    now = CLOCK.now()

    with pytest.raises(NothingSoOld, match="the last 3 days"):
        await rewinding.ask(
            operator,
            sent_since=now - SENT_KEPT - timedelta(days=1),
            reason="a test",
            asked_by="me",
            at=now,
        )
