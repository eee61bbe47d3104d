"""Reading topics without a group, as they grow or between two points: nothing is ticked off."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from chassis.messages import Record as Record
from chassis.telemetry import log
from chassis.waiting import end_if_told, wait_up_to

Place = tuple[str, int]
"""A partition of a topic."""

Positions = dict[Place, int]
"""Of every partition the offset that is read next: a point in several topics at once."""

RETRY_DELAY_S = 1.0
POLL_MS = 500
RECORDS_AT_ONCE_MAX = 500
"""Handed out together; so long, a few milliseconds, nobody else is served."""

PARTITIONS_ASKED_EVERY_MS = 30_000
REQUEST_TIMEOUT_MS = 10_000
LINGER_S = 30.0
"""Whoever comes back at once finds the reader where it was; after it, an idle one costs nothing."""


class KafkaAway(Exception):
    """No broker answers, so nothing can be read now; nothing is lost by it."""


class Tail:
    """Hears every new record of some topics, from all partitions, while somebody listens.

    `hear` is told of each record, and `lost` of the partitions whose records went before they were
    read: by age, or with their log. When Kafka comes back, it goes on where it was.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: Collection[str],
        *,
        hear: Callable[[Record], None],
        lost: Callable[[Collection[Place]], None],
        partitions_asked_every_ms: int = PARTITIONS_ASKED_EVERY_MS,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topics = sorted(topics)
        self._hear = hear
        self._lost = lost
        self._partitions_asked_every_ms = partitions_asked_every_ms
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._idle_since_s = float("-inf")
        self._ready = asyncio.Event()
        self.positions: Positions = {}
        """What was handed out lies before these; they move with each record, before `hear`."""

    @asynccontextmanager
    async def listening(self, *, within_s: float) -> AsyncIterator[None]:
        """Keep the reader running; raises KafkaAway when it does not know where it is in time."""
        self._listeners += 1
        self._wanted.set()
        try:
            await wait_up_to(within_s, self._ready)
            if not self._ready.is_set():
                raise KafkaAway
            yield
        finally:
            self._listeners -= 1
            self._idle_since_s = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Read whenever somebody listens, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log("tail").warning("tail.kafka_trouble", error=type(error).__name__)
            end_if_told()
            if self._is_needed():
                await asyncio.sleep(RETRY_DELAY_S)
            else:
                self._rest()

    def _is_needed(self) -> bool:
        now_s = asyncio.get_running_loop().time()
        return self._listeners > 0 or now_s - self._idle_since_s < LINGER_S

    def _rest(self) -> None:
        self._wanted.clear()
        self._ready.clear()
        self.positions = {}

    async def _follow(self) -> None:
        consumer = _new_consumer(self._bootstrap_servers, self._partitions_asked_every_ms)
        try:
            await consumer.start()
            # Asked of one partition of each, the client learns how many there are.
            await consumer.end_offsets([TopicPartition(topic, 0) for topic in self._topics])
            while self._is_needed():
                await self._take_partitions(consumer)
                for record in await _what_is_there(consumer):
                    self.positions[record.topic, record.partition] = record.offset + 1
                    self._hear(record)
        finally:
            await consumer.stop()

    async def _take_partitions(self, consumer: AIOKafkaConsumer) -> None:
        there = {
            TopicPartition(topic, partition)
            for topic in self._topics
            for partition in consumer.partitions_for_topic(topic) or ()
        }
        if there == consumer.assignment():
            return
        begins = await consumer.beginning_offsets(there)
        ends = await consumer.end_offsets(there)
        # A partition that was added meanwhile held nothing when we began: all of it is new.
        unknown = begins if self.positions else ends
        wanted = {place: self.positions.get(_plain(place), unknown[place]) for place in there}
        found, lost = _within(wanted, begins, ends)
        self.positions = {_plain(place): offset for place, offset in found.items()}
        _begin_at(consumer, found)
        self._ready.set()
        if lost:
            log("tail").error("tail.lost", topics=sorted({topic for topic, _ in lost}))
            self._lost(lost)


class Stretch:
    """What lies between two points of some topics."""

    def __init__(
        self, consumer: AIOKafkaConsumer, ends: Positions, lost: Collection[Place]
    ) -> None:
        self._consumer = consumer
        self._ends = ends
        self.lost = lost
        """The partitions that cannot be read from the point that was asked for, but from later."""

    async def batches(self) -> AsyncIterator[tuple[list[Record], Positions]]:
        """Answer the records, each partition's in order, and after them where reading stands."""
        left = set(self._ends)
        while left:
            records = await _what_is_there(self._consumer)
            reached: Positions = {}
            for topic, partition in list(left):
                place = TopicPartition(topic, partition)
                position, end = await self._consumer.position(place), self._ends[topic, partition]
                reached[topic, partition] = min(position, end)
                if position >= end:
                    # Known by the position: the last records may be no records of ours.
                    self._consumer.pause(place)
                    left.remove((topic, partition))
            fitting = [one for one in records if one.offset < self._ends[one.topic, one.partition]]
            yield fitting, reached


@asynccontextmanager
async def stretch(
    bootstrap_servers: str, begins: Mapping[Place, int], ends: Mapping[Place, int]
) -> AsyncIterator[Stretch]:
    """Read from one point to another; raises KafkaAway, from within it too."""
    consumer = _new_consumer(bootstrap_servers)
    try:
        await consumer.start()
        wanted = {TopicPartition(*place): begins[place] for place in ends}
        found, lost = _within(
            wanted,
            await consumer.beginning_offsets(list(wanted)),
            await consumer.end_offsets(list(wanted)),
        )
        _begin_at(consumer, found)
        yield Stretch(consumer, dict(ends), lost)
    except (KafkaError, OSError) as error:
        log("tail").warning("tail.kafka_trouble", error=type(error).__name__)
        raise KafkaAway from error
    finally:
        await consumer.stop()
        end_if_told()


def _new_consumer(
    bootstrap_servers: str, partitions_asked_every_ms: int = PARTITIONS_ASKED_EVERY_MS
) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        # Where to read is always said; a place that is gone is an error, not another place.
        auto_offset_reset="none",
        enable_auto_commit=False,
        isolation_level="read_committed",
        metadata_max_age_ms=partitions_asked_every_ms,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )


def _begin_at(consumer: AIOKafkaConsumer, positions: Mapping[TopicPartition, int]) -> None:
    # At one go, so that nothing is fetched from anywhere else in between.
    consumer.assign(list(positions))
    for place, offset in positions.items():
        consumer.seek(place, offset)


def _within(
    wanted: Mapping[TopicPartition, int],
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> tuple[dict[TopicPartition, int], Sequence[Place]]:
    """Answer where to begin: as wanted, or where nothing is there any more, with what there is.

    Older than the log begins: it has aged out. Beyond its end: that log was lost, this is another.
    """
    gone = [place for place, at in wanted.items() if not begins[place] <= at <= ends[place]]
    found = {**wanted, **{place: begins[place] for place in gone}}
    return found, [_plain(place) for place in gone]


def _plain(place: TopicPartition) -> Place:
    return place.topic, place.partition


async def _what_is_there(consumer: AIOKafkaConsumer) -> list[Record]:
    batches: Mapping[
        TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]
    ] = await consumer.getmany(timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE_MAX)
    return [
        Record(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
        for batch in batches.values()
        for one in batch
    ]
