"""The batch consumer against the same consumer with one transaction per message."""

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.company import message_of
from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import House, house
from bench.made_up.contract import ADVANCES, CounterAdvanced
from bench.made_up.main import SERVICE
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from chassis.kafka import Message, Publisher, Record
from chassis.run import RECORDS_PER_BATCH_MAX
from chassis.service import Context, open_context, opened

TENANTS = 20
COUNTERS = 500
DOUBLED = 20
"""Every so many records come twice, as after a crash."""

PUBLISHED_AT_ONCE = 5000
BATCHED_PER_S = 10_000
ALONE_PER_S = 500
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
    batched, alone = effort.scaled(BATCHED_PER_S), effort.scaled(ALONE_PER_S)
    async with opened(SERVICE, context):
        await publish(context.publisher, max(batched, alone))
        names = itertools.count()

        async def in_batches() -> Sample:
            return await _take_in(context, f"batched-{next(names)}", batched, RECORDS_PER_BATCH_MAX)

        async def one_by_one() -> Sample:
            return await _take_in(context, f"alone-{next(names)}", alone, 1)

        return await take_turns(effort.rounds, in_batches, one_by_one)


async def publish(publisher: Publisher, count: int) -> None:
    """Put events into Kafka: of several tenants, and some of them twice."""
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


def _advanced(tenant_id: UUID, counter_id: UUID, number: int) -> Message:
    return message_of(CounterAdvanced(counter_id=counter_id, number=number), tenant_id)


async def _take_in(context: Context, name: str, count: int, at_once: int) -> Sample:
    """Read so many records from the topic's beginning, under a name to which all of them are new.

    The name is the consumer's in the inbox, and the group's in Kafka.
    """
    consumer = Consumer(name, SERVICE.handlers, context.database, context.clock)
    kafka = AIOKafkaConsumer(
        bootstrap_servers=context.settings.kafka_bootstrap_servers,
        group_id=f"fortaler.{name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    kafka.assign([TopicPartition(ADVANCES.name, n) for n in range(ADVANCES.partitions)])
    taken = 0
    began = time.perf_counter()
    try:
        while taken < count:
            wanted = min(RECORDS_PER_BATCH_MAX, count - taken)
            batches = await kafka.getmany(timeout_ms=1000, max_records=wanted)
            records = [_record(one) for batch in batches.values() for one in batch]
            await _through(consumer, records, at_once)
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
