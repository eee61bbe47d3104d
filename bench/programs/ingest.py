"""Reported engagement over HTTP, durable before the answer, against bare produce loops."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec
import uvloop

from bench.company import Company, a_share, admit, let_hear, new_code
from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import House, house
from bench.load import PER_CPU_S as REQUESTS_PER_CPU_S
from bench.load import PER_S as REQUESTS_PER_S
from bench.load import Load, post
from bench.processes import output_of, python
from bench.produce_loop import Produced
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.ids import new_id
from contracts.sharing import ShareScheduled
from services.metrics.main import SERVICE

SIZES = (100, 500)
CONNECTIONS = 8
SHARES = 50
BODIES = 20
PER_S = "events per second"
PER_CPU_S = "events per second of the producing process's own processor time"
BAR = Bar(">=", 0.4)
BATCHES = "bare loop of aiokafka's send_batch: records made beforehand, acks=all, lz4"
SENDS = "bare loop of aiokafka's send: records made beforehand, acks=all, lz4"


def measure(effort: Effort) -> Iterator[Line]:
    """Compare by the clock, and by the processor time of the process that produces."""
    with house(SERVICE) as at:
        company = admit(at, SERVICE)
        shares = [a_share(new_code()) for _ in range(SHARES)]
        let_hear(at, SERVICE, company.tenant_id, shares)
        server = at.serve_ours("metrics", "--role", "web")
        for size in SIZES:
            load = Load(
                server, _bodies(company, shares, size), CONNECTIONS, effort.seconds, by_ours=True
            )
            taken = uvloop.run(_measured(at, effort, load, size))
            yield from _told(taken, size)


def _told(taken: Rounds, size: int) -> Iterator[Line]:
    compared = [
        (f"ingest.{size}", 2, SENDS, PER_S, BAR),
        (f"ingest.{size}.batches", 1, BATCHES, PER_S, None),
        (f"ingest.{size}.batches.cpu", 1, BATCHES, PER_CPU_S, None),
    ]
    for name, side, loop, unit, bar in compared:
        contest = Contest(
            name,
            f"POST /v1/engagements:batch of {size}, answered when Kafka has them",
            loop,
            unit,
            bar,
            f"load by our own loader, {CONNECTIONS} connections",
        )
        yield contest.told(taken.of(0, unit), taken.of(side, unit))


async def _measured(at: House, effort: Effort, load: Load, size: int) -> Rounds:
    async def reported() -> Sample:
        found = await load.measure()
        return {PER_S: found[REQUESTS_PER_S] * size, PER_CPU_S: found[REQUESTS_PER_CPU_S] * size}

    async def in_batches() -> Sample:
        return _produced(at, "send_batch", effort.seconds)

    async def one_by_one() -> Sample:
        return _produced(at, "send", effort.seconds)

    return await take_turns(effort.rounds, reported, in_batches, one_by_one)


def _produced(at: House, how: str, seconds: float) -> Sample:
    command = python("bench.produce_loop", how, str(seconds))
    told = msgspec.json.decode(output_of(command, environment=at.environment), type=Produced)
    return {PER_S: told.events / told.seconds, PER_CPU_S: told.events / told.cpu_s}


def _bodies(company: Company, shares: Sequence[ShareScheduled], size: int) -> list[bytes]:
    """Answer requests whose items are all accepted, and each its own event.

    The same request comes again after a while: then its events have the ids of before, which
    only their consumers can know. Kafka takes them all the same.
    """
    at = SystemClock().now() - timedelta(hours=1)
    requests = []
    for _ in range(BODIES):
        items = [
            {
                "id": str(new_id()),
                "share_id": str(shares[number % len(shares)].share_id),
                "kind": ("reaction", "comment", "reshare")[number % 3],
                "happened_at": at.isoformat(),
            }
            for number in range(size)
        ]
        body = msgspec.json.encode({"source": "linkedin-export", "items": items})
        requests.append(
            post("/v1/engagements:batch", body, f"Authorization: Bearer {company.token}")
        )
    return requests
