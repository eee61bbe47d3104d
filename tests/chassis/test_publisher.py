"""Writing to Kafka: in order, whole or not at all, and with an end for whoever waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import MessageSizeTooLargeError

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.kafka import (
    BATCH_BYTES_MAX,
    QUEUED_RECORDS_MAX,
    Publisher,
    QueueFull,
    apply_topics,
    partition_of,
)
from chassis.messages import Message
from chassis.relay import Relay
from chassis.settings import ServiceSettings
from contracts.topics import Topic
from tests.chassis.checker import as_owner
from tests.chassis.running import all_counted, working
from tests.chassis.scratch_service import use_cases
from tests.patience import PATIENCE_S, until
from tests.servers import KafkaServer
from tests.world import World

SMALL_BATCH = 1000
RECORDS = 2000


@pytest.fixture
async def publisher(broker: KafkaServer) -> AsyncIterator[Publisher]:
    opened = Publisher(broker.bootstrap_servers)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def topic(broker: KafkaServer) -> str:
    made = Topic(f"fortaler.scratch_{new_id().hex}", partitions=2)
    await apply_topics(broker.bootstrap_servers, [made])
    return made.name


async def values_in(broker: KafkaServer, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[bytes] = []
    try:
        while len(found) < count:
            batches = await consumer.getmany(timeout_ms=5000)
            assert batches, f"only {len(found)} of {count} are there"
            found += [one.value or b"" for batch in batches.values() for one in batch]
    finally:
        await consumer.stop()
    return found


async def test_what_fills_many_batches_arrives_whole_and_in_order(
    broker: KafkaServer, publisher: Publisher, topic: str
) -> None:
    bodies = [f"{number:05}".encode() + b"x" * SMALL_BATCH for number in range(RECORDS)]
    assert RECORDS * SMALL_BATCH > 4 * BATCH_BYTES_MAX

    await publisher.publish([Message(topic, b"one key", body) for body in bodies])

    assert await values_in(broker, topic, RECORDS) == bodies


async def test_a_record_that_is_too_large_fails_its_own_call_only(
    broker: KafkaServer, publisher: Publisher, topic: str
) -> None:
    before, too_large, after = await asyncio.gather(
        publisher.publish([Message(topic, b"key", b"before")]),
        publisher.publish([Message(topic, b"key", b"x" * BATCH_BYTES_MAX)]),
        publisher.publish([Message(topic, b"key", b"after")]),
        return_exceptions=True,
    )

    assert isinstance(too_large, MessageSizeTooLargeError)
    assert (before, after) == (None, None)
    assert await values_in(broker, topic, 2) == [b"before", b"after"]


async def test_more_than_the_queue_holds_is_refused_before_anything_is_queued(
    broker: KafkaServer, publisher: Publisher, topic: str
) -> None:
    flood = [Message(topic, b"key", b"flood")] * (QUEUED_RECORDS_MAX + 1)

    with pytest.raises(QueueFull):
        await publisher.publish(flood)
    await publisher.publish([Message(topic, b"key", b"later")])

    assert await values_in(broker, topic, 1) == [b"later"]


async def test_nobody_waits_for_a_publisher_that_was_stopped(
    publisher: Publisher, topic: str
) -> None:
    place = (topic, partition_of(b"key", await publisher.partitions(topic)))
    queued = publisher.enqueue(place, [Message(topic, b"key", b"queued")])
    await publisher.stop()

    late = publisher.enqueue(place, [Message(topic, b"key", b"late")])

    with pytest.raises(ConnectionError, match="stopped"):
        await queued
    with pytest.raises(ConnectionError, match="stopped"):
        await late
    with pytest.raises(ConnectionError, match="not connected"):
        await publisher.publish([Message("fortaler.never_seen", b"key", b"late")])


async def test_a_topic_that_is_missing_does_not_hold_up_the_others(
    scratch_settings: ServiceSettings, broker: KafkaServer, scratch_world: World
) -> None:
    tenant_id = scratch_world.new_tenant().tenant_id
    patient = Publisher(broker.bootstrap_servers, delivery_timeout_s=PATIENCE_S)
    await patient.start()
    async with waiting_for_nowhere(scratch_settings, tenant_id) as database:
        async with database.transaction(tenant_id) as session:
            await use_cases.advance(session, SystemClock(), new_id())
        relay = Relay(database, patient, SystemClock())
        connection = await database.connect("relay")

        async def others_sent() -> bool:
            # What other tests have left is more than one batch, or slower than one round, perhaps.
            await relay.drain(connection)
            unsent = await connection.fetch("select topic from outbox where sent_at is null")
            return [row["topic"] for row in unsent] == ["fortaler.nowhere"]

        await until(others_sent, within_s=PATIENCE_S / 2)
        connection.terminate()
    await patient.stop()
    async with working(scratch_settings):
        await all_counted(scratch_settings, tenant_id, at_least=1)


@asynccontextmanager
async def waiting_for_nowhere(
    settings: ServiceSettings, tenant_id: UUID
) -> AsyncIterator[Database]:
    """Answer a database in which an event waits for a topic that does not exist."""
    database, owner = Database(settings, "scratch"), await as_owner(settings)
    event_id = new_id()
    await owner.execute(
        "insert into outbox (id, tenant_id, topic, aggregatetype, aggregateid, type, payload,"
        " happened_at) values ($1, $2, 'fortaler.nowhere', 'counter', $1, 'x', '{}', now())",
        event_id,
        tenant_id,
    )
    try:
        yield database
    finally:
        await owner.execute("delete from outbox where id = $1", event_id)
        await owner.close()
        await database.close()
