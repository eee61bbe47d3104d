"""The relay against a `send` per row, and against the rate at which our own code commits."""

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import CONNECTIONS, House, house
from bench.made_up.contract import ADVANCES, CounterAdvanced
from bench.made_up.main import SERVICE, advance
from bench.made_up.process import READY
from bench.processes import python
from bench.settings import Effort
from chassis import garbage, outbox
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.relay import Relay
from chassis.service import Context, open_context, opened
from contracts.envelope import headers_of, name_of

COUNTERS = 500
ROWS_PER_S = 5000
COMMITS_PER_S = 400
ROWS_AT_ONCE = 500
SEND_ROWS_MAX = 2000
PATIENCE_S = 60.0
SOURCE = "/services/bench"
POLL_S = 0.01
PER_S = "events per second"

_UNSENT = """
    select position, id, tenant_id, topic, aggregatetype, aggregateid, type, payload,
        happened_at, traceparent, created_at
    from outbox where sent_at is null order by position limit $1
"""
_MARK = """
    update outbox set sent_at = now()
    where sent_at is null and position = any($1::bigint[]) and created_at between $2 and $3
"""
_LEFT = "select count(*) from outbox where sent_at is null"

BATCHES = Contest(
    "relay.batches",
    "the relay: one batch per partition",
    "the same rows read and marked alike, but a `send` per row",
    PER_S,
    Bar(">=", 2),
)
ALONE = Contest(
    "relay.drain",
    "the relay drains a backlog",
    f"our own code commits: one event per transaction, {CONNECTIONS} connections, one process",
    PER_S,
    Bar(">=", 0.9),
    "one after the other; without a relay beside the commits",
)
TOGETHER = Contest(
    "relay.keeps_up",
    "sent by the relay, in a process of its own, beside the commits",
    f"committed by our own code: one event per transaction, {CONNECTIONS} connections",
    PER_S,
    Bar(">=", 0.9),
    "both at once: up to the last acknowledgement against up to the last commit; 1 is the most",
)


def measure(effort: Effort) -> Iterator[Line]:
    """Compare how many events a second leave."""
    # All sides run in a process that is set as a worker's is.
    garbage.settle()
    with house(SERVICE, further_topics=[ADVANCES]) as at:
        drained = uvloop.run(_drained(at, effort))
        yield BATCHES.told(drained.of(0, PER_S), drained.of(1, PER_S))
        yield ALONE.told(drained.of(0, PER_S), drained.of(2, PER_S))
        relay = at.start("relay", python("bench.made_up.process", "relay"))
        relay.wait_until_said(READY)
        together = uvloop.run(_together(at, effort))
        yield TOGETHER.told(together.of(0, "sent"), together.of(0, "committed"))


async def _drained(at: House, effort: Effort) -> Rounds:
    context = open_context(SERVICE, at.settings, SystemClock())
    rows, commits = effort.scaled(ROWS_PER_S), effort.scaled(COMMITS_PER_S)
    async with opened(SERVICE, context), _producer(context) as producer:
        await context.publisher.start()
        connection = await context.database.connect("relay")

        async def by_relay() -> Sample:
            await _fill(context, rows)
            relay = Relay(context.database, context.publisher, context.clock)
            began = time.perf_counter()
            while await relay.drain(connection):
                pass
            return await _rate(connection, rows, began)

        async def by_send() -> Sample:
            await _fill(context, rows)
            began = time.perf_counter()
            while await _drain_by_send(connection, producer):
                pass
            return await _rate(connection, rows, began)

        async def by_commits() -> Sample:
            began = time.perf_counter()
            await _commit(context, commits)
            took_s = time.perf_counter() - began
            await connection.execute("update outbox set sent_at = now() where sent_at is null")
            return {PER_S: commits / took_s}

        try:
            return await take_turns(effort.rounds, by_relay, by_send, by_commits)
        finally:
            await connection.close()


async def _together(at: House, effort: Effort) -> Rounds:
    context = open_context(SERVICE, at.settings, SystemClock())
    commits = effort.scaled(COMMITS_PER_S)
    async with opened(SERVICE, context), asyncio.TaskGroup() as tasks:
        waking = tasks.create_task(context.database.waker.run())
        connection = await context.database.connect("relay")

        async def both() -> Sample:
            began = time.perf_counter()
            await _commit(context, commits)
            committed_s = time.perf_counter() - began
            async with asyncio.timeout(PATIENCE_S):
                # The relay tells nobody when it is done.
                while await connection.fetchval(_LEFT):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
            sent_s = time.perf_counter() - began
            return {"sent": commits / sent_s, "committed": commits / committed_s}

        try:
            return await take_turns(effort.rounds, both)
        finally:
            waking.cancel()
            await connection.close()


async def _rate(connection: asyncpg.Connection, rows: int, began: float) -> Sample:
    took_s = time.perf_counter() - began
    if left := await connection.fetchval(_LEFT):
        raise RuntimeError(f"{left} rows were left behind.")
    return {PER_S: rows / took_s}


async def _fill(context: Context, rows: int) -> None:
    """Announce so many events, as many transactions of our own would."""
    counters = [new_id() for _ in range(COUNTERS)]
    tenant_id = new_id()
    for start in range(0, rows, ROWS_AT_ONCE):
        async with context.database.transaction(tenant_id) as session:
            for number in range(start, min(start + ROWS_AT_ONCE, rows)):
                event = CounterAdvanced(counter_id=counters[number % COUNTERS], number=number)
                outbox.add(session, event, at=context.clock.now())


async def _commit(context: Context, commits: int) -> None:
    """Commit as fast as our own code can."""
    numbers = iter(range(commits))
    tenant_id = new_id()

    async def go_on() -> None:
        counter_id = new_id()
        for number in numbers:
            async with context.database.transaction(tenant_id) as session:
                await advance(session, context.clock, counter_id, number)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(go_on())


def _producer(context: Context) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=context.settings.kafka_bootstrap_servers,
        acks="all",
        compression_type="lz4",
    )


async def _drain_by_send(connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
    rows = await connection.fetch(_UNSENT, SEND_ROWS_MAX)
    if rows:
        acknowledged = [await _send(producer, row) for row in rows]
        await asyncio.gather(*acknowledged)
        created = [row["created_at"] for row in rows]
        positions = [row["position"] for row in rows]
        await connection.execute(_MARK, positions, min(created), max(created))
    return len(rows)


async def _send(producer: AIOKafkaProducer, row: asyncpg.Record) -> "asyncio.Future[object]":
    name = name_of(row["tenant_id"], row["aggregatetype"], row["aggregateid"])
    sent: asyncio.Future[object] = await producer.send(
        row["topic"],
        key=name.key,
        value=row["payload"].encode(),
        headers=headers_of(
            name, str(row["id"]), row["type"], SOURCE, row["happened_at"], row["traceparent"]
        ),
    )
    return sent
