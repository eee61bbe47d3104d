"""What a storm must not have done, found in nothing but tables, topics and journals."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from chassis.settings import ServiceSettings
from tests.chassis.checker import Advance, Evidence, as_owner, findings, gather, gather_tallies
from tests.chassis.writing_process import ROLLED_BACK


@dataclass(frozen=True)
class Told:
    """An advance of which somebody was told that it is committed; the words where they gave any."""

    counter_id: str
    number: int
    words: str = ""


@dataclass(frozen=True)
class Remains:
    """All there is after a storm."""

    evidence: Evidence
    told: Sequence[Told]
    numbers: dict[str, int]
    """Of each counter, as its own row says."""
    tallies_committed: Sequence[Advance]
    tallies_in_topic: Sequence[Advance]
    parked: int


def damage(remains: Remains) -> list[str]:
    """Answer what the storm has broken, in words; nothing when all held."""
    return [
        *findings(remains.evidence),
        *_seen_though_rolled_back(remains.evidence),
        *_kept_unsaid(remains.evidence.committed, remains.told),
        *_untrue(remains.evidence.committed, remains.told),
        *_state_without_announcement(remains),
        *_tallies(remains),
        *([f"{remains.parked} were parked"] if remains.parked else []),
    ]


def _seen_though_rolled_back(evidence: Evidence) -> Iterable[str]:
    for where, advances in (("tables", evidence.committed), ("topic", evidence.in_topic)):
        for one in advances:
            if one.words == ROLLED_BACK:
                yield f"rolled back, but in the {where}: {one}"


def _untrue(committed: Sequence[Advance], told: Sequence[Told]) -> Iterable[str]:
    kept = {(one.counter_id, one.number): one.words for one in committed}
    for one in told:
        words = kept.get((one.counter_id, one.number))
        if words is None:
            yield f"told, but not kept: {one}"
        elif words != one.words:
            yield f"told, but kept as another's {words}: {one}"
    for place, times in Counter((one.counter_id, one.number) for one in told).items():
        if times > 1:
            yield f"told {times} times: {place}"


def _kept_unsaid(committed: Sequence[Advance], told: Sequence[Told]) -> Iterable[str]:
    """Find what came of a wish a second time: who asks over HTTP goes on until it is told."""
    known = {(one.counter_id, one.number) for one in told}
    for one in committed:
        if not one.words and (one.counter_id, one.number) not in known:
            yield f"kept, but nobody was told: {one}"


def _state_without_announcement(remains: Remains) -> Iterable[str]:
    announced = Counter(one.counter_id for one in remains.evidence.committed)
    for counter_id in sorted(set(announced) | set(remains.numbers)):
        number = remains.numbers.get(counter_id, 0)
        if number != announced[counter_id]:
            yield f"{counter_id} is at {number}, announced were {announced[counter_id]}"


def _tallies(remains: Remains) -> Iterable[str]:
    committed = {one.event_id for one in remains.tallies_committed}
    first: dict[str, Advance] = {}
    for one in remains.tallies_in_topic:
        first.setdefault(one.event_id, one)
    yield from (f"tally lost: {one}" for one in sorted(committed - set(first)))
    yield from (f"tally never committed: {one}" for one in sorted(set(first) - committed))
    in_order: dict[str, list[int]] = defaultdict(list)
    for one in first.values():
        in_order[one.counter_id].append(one.number)
    for counter_id, numbers in in_order.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"tallies of {counter_id} out of order: {numbers}"
        if len(numbers) != remains.evidence.tallies.get(counter_id, 0):
            yield f"tallies of {counter_id}: {len(numbers)} were announced"


def read_journal(journal: Path) -> list[Told]:
    """Answer what a writer has noted; a last line that is torn was never told."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    return [Told(**json.loads(line)) for line in lines]


async def gather_remains(
    settings: ServiceSettings, tenant_id: UUID, told: Sequence[Told]
) -> Remains:
    """Gather what a storm has left of a tenant's counters."""
    connection = await as_owner(settings)
    try:
        numbers = await connection.fetch(
            "select counter_id, number from counters where tenant_id = $1", tenant_id
        )
        parked = await connection.fetchval("select count(*) from dead_letters")
    finally:
        await connection.close()
    committed, in_topic = await gather_tallies(settings, tenant_id)
    return Remains(
        evidence=await gather(settings, tenant_id),
        told=told,
        numbers={str(row["counter_id"]): row["number"] for row in numbers},
        tallies_committed=committed,
        tallies_in_topic=in_topic,
        parked=parked,
    )
