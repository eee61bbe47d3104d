"""The least that a producer in Python can do: `python -m bench.produce_loop send_batch SECONDS`."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import cycle

import msgspec
import uvloop
from aiokafka import AIOKafkaProducer

from bench.news import message_of
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.kafka import BATCH_BYTES_MAX, partition_of
from chassis.messages import Message
from chassis.settings import Settings
from contracts.engagement import EngagementRecorded
from contracts.topics import ENGAGEMENT

RECORDS = 5000
SHARES = 50
IN_FLIGHT_MAX = 5000


class Produced(msgspec.Struct, frozen=True):
    """How much was acknowledged, and what it took."""

    events: int
    seconds: float
    cpu_s: float


def records() -> list[Message]:
    """Make records as metrics would write them."""
    tenant_id, shares = new_id(), [new_id() for _ in range(SHARES)]
    now = SystemClock().now()
    return [
        message_of(
            EngagementRecorded(
                share_id=shares[number % SHARES],
                kind="reaction",
                source="linkedin-export",
                happened_at=now,
                suspected_robot=False,
            ),
            tenant_id,
        )
        for number in range(RECORDS)
    ]


async def by_batches(producer: AIOKafkaProducer, until: float) -> int:
    """Send batches, full ones, each partition in its own line."""
    lines: dict[int, list[Message]] = {}
    for record in records():
        partition = partition_of(record.key, ENGAGEMENT.partitions)
        lines.setdefault(partition, []).append(record)

    async def go_on(partition: int, line: Sequence[Message]) -> int:
        waiting = cycle(line)
        sent = 0
        while time.perf_counter() < until:
            batch = producer.create_batch()
            while batch.append(**_fields(next(waiting)), timestamp=None) is not None:
                pass
            batch.close()
            await (await producer.send_batch(batch, ENGAGEMENT.name, partition=partition))
            sent += batch.record_count()
        return sent

    async with asyncio.TaskGroup() as tasks:
        working = [tasks.create_task(go_on(*line)) for line in lines.items()]
    return sum(task.result() for task in working)


async def by_sends(producer: AIOKafkaProducer, until: float) -> int:
    """Send record by record, as most programs do, many under way at once."""
    waiting = cycle(records())
    sent = 0
    while time.perf_counter() < until:
        under_way = [
            await producer.send(ENGAGEMENT.name, **_fields(next(waiting)))
            for _ in range(IN_FLIGHT_MAX)
        ]
        await asyncio.gather(*under_way)
        sent += len(under_way)
    return sent


def _fields(record: Message) -> Mapping[str, object]:
    return {"key": record.key, "value": record.value, "headers": list(record.headers)}


async def _produce(how: str, seconds: float) -> Produced:
    producer = AIOKafkaProducer(
        bootstrap_servers=Settings().kafka_bootstrap_servers,
        acks="all",
        max_batch_size=BATCH_BYTES_MAX,
        compression_type="lz4",
    )
    await producer.start()
    try:
        began, cpu_began = time.perf_counter(), time.process_time()
        loop = by_batches if how == "send_batch" else by_sends
        events = await loop(producer, began + seconds)
        return Produced(
            events, time.perf_counter() - began, max(time.process_time() - cpu_began, 0.001)
        )
    finally:
        await producer.stop()


def main(how: str, seconds: str) -> None:
    """Produce for a while, and tell how much."""
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_produce(how, float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
