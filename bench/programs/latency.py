"""From the end of a commit to the end of the commit that it leads to, in another process."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from uuid import UUID

import msgspec
import uvloop

from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import CONNECTIONS, House, house
from bench.made_up.contract import ADVANCES
from bench.made_up.main import SERVICE, advance
from bench.made_up.process import READY
from bench.processes import python
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.service import Context, open_context, opened

EVENTS_PER_S = 400
COUNTERS = 100
ROUND_S = 4
"""Times the length of other measurements: a percentile needs many events."""

PATIENCE_S = 60.0
POLL_S = 0.05
UNIT = "ms"
WHAT = (
    "from a commit to the commit that it leads to: outbox, NOTIFY, relay, Apache Kafka, worker;"
    f" {EVENTS_PER_S} events/s wanted, relay and worker in one process of their own"
)


def measure(effort: Effort) -> Iterator[Line]:
    """Tell how long it takes: figures of this machine, in milliseconds, and no ratio."""
    with house(SERVICE, further_topics=[ADVANCES]) as at:
        stamps = at.scratch / "stamps"
        stamps.touch()
        worker = at.start("worker", python("bench.made_up.process", "worker", str(stamps)))
        worker.wait_until_said(READY)
        taken = uvloop.run(_measured(at, effort, stamps))
    pace = median(taken.of(0, "pace"))
    note = f"an absolute figure; {pace:.0f} events/s were committed"
    for name, bar in (("p50", None), ("p99", Bar("<=", 50))):
        contest = Contest(f"latency.{name}", f"{name} {WHAT}", None, UNIT, bar, note)
        yield contest.told(taken.of(0, name))


async def _measured(at: House, effort: Effort, stamps: Path) -> Rounds:
    context = open_context(SERVICE, at.settings, SystemClock())
    numbers = itertools.count()
    count = effort.scaled(EVENTS_PER_S * ROUND_S)
    tenant_id, counters = new_id(), [new_id() for _ in range(COUNTERS)]
    async with opened(SERVICE, context), asyncio.TaskGroup() as tasks:
        waking = tasks.create_task(context.database.waker.run())

        async def one_round() -> Sample:
            mine = list(itertools.islice(numbers, count))
            committed = await _commit(context, tenant_id, counters, mine)
            consumed = await _consumed(stamps, mine)
            took_s = (max(committed.values()) - min(committed.values())) / 1e9
            took = sorted((consumed[number] - committed[number]) / 1e6 for number in mine)
            p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
            return {"p50": p50, "p99": p99, "pace": len(mine) / took_s}

        taken = await take_turns(effort.rounds, one_round)
        waking.cancel()
    return taken


async def _commit(
    context: Context, tenant_id: UUID, counters: list[UUID], numbers: list[int]
) -> dict[int, int]:
    """Commit at the pace of EVENTS_PER_S, or as fast as can be; answers when each had ended."""
    committed: dict[int, int] = {}

    async def one(number: int) -> None:
        async with context.database.transaction(tenant_id) as session:
            await advance(session, context.clock, counters[number % COUNTERS], number)
        committed[number] = time.monotonic_ns()

    waiting = iter(enumerate(numbers))
    began = time.perf_counter()

    async def go_on() -> None:
        for place, number in waiting:
            await asyncio.sleep(max(0.0, began + place / EVENTS_PER_S - time.perf_counter()))
            await one(number)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(go_on())
    return committed


async def _consumed(stamps: Path, numbers: list[int]) -> dict[int, int]:
    """Wait until all of them have come to effect; answers when each had."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            seen = await asyncio.to_thread(_seen, stamps)
            if all(number in seen for number in numbers):
                return seen
            await asyncio.sleep(POLL_S)


def _seen(stamps: Path) -> dict[int, int]:
    return {
        number: at_ns
        for line in stamps.read_bytes().splitlines()
        for at_ns, told in [msgspec.json.decode(line, type=tuple[int, list[int]])]
        for number in told
    }
