"""Records that Kafka's client cannot take apart stop nobody who reads the topic."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.record.util import calc_crc32c
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import reading, settling
from chassis.database import Database
from chassis.handling import Delivery, Handlers
from chassis.ids import new_id
from chassis.kafka import apply_topics
from chassis.messages import Record
from chassis.run import new_worker
from chassis.settings import ServiceSettings
from chassis.settling import Which
from contracts.events import Event
from contracts.topics import Topic
from tests.chassis.running import working
from tests.chassis.scratch_service.main import SERVICE
from tests.envelopes import message_of
from tests.patience import until

PARTITIONS = 2
AT_ONCE = 100
CRC_AT, AFTER_CRC = 17, 21
"""Where a batch of Kafka's second format has its checksum, and what that is of (KIP-98)."""


def a_topic() -> Topic:
    return Topic(f"fortaler.scratch_{new_id().hex}", partitions=PARTITIONS)


SAYINGS = a_topic()


class Said(Event, type="fortaler.scratch.said.v1", topic=SAYINGS, about=("voice", "voice_id")):
    """Somebody has said a number."""

    voice_id: UUID
    number: int


@asynccontextmanager
async def writing(settings: ServiceSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    yield producer
    await producer.stop()


async def say_illegibly(producer: AIOKafkaProducer, topic: Topic, partition: int) -> None:
    """Write a record with a header whose name is not UTF-8, as other clients can."""
    batch = producer.create_batch()
    batch.append(key=b"key", value=b"value", timestamp=None, headers=[("NAME", b"1")])
    written = bytearray(batch._build())
    at = written.index(b"NAME")
    written[at : at + 4] = b"\xff\xfe\xff\xfe"
    struct.pack_into(">I", written, CRC_AT, calc_crc32c(bytes(written[AFTER_CRC:])))
    batch._buffer = bytes(written)
    await (await producer.send_batch(batch, topic.name, partition=partition))


async def test_a_worker_parks_where_it_stands_and_goes_on_in_every_partition(
    scratch_settings: ServiceSettings,
) -> None:
    await apply_topics(scratch_settings.kafka_bootstrap_servers, [SAYINGS])
    heard: list[int] = []
    handlers = Handlers()

    @handlers.on(Said)
    async def hear(delivery: Delivery[Said], _session: AsyncSession) -> None:
        heard.append(delivery.event.number)

    async with writing(scratch_settings) as producer:
        for number in range(4):
            one = message_of(Said(voice_id=new_id(), number=number), new_id())
            if number in {1, 2, 3}:
                await say_illegibly(producer, SAYINGS, number % PARTITIONS)
            await producer.send_and_wait(
                *(SAYINGS.name, one.value, one.key),
                partition=number % PARTITIONS,
                headers=list(one.headers),
            )

    async def all_heard() -> bool:
        return len(heard) == 4

    worker = new_worker(replace(SERVICE, handlers=handlers), scratch_settings)
    async with working(scratch_settings, worker):
        await until(all_heard)

    database = Database(scratch_settings, SERVICE.name)
    async with database.transaction() as session:
        letters = await settling.find_in_order(
            session, SERVICE.name, Which(topic=SAYINGS.name), limit=10
        )
    await database.close()
    assert sorted(heard) == [0, 1, 2, 3]
    assert [(letter.partition, letter.offset) for letter in letters] == [(0, 1), (1, 0), (1, 2)]
    assert {letter.reason.words for letter in letters} == {reading.ILLEGIBLE}


@pytest.mark.parametrize("taken_in", [None, 1])
async def test_who_reads_without_a_group_goes_on_where_they_are(
    scratch_settings: ServiceSettings, taken_in: int | None
) -> None:
    topic = a_topic()
    await apply_topics(scratch_settings.kafka_bootstrap_servers, [topic])
    async with writing(scratch_settings) as producer:
        await producer.send_and_wait(topic.name, b"first", partition=0)
        await producer.send_and_wait(topic.name, b"second", partition=0)
        await say_illegibly(producer, topic, 0)
        await say_illegibly(producer, topic, 0)
        await producer.send_and_wait(topic.name, b"last", partition=0)

    async def where_we_are(_place: TopicPartition) -> int | None:
        return taken_in

    async with AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=scratch_settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    ) as kafka:
        found: list[Record] = []
        while not found or found[-1].value != b"last":
            found += await reading.read(kafka, where_we_are, timeout_ms=500, at_most=AT_ONCE)

    first = [b"first"] if taken_in is None else []
    assert [one.value for one in found] == [*first, b"second", None, b"last"]
    assert [one.offset for one in found if one.fault] == [2]
