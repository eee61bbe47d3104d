"""The relay: takes committed events from the outbox to Kafka, in order, at least once.

One relay per database leads, by an advisory lock on a connection of its own that also does the
reading: whoever loses the connection has lost the lead. Rows leave in the order of their positions
and are marked after Kafka's acknowledgement. A cursor would be faster, but would overtake
transactions that committed late (`measurements` 3).
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
from aiokafka.errors import KafkaError

from chassis import outbox
from chassis.clock import Clock
from chassis.database import Database
from chassis.kafka import Message, Publisher
from chassis.telemetry import OUTBOX_SENT, OUTBOX_UNSENT, log
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

SENT_KEPT = timedelta(days=3)
"""Sent rows are kept for a rewind this long (design 10.18), then swept."""

SWEEP_INTERVAL_S = 600
SWEEP_ROWS_MAX = 50_000

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.relay'))"
_UNSENT = """
    select position, id, tenant_id, topic, aggregatetype, aggregateid, type, payload,
           happened_at, traceparent
    from outbox where sent_at is null order by position limit $1
"""
_MARK = "update outbox set sent_at = $1 where position = any($2::bigint[])"
_LAG = "select count(*) from outbox where sent_at is null"
_SWEEP = """
    delete from outbox where position in (
        select position from outbox where sent_at < $1 order by position limit $2)
"""


class Relay:
    """Moves one service's outbox; run it in as many processes as you like, one will lead."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._woken = asyncio.Event()
        self._swept_s = 0.0
        self.leading = False

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled. A database in trouble is waited out."""
        while True:
            try:
                await self._connected()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
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
            await self._sweep(connection)
            if sent == BATCH_ROWS_MAX:
                continue
            await asyncio.sleep(ROUND_INTERVAL_S_MIN)
            await _wait(self._woken, POLL_INTERVAL_S)

    async def drain(self, connection: asyncpg.Connection) -> int:
        """Send one batch of unsent rows and mark what was acknowledged; answers how many."""
        rows = await connection.fetch(_UNSENT, BATCH_ROWS_MAX)
        if not rows:
            OUTBOX_UNSENT.labels(self._database.service).set(0)
            return 0
        acknowledged = await self._send(rows)
        if acknowledged:
            await connection.execute(_MARK, self._clock.now(), acknowledged)
            OUTBOX_SENT.labels(self._database.service).inc(len(acknowledged))
        lag = await connection.fetchval(_LAG)
        OUTBOX_UNSENT.labels(self._database.service).set(lag)
        return len(acknowledged)

    async def _send(self, rows: Sequence[asyncpg.Record]) -> list[int]:
        """Send each partition's rows as one line; a line that fails is left as it is, unmarked."""
        lines: dict[tuple[str, int], list[asyncpg.Record]] = {}
        messages: dict[int, Message] = {}
        try:
            for row in rows:
                message = _message(row, self._database.service)
                place = (message.topic, await self._publisher.partition(message.topic, message.key))
                lines.setdefault(place, []).append(row)
                messages[row["position"]] = message
        except (KafkaError, OSError) as error:
            log("relay").warning("relay.kafka_trouble", error=type(error).__name__)
            await asyncio.sleep(RETRY_DELAY_S)
            return []
        sent = [
            self._publisher.enqueue(place, [messages[row["position"]] for row in line])
            for place, line in lines.items()
        ]
        results = await asyncio.gather(*sent, return_exceptions=True)
        return await self._acknowledged(list(lines.values()), results)

    async def _acknowledged(
        self, lines: Sequence[Sequence[asyncpg.Record]], results: Sequence[BaseException | None]
    ) -> list[int]:
        positions: list[int] = []
        failed = 0
        for line, result in zip(lines, results, strict=True):
            if result is None:
                positions += [row["position"] for row in line]
                continue
            if not isinstance(result, KafkaError | OSError):
                raise result
            failed += 1
            log("relay").warning("relay.line_failed", error=type(result).__name__)
        if failed:
            await asyncio.sleep(RETRY_DELAY_S)
        return positions

    async def _sweep(self, connection: asyncpg.Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._swept_s < SWEEP_INTERVAL_S:
            return
        self._swept_s = now_s
        await connection.execute(_SWEEP, self._clock.now() - SENT_KEPT, SWEEP_ROWS_MAX)


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


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return
