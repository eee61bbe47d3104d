"""kill -9 at the worst moments: sent again, counted once, every key in its order."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError

from chassis.clock import SystemClock
from chassis.database import Database, is_trouble
from chassis.ids import new_id
from chassis.kafka import Publisher
from chassis.messages import Message
from chassis.settings import ServiceSettings
from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.postgres import EmbeddedPostgres
from tests.chassis.checker import count, findings, gather, left_to_read
from tests.chassis.processes import started
from tests.chassis.running import all_counted, all_read, some_counted
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.contract import ADVANCES
from tests.patience import PATIENCE_S, until, within

pytestmark = pytest.mark.own_servers

CLOCK = SystemClock()
COUNTERS = 4
ADVANCES_EACH = 10


async def advance(database: Database, tenant_id: UUID, counters: Sequence[UUID]) -> None:
    for counter in counters:
        async with database.transaction(tenant_id) as session:
            await use_cases.advance(session, CLOCK, counter)


async def advance_all(database: Database, tenant_id: UUID) -> int:
    counters = [new_id() for _ in range(COUNTERS)]
    for _ in range(ADVANCES_EACH):
        await advance(database, tenant_id, counters)
    return COUNTERS * ADVANCES_EACH


async def test_a_relay_killed_between_ack_and_mark_sends_again_and_counts_once(
    mortal: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    total = await advance_all(database, tenant_id)
    async with started(mortal, "before-mark") as relay:
        await relay.heard("here")
        await relay.kill()
    left_behind = await gather(mortal, tenant_id)

    async with started(mortal, "work") as worker:
        await worker.heard("reading")
        await all_counted(mortal, tenant_id, at_least=total)
        await all_read(mortal)

    evidence = await gather(mortal, tenant_id)
    assert (left_behind.unsent, len(left_behind.in_topic)) == (total, total)
    assert len(evidence.in_topic) == 2 * total
    assert findings(evidence) == []


async def test_a_worker_killed_between_commit_and_offset_counts_nothing_twice(
    mortal: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    total = await advance_all(database, tenant_id)
    async with started(mortal, "before-offset") as worker:
        await worker.heard("here")
        await worker.kill()
    before, unread = await count(mortal, tenant_id), await left_to_read(mortal)

    async with started(mortal, "work") as worker:
        await worker.heard("reading")
        await all_counted(mortal, tenant_id, at_least=total)
        await all_read(mortal)

    assert (before.effective > 0, unread >= before.effective) == (True, True)
    assert findings(await gather(mortal, tenant_id)) == []


async def test_when_the_leader_is_killed_another_relay_takes_over(
    mortal: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    async with started(mortal, "work") as first:
        await first.heard("leading")
        async with started(mortal, "work") as second:
            await second.heard("reading")
            before = await advance_all(database, tenant_id)
            await all_counted(mortal, tenant_id, at_least=before)

            await first.kill()
            await second.heard("leading")
            after = await advance_all(database, tenant_id)
            await all_counted(mortal, tenant_id, at_least=before + after)
            await all_read(mortal)

    assert findings(await gather(mortal, tenant_id)) == []


async def test_servers_that_are_killed_under_load_lose_nothing_that_was_committed(
    mortal: ServiceSettings,
    database: Database,
    tenant_id: UUID,
    mortal_postgres: EmbeddedPostgres,
    mortal_kafka: EmbeddedKafka,
) -> None:
    enough, troubled = asyncio.Event(), asyncio.Event()
    counters = [new_id() for _ in range(COUNTERS)]

    async def load() -> None:
        while not enough.is_set():
            try:
                await advance(database, tenant_id, counters)
            except Exception as error:
                if not is_trouble(error):
                    raise
                troubled.set()
                # A pace, so that a server which is away is not asked without a break.
                await asyncio.sleep(0.05)

    async with started(mortal, "work") as worker:
        await worker.heard("leading")
        loading = asyncio.create_task(load())
        try:
            await some_counted(mortal, tenant_id, at_least=1)
            mortal_kafka.kill()
            await committed_more(mortal, tenant_id)
            mortal_kafka.start()
            before = await count(mortal, tenant_id)
            await some_counted(mortal, tenant_id, at_least=before.committed + 1)
            mortal_postgres.kill()
            await within(PATIENCE_S, troubled.wait())
            mortal_postgres.start()
        finally:
            enough.set()
            await loading
        committed = (await count(mortal, tenant_id)).committed
        await all_counted(mortal, tenant_id, at_least=committed)
        await all_read(mortal)

    assert findings(await gather(mortal, tenant_id)) == []


async def committed_more(settings: ServiceSettings, tenant_id: UUID) -> None:
    """Wait until more is committed than there is now."""
    before = (await count(settings, tenant_id)).committed

    async def more() -> bool:
        return (await count(settings, tenant_id)).committed > before

    await until(more)


async def test_whoever_publishes_while_kafka_is_away_is_told_so_and_later_succeeds(
    mortal: ServiceSettings, mortal_kafka: EmbeddedKafka
) -> None:
    publisher = Publisher(mortal.kafka_bootstrap_servers, delivery_timeout_s=1)
    message = Message(ADVANCES.name, b"x/counter/y", b"without headers")

    async def published() -> bool:
        # A second is short for a broker that has just been started on a busy machine.
        try:
            await publisher.publish([message])
        except (KafkaError, OSError):
            return False
        return True

    await publisher.connect()
    await until(published)
    mortal_kafka.kill()

    for _ in range(3):
        with pytest.raises((KafkaError, OSError)):
            await within(10, publisher.publish([message]))
    mortal_kafka.start()

    await until(published)
    await publisher.stop()
