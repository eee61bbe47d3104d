"""A worker that stopped for too many dead letters goes on when a person has dealt with them."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from chassis import settling
from chassis.clock import SystemClock
from chassis.consumer import PARKED_IN_A_ROW_MAX
from chassis.database import Database
from chassis.ids import new_id
from chassis.replaying import Order, Repair, Replayer
from chassis.settings import ServiceSettings
from chassis.settling import Letter, Which
from tests.chassis.checker import as_owner
from tests.chassis.processes import started
from tests.chassis.scratch_service.contract import ADVANCES, CounterAdvanced
from tests.chassis.scratch_service.main import SERVICE
from tests.envelopes import message_of
from tests.patience import until

BAD = PARKED_IN_A_ROW_MAX + 2
ORDER = Order(by="ida", why="The sender counted backwards.")


@pytest.fixture
async def owner(scratch_settings: ServiceSettings) -> AsyncIterator[asyncpg.Connection]:
    connection = await as_owner(scratch_settings)
    yield connection
    await connection.close()


async def test_a_stopped_worker_goes_on_after_its_letters_were_settled(
    scratch_settings: ServiceSettings, owner: asyncpg.Connection
) -> None:
    tenant_id = new_id()
    await send_to_one_partition(scratch_settings, tenant_id, [-1] * BAD + [7])
    which = Which(tenant_id=tenant_id)
    database = Database(scratch_settings, SERVICE.name)

    async def numbers() -> list[int]:
        rows = await owner.fetch(
            "select number from seen where tenant_id = $1 order by place", tenant_id
        )
        return [row["number"] for row in rows]

    async def letters() -> list[Letter]:
        async with database.transaction() as session:
            return await settling.find_in_order(session, SERVICE.name, which, limit=100)

    codes, logged = [], b""
    for _ in range(2):
        async with started(scratch_settings, "work") as process:
            codes.append(await process.ended())
            logged = process.logged
    stopped_at = await letters()
    seen_while_stopped = await numbers()

    replayer = Replayer(SERVICE.name, SERVICE.handlers, database, SystemClock())
    first, *others = stopped_at
    counter_id = str(first.header("ce_subject")).removeprefix("counter/")
    body = {"counter_id": counter_id, "number": 1}
    await replayer.replay(first.letter_id, ORDER, Repair(value=json.dumps(body).encode()))
    async with database.transaction() as session:
        await settling.discard(
            session,
            SERVICE.name,
            [letter.letter_id for letter in others],
            by=ORDER.by,
            why=ORDER.why,
            at=SystemClock().now(),
        )

    async def gone_on() -> bool:
        return 7 in await numbers()

    async with started(scratch_settings, "work"):
        await until(gone_on)
    left = await letters()
    await database.close()

    assert all(code != 0 for code in codes)
    assert b'"consumer.stopped"' in logged
    assert len(stopped_at) == PARKED_IN_A_ROW_MAX + 1
    assert seen_while_stopped == []
    assert await numbers() == [1, 7]
    assert len(left) == BAD - len(stopped_at)


async def send_to_one_partition(
    settings: ServiceSettings, tenant_id: UUID, numbers: list[int]
) -> None:
    """Write advances of one counter behind each other."""
    counter_id = new_id()
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    for number in numbers:
        one = message_of(CounterAdvanced(counter_id=counter_id, number=number), tenant_id)
        await producer.send_and_wait(
            ADVANCES.name, one.value, one.key, partition=0, headers=list(one.headers)
        )
    await producer.stop()
