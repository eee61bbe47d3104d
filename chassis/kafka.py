"""Kafka as we use it: records in, batches out, one writer per partition."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    BrokerResponseError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.partitioner import murmur2

from chassis.errors import Refusal
from chassis.messages import Message, Messages, Sendable
from chassis.telemetry import log
from chassis.waiting import end_if_told
from contracts.topics import Topic

BATCH_BYTES_MAX = 256 * 1024
"""A batch of this size costs a fifth per record of what single sends cost (measured)."""

QUEUED_RECORDS_MAX = 20_000
"""Per partition. About six megabytes: beyond it the caller is told to come back later."""

RECONNECT_DELAY_S = 1.0
"""While Kafka is away it is asked this often; in between a caller is told at once."""

DELIVERY_TIMEOUT_S = 10.0
"""A broker that restarts is back by then; after it, whoever waits is told that it failed."""

STOP_TIMEOUT_S = 5.0
"""What is in flight at the end may take this long to be acknowledged."""

LARGE_BYTES = BATCH_BYTES_MAX // 2
"""Of a smaller value key and headers never fill the rest: an envelope's have some hundred bytes."""

_RECORD_OVERHEAD_BYTES = 128
_HEADER_OVERHEAD_BYTES = 10
"""More than Kafka's format adds to a batch with one record, and to each of its headers."""

_POSITIVE = 0x7FFFFFFF


@dataclass(frozen=True)
class _Batch:
    """What one call sends to one partition, as the messages that it becomes."""

    sendables: list[Sendable] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sendables)

    def __iter__(self) -> Iterator[Message]:
        for sendable in self.sendables:
            yield sendable.as_message()


class QueueFull(Exception):
    """Kafka takes less than is offered; nothing of this call was queued."""


class BrokerUnavailable(Refusal):
    """The broker has not acknowledged everything in time; the same may safely be sent again."""

    kind = "unavailable"
    title = "Event broker is unavailable"
    retry_after_s = 2


@dataclass
class _Line:
    """What waits for one partition, and the task that alone writes to it."""

    waiting: list[tuple[Messages, asyncio.Future[None]]] = field(default_factory=list)
    records: int = 0
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.Task[None] | None = None


@lru_cache(maxsize=100_000)
def partition_of(key: bytes, partitions: int) -> int:
    """Answer the partition of a key as Java's own producer chooses it (murmur2)."""
    hashed: int = murmur2(key)
    return (hashed & _POSITIVE) % partitions


class Publisher:
    """Writes messages in batches and answers once every in-sync replica has them.

    There is one writer per partition: several tasks that send batches to one partition time each
    other out in aiokafka, and a line of one keeps the order (measured).

    It is not an idempotent producer, on purpose: aiokafka's never gives a batch up, so nobody could
    be told that Kafka is away and `stop` would wait for its return; and one batch that is refused
    leaves a gap in the sequence for which all later ones are refused. One request per partition is
    in flight and is repeated in its place, so the order holds; what a repeat doubles has the same
    event id.
    """

    def __init__(
        self, bootstrap_servers: str, *, delivery_timeout_s: float = DELIVERY_TIMEOUT_S
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._delivery_timeout_s = delivery_timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._tried_s = float("-inf")
        self._open = False
        self._lines: dict[tuple[str, int], _Line] = {}
        self._partitions: dict[str, int] = {}
        self._retired: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect; raises KafkaError when no broker answers, which each later use tries again."""
        self._open = True
        async with self._connecting:
            if self._producer is None:
                await self._connect()

    async def connect(self) -> None:
        """Connect, however long it takes until a broker answers."""
        while True:
            try:
                await self.start()
            except (KafkaError, OSError) as error:
                log("publisher").warning("publisher.kafka_trouble", error=type(error).__name__)
                end_if_told()
                await asyncio.sleep(RECONNECT_DELAY_S)
            else:
                return

    async def stop(self) -> None:
        """Fail what still waits, and disconnect."""
        self._open = False
        writers = [line.writer for line in self._lines.values() if line.writer]
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        for line in self._lines.values():
            _fail(line.waiting, ConnectionError("The publisher was stopped."))
        self._lines.clear()
        self._retire(self._producer)
        if self._retired:
            await asyncio.wait(self._retired, timeout=STOP_TIMEOUT_S)

    async def partitions(self, topic: str) -> int:
        """Answer how many partitions a topic has; once known that is asked of nobody."""
        count = self._partitions.get(topic)
        if count is None:
            count = len(await (await self._connected()).partitions_for(topic))
            self._partitions[topic] = count
        return count

    async def publish(self, sendables: Sequence[Sendable]) -> None:
        """Write messages, or what becomes one; returns when all are acknowledged, or raises.

        Raises QueueFull before anything is queued when a partition is too far behind, and
        MessageSizeTooLargeError when one of them fits no batch.
        """
        if any(isinstance(one, Message) and _is_too_large(one) for one in sendables):
            # Found here, so that it fails its own call and not those that share a batch with it.
            raise MessageSizeTooLargeError(f"A record exceeds {BATCH_BYTES_MAX} bytes.")
        counts = {topic: await self.partitions(topic) for topic in {one.topic for one in sendables}}
        lines: dict[tuple[str, int], _Batch] = defaultdict(_Batch)
        for one in sendables:
            topic = one.topic
            lines[topic, partition_of(one.key, counts[topic])].sendables.append(one)
        for place, batch in lines.items():
            if self._line(place).records + len(batch) > QUEUED_RECORDS_MAX:
                raise QueueFull(f"{place[0]} has {QUEUED_RECORDS_MAX} records waiting.")
        done = [self.enqueue(place, batch) for place, batch in lines.items()]
        results = await asyncio.gather(*done, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def deliver(self, sendables: Sequence[Sendable], *, within_s: float) -> None:
        """Write them, or raise BrokerUnavailable: then some of them may still be written.

        So their events need ids that stay the same when they are sent again.
        """
        try:
            async with asyncio.timeout(within_s):
                await self.publish(sendables)
        except (KafkaError, OSError, TimeoutError, QueueFull) as error:
            raise BrokerUnavailable("Events cannot be taken now. Please try again.") from error

    def enqueue(self, place: tuple[str, int], messages: Messages) -> asyncio.Future[None]:
        """Queue messages for one (topic, partition); the future ends when they are acknowledged.

        None of them may exceed a batch.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._open:
            done.set_exception(ConnectionError("The publisher was stopped."))
        else:
            line = self._line(place)
            line.waiting.append((messages, done))
            line.records += len(messages)
            line.filled.set()
        return done

    async def _connected(self) -> AIOKafkaProducer:
        # Asked again inside: who waited for the lock may find that another has connected.
        if self._producer is None:
            async with self._connecting:
                return self._producer or await self._connect_again()
        return self._producer

    async def _connect_again(self) -> AIOKafkaProducer:
        if not self._open:
            raise ConnectionError("The publisher is not connected.")
        if asyncio.get_running_loop().time() - self._tried_s < RECONNECT_DELAY_S:
            raise ConnectionError("Kafka did not answer a moment ago.")
        return await self._connect()

    async def _connect(self) -> AIOKafkaProducer:
        self._tried_s = asyncio.get_running_loop().time()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap_servers,
            acks="all",
            max_batch_size=BATCH_BYTES_MAX,
            compression_type="lz4",
            request_timeout_ms=int(self._delivery_timeout_s * 1000),
        )
        try:
            await producer.start()
            if not self._open:
                raise ConnectionError("The publisher was stopped.")
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return producer

    def _retire(self, producer: AIOKafkaProducer | None) -> None:
        """Let a producer end what it has in flight, and use another one from now on."""
        if producer is not None and producer is self._producer:
            closing = asyncio.create_task(_closed(producer))
            self._retired.add(closing)
            closing.add_done_callback(self._retired.discard)
            self._producer = None

    def _line(self, place: tuple[str, int]) -> _Line:
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = _Line()
            line.writer = asyncio.create_task(self._write(place, line))
        return line

    async def _write(self, place: tuple[str, int], line: _Line) -> None:
        while True:
            await line.filled.wait()
            line.filled.clear()
            taken, line.waiting, line.records = line.waiting, [], 0
            producer = None
            try:
                producer = await self._connected()
                await _send(producer, chain.from_iterable(one for one, _ in taken), place)
            except asyncio.CancelledError:
                _fail(taken, ConnectionError("The publisher was stopped."))
                raise
            # Whatever it was, those who wait must learn of it, and the line must go on.
            except Exception as error:  # noqa: BLE001
                _fail(taken, error)
                if not isinstance(error, BrokerResponseError):
                    # No broker has answered: a producer whose sender died would fail for ever.
                    self._retire(producer)
            else:
                _finish(taken)


async def _send(
    producer: AIOKafkaProducer, messages: Iterator[Message], place: tuple[str, int]
) -> None:
    """Send in order, each batch acknowledged before the next: a failure leaves no gap."""
    topic, partition = place
    message = next(messages, None)
    while message is not None:
        batch = producer.create_batch()
        while message is not None and _appended(batch, message):
            message = next(messages, None)
        if batch.record_count() == 0:
            raise MessageSizeTooLargeError(f"A record exceeds {BATCH_BYTES_MAX} bytes.")
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))


async def _closed(producer: AIOKafkaProducer) -> None:
    try:
        await producer.stop()
    except (KafkaError, OSError) as error:
        log("kafka").warning("kafka.producer_ended", error=type(error).__name__)


def _is_too_large(message: Message) -> bool:
    # Adding the headers up costs a fifth of sending, and matters to the largest alone.
    return len(message.value or b"") > LARGE_BYTES and _size(message) > BATCH_BYTES_MAX


def _size(message: Message) -> int:
    headers = sum(
        len(name.encode()) + len(value) + _HEADER_OVERHEAD_BYTES for name, value in message.headers
    )
    return len(message.key) + len(message.value or b"") + headers + _RECORD_OVERHEAD_BYTES


def _appended(batch: Any, message: Message) -> bool:
    # None means "full": an answer that is easily overlooked, and then records are lost.
    added = batch.append(
        key=message.key,
        value=message.value,
        # When it happened is in its headers; Kafka notes by itself when it came (contracts/topics).
        timestamp=None,
        headers=message.headers,
    )
    return added is not None


def _finish(taken: Sequence[tuple[Messages, asyncio.Future[None]]]) -> None:
    for _, done in taken:
        if not done.done():
            done.set_result(None)


def _fail(taken: Sequence[tuple[Messages, asyncio.Future[None]]], error: BaseException) -> None:
    for _, done in taken:
        if not done.done():
            done.set_exception(error)


async def apply_topics(
    bootstrap_servers: str, topics: Sequence[Topic], *, replication: int = 1
) -> list[str]:
    """Create the topics that are missing; answers their names. What exists is left as it is.

    From three replicas on, two must have a record before it is acknowledged (`IN_SYNC_MIN`).
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        wanted = [
            NewTopic(
                topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication,
                topic_configs=topic.config(replication=replication),
            )
            for topic in topics
        ]
        answer: Any = await admin.create_topics(wanted)
    finally:
        await admin.close()
    created = []
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code == 0:
            created.append(name)
        elif error is not TopicAlreadyExistsError:
            raise error(f"Topic {name} could not be created.")
    return created
