"""The relay: takes committed events from the outbox to Kafka, in order, at least once.

One relay per database leads, by an advisory lock on a connection of its own that also does the
reading: whoever loses the connection has lost the lead. Rows leave in the order of their positions
and are marked after Kafka's acknowledgement. A cursor would be faster, but would overtake
transactions that committed late (ADR 2).
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from aiokafka.errors import KafkaError

from chassis import outbox
from chassis.clock import Clock
from chassis.database import FAILURES, Database
from chassis.kafka import Message, Publisher
from chassis.telemetry import OUTBOX_SENT, OUTBOX_UNSENT, log
from chassis.waiting import wait_up_to
from contracts.envelope import Envelope

BATCH_ROWS_MAX = 2000
"""Past this the drain gets no faster, and a crash sends at most this many again."""

POLL_INTERVAL_S = 0.25
"""The safety net under NOTIFY: what a lost notification costs."""

LEAD_INTERVAL_S = 1.0
"""How often one that does not lead asks again."""

ROUND_INTERVAL_S_MIN = 0.005
"""At least this long between rounds, so that a stream of commits does not become one of queries."""

RETRY_DELAY_S = 0.5

TOPIC_TIMEOUT_S = 1.0
"""A topic that is missing is asked for in vain for as long as one waits; the others wait along."""

LAG_INTERVAL_S = 1.0
"""How often what waits is counted: a count reads all of it, which a long backlog makes dear."""

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.relay'))"
_UNSENT = """
    select position, id, tenant_id, topic, aggregatetype, aggregateid, type, payload,
           happened_at, traceparent
    from outbox where sent_at is null order by position limit $1
"""
_MARK = "update outbox set sent_at = $1 where position = any($2::bigint[])"
_LAG = "select count(*) from outbox where sent_at is null"


class Relay:
    """Moves one service's outbox; run it in as many processes as you like, one will lead."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._woken = asyncio.Event()
        self._counted_s = float("-inf")
        self.leading = False

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled. A database in trouble is waited out."""
        while True:
            try:
                await self._connected()
            except FAILURES as error:
                log("relay").warning("relay.database_trouble", error=type(error).__name__)
            finally:
                self.leading = False
            await asyncio.sleep(RETRY_DELAY_S)

    async def _connected(self) -> None:
        connection = await self._database.connect("relay")
        try:
            # A lock of another session cannot be waited for without holding a statement open.
            while not await connection.fetchval(_LOCK):  # noqa: ASYNC110
                await asyncio.sleep(LEAD_INTERVAL_S)
            await connection.add_listener(outbox.CHANNEL, lambda *_: self._woken.set())
            self.leading = True
            await self._lead(connection)
        finally:
            # Terminated, not closed: a close could wait for a server that does not answer.
            connection.terminate()

    async def _lead(self, connection: asyncpg.Connection) -> None:
        while True:
            self._woken.clear()
            sent = await self.drain(connection)
            await self._count(connection)
            if sent == BATCH_ROWS_MAX:
                continue
            await asyncio.sleep(ROUND_INTERVAL_S_MIN)
            await wait_up_to(POLL_INTERVAL_S, self._woken)

    async def drain(self, connection: asyncpg.Connection) -> int:
        """Send one batch of unsent rows and mark what was acknowledged; answers how many."""
        rows = await connection.fetch(_UNSENT, BATCH_ROWS_MAX)
        acknowledged = await self._send(rows) if rows else []
        if acknowledged:
            await self._mark(connection, acknowledged)
        return len(acknowledged)

    async def _mark(self, connection: asyncpg.Connection, positions: Sequence[int]) -> None:
        await connection.execute(_MARK, self._clock.now(), positions)
        OUTBOX_SENT.labels(self._database.service).inc(len(positions))

    async def _send(self, rows: Sequence[asyncpg.Record]) -> list[int]:
        """Send each partition's rows as one line; a line that fails is left as it is, unmarked."""
        lines = await self._lines(rows)
        sent = [
            self._publisher.enqueue(place, [message for _, message in line])
            for place, line in lines.items()
        ]
        results = await asyncio.gather(*sent, return_exceptions=True)
        acknowledged: list[int] = []
        for (topic, partition), result in zip(lines, results, strict=True):
            if result is None:
                acknowledged += [position for position, _ in lines[topic, partition]]
                continue
            if not isinstance(result, KafkaError | OSError):
                raise result
            log("relay").warning(
                "relay.line_failed", topic=topic, partition=partition, error=type(result).__name__
            )
        if len(acknowledged) < len(rows):
            await asyncio.sleep(RETRY_DELAY_S)
        return acknowledged

    async def _lines(
        self, rows: Sequence[asyncpg.Record]
    ) -> dict[tuple[str, int], list[tuple[int, Message]]]:
        """Sort rows into their partitions' lines; a topic that cannot be asked for waits whole."""
        topics = {row["topic"] for row in rows}
        answers = await asyncio.gather(*(self._knows(topic) for topic in topics))
        known = {topic for topic, answer in zip(topics, answers, strict=True) if answer}
        lines: dict[tuple[str, int], list[tuple[int, Message]]] = {}
        for row in rows:
            if row["topic"] in known:
                message = _message(row, self._database.service)
                partition = await self._publisher.partition(message.topic, message.key)
                lines.setdefault((message.topic, partition), []).append((row["position"], message))
        return lines

    async def _knows(self, topic: str) -> bool:
        try:
            async with asyncio.timeout(TOPIC_TIMEOUT_S):
                await self._publisher.partition(topic, b"")
        # TimeoutError is an OSError.
        except (KafkaError, OSError) as error:
            log("relay").warning("relay.topic_unknown", topic=topic, error=type(error).__name__)
            return False
        return True

    async def _count(self, connection: asyncpg.Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._counted_s >= LAG_INTERVAL_S:
            self._counted_s = now_s
            OUTBOX_UNSENT.labels(self._database.service).set(await connection.fetchval(_LAG))


def _message(row: asyncpg.Record, service: str) -> Message:
    payload = row["payload"]
    envelope = Envelope(
        id=UUID(bytes=row["id"].bytes),
        type=row["type"],
        source=f"/services/{service}",
        time=row["happened_at"],
        kind=row["aggregatetype"],
        aggregate_id=UUID(bytes=row["aggregateid"].bytes),
        tenant_id=UUID(bytes=row["tenant_id"].bytes),
        data=payload.encode() if payload is not None else None,
        traceparent=row["traceparent"],
    )
    return Message(
        topic=row["topic"],
        key=envelope.key,
        value=envelope.data,
        headers=envelope.headers(),
        time_ms=int(envelope.time.timestamp() * 1000),
    )
