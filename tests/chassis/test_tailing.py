"""Reading without a group: only while somebody listens, on after trouble, and as topics grow."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from chassis.ids import new_id
from chassis.kafka import Publisher, apply_topics
from chassis.messages import Message, Record
from chassis.tailing import KafkaAway, Place, Tail, stretch
from contracts.topics import Topic
from fortaler.embedded.kafka import EmbeddedKafka
from tests.patience import PATIENCE_S, until


@dataclass
class Ear:
    """What a tail told."""

    values: list[bytes] = field(default_factory=list)
    lost: list[Place] = field(default_factory=list)

    def hear(self, record: Record) -> None:
        self.values.append(record.value or b"")

    def lose(self, places: Collection[Place]) -> None:
        self.lost += places

    async def has(self, count: int) -> None:
        """Wait until so much was heard."""

        async def heard() -> bool:
            return len(self.values) >= count

        await until(heard)


@pytest.fixture
async def topic(kafka: EmbeddedKafka) -> Topic:
    one = Topic(f"tail-{new_id()}", partitions=2)
    await apply_topics(kafka.bootstrap_servers, [one])
    return one


@pytest.fixture
async def publisher(kafka: EmbeddedKafka) -> AsyncIterator[Publisher]:
    writing = Publisher(kafka.bootstrap_servers)
    await writing.start()
    yield writing
    await writing.stop()


@asynccontextmanager
async def running(tail: Tail) -> AsyncIterator[Tail]:
    task = asyncio.create_task(tail.run())
    try:
        yield tail
    finally:
        task.cancel()
        await asyncio.wait([task])


def messages(topic: Topic, count: int) -> list[Message]:
    return [Message(topic.name, str(n).encode(), str(n).encode()) for n in range(count)]


async def test_a_tail_hears_what_comes_while_somebody_listens(
    kafka: EmbeddedKafka, topic: Topic, publisher: Publisher
) -> None:
    ear = Ear()
    tail = Tail(kafka.bootstrap_servers, [topic.name], hear=ear.hear, lost=ear.lose)
    await publisher.publish(messages(topic, 3))

    async with running(tail), tail.listening(within_s=PATIENCE_S):
        began = dict(tail.positions)
        await publisher.publish(messages(topic, 10))
        await ear.has(10)

    assert sum(began.values()) == 3
    assert sum(tail.positions.values()) == 13
    assert sorted(ear.values) == sorted(str(n).encode() for n in range(10))


async def test_a_partition_that_is_added_is_heard_from_its_beginning(
    kafka: EmbeddedKafka, topic: Topic
) -> None:
    ear = Ear()
    tail = Tail(
        kafka.bootstrap_servers,
        [topic.name],
        hear=ear.hear,
        lost=ear.lose,
        partitions_asked_every_ms=100,
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()

    async with running(tail), tail.listening(within_s=PATIENCE_S):
        await admin.create_partitions({topic.name: NewPartitions(total_count=5)})

        async def are_there() -> bool:
            (found,) = await admin.describe_topics([topic.name])
            return len(found["partitions"]) == 5

        await until(are_there)
        writing = Publisher(kafka.bootstrap_servers)
        await writing.start()
        await writing.publish(messages(topic, 40))
        await ear.has(40)
        await writing.stop()

    await admin.close()
    assert len(tail.positions) == 5
    assert sorted(ear.values) == sorted(str(n).encode() for n in range(40))


async def test_a_stretch_is_what_lies_between_two_points(
    kafka: EmbeddedKafka, topic: Topic, publisher: Publisher
) -> None:
    tail = Tail(kafka.bootstrap_servers, [topic.name], hear=Ear().hear, lost=Ear().lose)
    heard: list[bytes] = []
    reached: dict[Place, int] = {}

    async with running(tail), tail.listening(within_s=PATIENCE_S):
        await publisher.publish(messages(topic, 5))
        begin = await reaches(tail, 5)
        await publisher.publish(messages(topic, 7))
        end = await reaches(tail, 12)
        await publisher.publish(messages(topic, 3))
        async with stretch(kafka.bootstrap_servers, begin, end) as part:
            async for records, reached_now in part.batches():
                heard += [one.value or b"" for one in records]
                reached |= reached_now

    assert sorted(heard) == sorted(str(n).encode() for n in range(7))
    assert (reached, list(part.lost)) == (end, [])


async def reaches(tail: Tail, count: int) -> dict[Place, int]:
    """Wait until so many records were handed out; answers where the tail is."""

    async def is_there() -> bool:
        return sum(tail.positions.values()) >= count

    await until(is_there)
    return dict(tail.positions)


async def test_a_point_beyond_the_log_means_that_the_log_is_another(
    kafka: EmbeddedKafka, topic: Topic, publisher: Publisher
) -> None:
    await publisher.publish(messages(topic, 4))
    places = [(topic.name, partition) for partition in range(2)]
    heard: list[bytes] = []

    begin, end = dict.fromkeys(places, 1_000), dict.fromkeys(places, 1)
    async with stretch(kafka.bootstrap_servers, begin, end) as part:
        async for records, _ in part.batches():
            heard += [one.value or b"" for one in records]

    assert sorted(part.lost) == places
    assert len(heard) == 2


async def test_without_a_broker_nobody_waits_for_ever(unused_kafka: str) -> None:
    tail = Tail(unused_kafka, ["nothing"], hear=Ear().hear, lost=Ear().lose)

    async with running(tail):
        with pytest.raises(KafkaAway):
            async with tail.listening(within_s=0.1):
                pass
        with pytest.raises(KafkaAway):
            async with stretch(unused_kafka, {("nothing", 0): 0}, {("nothing", 0): 1}):
                pass
