"""The tracked redirect as it is served and counted, against a bare uvicorn that says hello."""

import asyncio
from collections.abc import Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.company import a_share, admit, let_hear, new_code
from bench.comparing import Bar, Contest, Line, Rounds, take_turns
from bench.house import House, house
from bench.load import PER_CPU_S, PER_S, Load, get, loader_name
from bench.settings import Effort
from contracts.topics import ENGAGEMENT
from services.metrics.main import SERVICE

LINKS = 500
AGENT = "User-Agent: Mozilla/5.0"
CONNECTIONS = 64
BAR = Bar(">=", 0.70)
COUNTED_WITHIN_S = 30.0
POLL_S = 0.2
SETTLE_S = 0.2
"""The clicks of the last moment are on their way out, which is part of what they cost."""


def links(at: House) -> list[bytes]:
    """Let metrics hear of a company and its links; answers requests for them."""
    company = admit(at, SERVICE)
    codes = [new_code() for _ in range(LINKS)]
    let_hear(at, SERVICE, company.tenant_id, [a_share(code) for code in codes])
    return [get(f"/r/{code}", AGENT) for code in codes]


def measure(effort: Effort) -> Iterator[Line]:
    """Compare by processor time, which does not depend on the load tool, and by the clock."""
    with house(SERVICE) as at:
        requests = links(at)
        server, hello = at.serve_ours("metrics", "--role", "web"), at.serve_peer("hello")
        ours = Load(server, requests, CONNECTIONS, effort.seconds, settle_s=SETTLE_S)
        bare = Load(hello, [get("/", AGENT)], CONNECTIONS, effort.seconds, settle_s=SETTLE_S)
        ours.warm_up()
        taken = asyncio.run(_counted(at, effort, ours, bare))
    for unit, name, bar in ((PER_CPU_S, "redirect.cpu", BAR), (PER_S, "redirect.wall", None)):
        contest = Contest(
            name,
            "GET /r/{code}, counted: metrics' web process with its front",
            "bare uvicorn, raw ASGI hello",
            unit,
            bar,
            f"load by {loader_name()}, {CONNECTIONS} connections, {LINKS} links",
        )
        yield contest.told(taken.of(0, unit), taken.of(1, unit))


async def _counted(at: House, effort: Effort, ours: Load, bare: Load) -> Rounds:
    taken = await take_turns(effort.rounds, ours.measure, bare.measure)
    answered = LINKS + taken.warm_up[0]["answered"] + sum(taken.of(0, "answered"))
    async with asyncio.timeout(COUNTED_WITHIN_S):
        # Kafka tells nobody that the last click has come.
        while await _clicks(at) < answered:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
    return taken


async def _clicks(at: House) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=at.settings.kafka_bootstrap_servers)
    await consumer.start()
    try:
        places = [TopicPartition(ENGAGEMENT.name, n) for n in range(ENGAGEMENT.partitions)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()
