"""Which faults come when: drawn from a seed, so that a storm can be had again."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

EVENTS_PER_FAULT = 100
"""Of what is committed: often enough that faults meet, and seldom enough that work goes on."""


class Kind(StrEnum):
    """What can befall the platform."""

    WORKER_KILLED = "a worker and its relay are killed"
    WRITER_KILLED = "a writer is killed"
    WEB_KILLED = "the web process is killed"
    GATEWAY_KILLED = "the gateway is killed"
    BROKER_KILLED = "a broker is killed"
    DATABASE_KILLED = "the database is killed"
    DATABASE_STOPPED = "the database is stopped at once"
    LONG_TRANSACTION = "a transaction holds a low position open"


_LASTS_S = {
    Kind.WORKER_KILLED: (0.0, 1.0),
    Kind.WRITER_KILLED: (0.0, 1.0),
    Kind.WEB_KILLED: (0.0, 1.0),
    Kind.GATEWAY_KILLED: (0.0, 1.0),
    Kind.BROKER_KILLED: (0.5, 4.0),
    Kind.DATABASE_KILLED: (0.2, 2.0),
    Kind.DATABASE_STOPPED: (0.2, 2.0),
    Kind.LONG_TRANSACTION: (2.0, 8.0),
}


@dataclass(frozen=True)
class Fault:
    """One fault: it comes once so many events are committed, to whom, and how long it lasts."""

    at_events: int
    kind: Kind
    whom: int
    lasts_s: float

    def __str__(self) -> str:
        """Say it, for whoever reads what happened."""
        return f"at {self.at_events}: {self.kind} ({self.whom}), for {self.lasts_s:.1f} s"


def draw(seed: int, events: int) -> Sequence[Fault]:
    """Draw the faults of a storm: every kind in turn, in an order and at places of chance."""
    drawn = random.Random(seed)
    kinds = _shuffled(drawn)
    count = max(len(Kind), events // EVENTS_PER_FAULT)
    places = sorted(drawn.randrange(events // 20, events * 19 // 20) for _ in range(count))
    faults = []
    for place, kind in zip(places, kinds, strict=False):
        lasts_s = round(drawn.uniform(*_LASTS_S[kind]), 2)
        faults.append(Fault(place, kind, drawn.randrange(1000), lasts_s))
    return faults


def _shuffled(drawn: random.Random) -> Iterator[Kind]:
    while True:
        yield from drawn.sample(list(Kind), len(Kind))
