"""The batch consumer against the same consumer with one transaction per message."""

import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import House, house
from bench.made_up.contract import ADVANCES, CounterAdvanced
from bench.made_up.main import SERVICE
from bench.news import message_of
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from chassis.kafka import Publisher
from chassis.messages import Message, Record
from chassis.run import RECORDS_PER_BATCH_MAX
from chassis.service import Context, open_context, opened

TENANTS = 20
COUNTERS = 500
DOUBLED = 20
"""Every so many records come twice, as after a crash."""

PUBLISHED_AT_ONCE = 5000
RECORDS_PER_S = 25_000
"""More than a second takes in, on a fast machine as well."""

READ_AT_ONCE = 50
"""One by one, so that the end of a measurement is noticed; offsets are committed as often."""

PER_S = "events per second"
CONTEST = Contest(
    "consumer",
    f"one transaction for a batch of up to {RECORDS_PER_BATCH_MAX}, inbox and counters upserted",
    "one transaction per message: the same consumer, inbox and handler",
    PER_S,
    Bar(">=", 12),
    f"both read Kafka alike and commit offsets per poll; 1 in {DOUBLED} doubled, {TENANTS} tenants",
)


def measure(effort: Effort) -> Iterator[Line]:
    """Compare how many events a second come to effect."""
    with house(SERVICE, further_topics=[ADVANCES]) as at:
        taken = uvloop.run(_measured(at, effort))
    yield CONTEST.told(taken.of(0, PER_S), taken.of(1, PER_S))


async def _measured(at: House, effort: Effort) -> Rounds:
    context = open_context(SERVICE, at.settings, SystemClock())
    async with opened(SERVICE, context):
        published = await publish(context.publisher, effort.scaled(RECORDS_PER_S))
        names = itertools.count()

        def side(read: int, at_once: int) -> Callable[[], Awaitable[Sample]]:
            def measured() -> Awaitable[Sample]:
                reading = Reading(f"bench-{next(names)}", read, at_once, published, effort.seconds)
                return _take_in(context, reading)

            return measured

        in_batches = side(RECORDS_PER_BATCH_MAX, RECORDS_PER_BATCH_MAX)
        one_by_one = side(READ_AT_ONCE, 1)
        return await take_turns(effort.rounds, in_batches, one_by_one)


@dataclass(frozen=True)
class Reading:
    """How records are read and taken in. All of them are new to the name, which is the consumer's
    in the inbox and the group's in Kafka."""

    name: str
    read: int
    at_once: int
    published: int
    seconds: float


async def publish(publisher: Publisher, count: int) -> int:
    """Put events into Kafka, of several tenants and some of them twice; answers how many."""
    await publisher.start()
    tenants = [new_id() for _ in range(TENANTS)]
    counters = [new_id() for _ in range(COUNTERS)]
    messages: list[Message] = []
    while len(messages) < count:
        number = len(messages)
        message = _advanced(tenants[number % TENANTS], counters[number % COUNTERS], number)
        messages += [message, message] if number % DOUBLED == 0 else [message]
    for start in range(0, len(messages), PUBLISHED_AT_ONCE):
        await publisher.publish(messages[start : start + PUBLISHED_AT_ONCE])
    return len(messages)


def _advanced(tenant_id: UUID, counter_id: UUID, number: int) -> Message:
    return message_of(CounterAdvanced(counter_id=counter_id, number=number), tenant_id)


async def _take_in(context: Context, reading: Reading) -> Sample:
    """Read from the topic's beginning until the time is over."""
    consumer = Consumer(reading.name, SERVICE.handlers, context.database, context.clock)
    kafka = AIOKafkaConsumer(
        bootstrap_servers=context.settings.kafka_bootstrap_servers,
        group_id=f"fortaler.{reading.name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    kafka.assign([TopicPartition(ADVANCES.name, n) for n in range(ADVANCES.partitions)])
    taken = 0
    began = time.perf_counter()
    try:
        while taken < reading.published and time.perf_counter() - began < reading.seconds:
            batches = await kafka.getmany(timeout_ms=1000, max_records=reading.read)
            records = [_record(one) for batch in batches.values() for one in batch]
            await _through(consumer, records, reading.at_once)
            await kafka.commit()
            taken += len(records)
        return {PER_S: taken / (time.perf_counter() - began)}
    finally:
        await kafka.stop()


async def _through(consumer: Consumer, records: Sequence[Record], at_once: int) -> None:
    for start in range(0, len(records), at_once):
        endings = await consumer.take_in(records[start : start + at_once])
        if endings["parked"] or endings["ignored"]:
            raise RuntimeError(f"Not everything was taken in: {dict(endings)}")


def _record(one: Any) -> Record:
    return Record(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
