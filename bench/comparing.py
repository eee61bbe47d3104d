"""A against B in one run: in turn, round by round, told as one JSON line with the ratio."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Literal

import msgspec

from bench.machine import Machine, this_machine
from chassis.clock import SystemClock

Sample = Mapping[str, float]
"""What one measurement has found, by unit."""

Measure = Callable[[], Awaitable[Sample]]


@dataclass(frozen=True)
class Bar:
    """What the project promises: a ratio, or a figure where there is no B, on one side of it."""

    sign: Literal[">=", "<="]
    limit: float

    def __str__(self) -> str:
        """Answer it as people write it."""
        return f"{self.sign} {self.limit:g}"

    def reached_by(self, figure: float) -> bool:
        """Answer whether the promise is kept."""
        return figure >= self.limit if self.sign == ">=" else figure <= self.limit


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One comparison as it is printed, kept and shown: a ratio A/B, or a figure without B."""

    name: str
    a: str
    b: str | None
    unit: str
    rounds: int
    a_median: float | None
    b_median: float | None
    ratio: float | None
    spread: tuple[float, float] | None
    """From the lowest to the highest round: of the ratio, or of the figure without B."""
    bar: str | None
    reached: bool | None
    note: str | None
    measured_on: date
    machine: Machine

    @property
    def program(self) -> str:
        """Answer which program has found it."""
        return self.name.split(".")[0]


@dataclass(frozen=True)
class Contest:
    """What is compared, before anything is measured."""

    name: str
    a: str
    b: str | None
    unit: str
    bar: Bar | None = None
    note: str | None = None

    def told(self, ours: Sequence[float], theirs: Sequence[float] = ()) -> Line:
        """Answer the line for what each round has found; rounds are compared one by one.

        So a machine that is slow for a while is slow for both.
        """
        figures = [a / b for a, b in zip(ours, theirs, strict=True)] if self.b else list(ours)
        figure = median(figures)
        return msgspec.structs.replace(
            self._line(),
            rounds=len(ours),
            a_median=_short(median(ours)),
            b_median=_short(median(theirs)) if self.b else None,
            ratio=_short(figure) if self.b else None,
            spread=(_short(min(figures)), _short(max(figures))),
            reached=self.bar.reached_by(figure) if self.bar else None,
        )

    def not_measured(self, why: str) -> Line:
        """Answer the line for what cannot be measured on this machine."""
        return msgspec.structs.replace(self._line(), note=f"not measured here: {why}")

    def _line(self) -> Line:
        return Line(
            name=self.name,
            a=self.a,
            b=self.b,
            unit=self.unit,
            rounds=0,
            a_median=None,
            b_median=None,
            ratio=None,
            spread=None,
            bar=str(self.bar) if self.bar else None,
            reached=None,
            note=self.note,
            measured_on=SystemClock().now().date(),
            machine=this_machine(),
        )


@dataclass
class Rounds:
    """What was found, round by round and side by side."""

    warm_up: tuple[Sample, ...]
    """What the turn before the first has found, which does not count."""
    found: list[tuple[Sample, ...]] = field(default_factory=list)

    def of(self, side: int, unit: str) -> list[float]:
        """Answer one side's figures in a unit."""
        return [samples[side][unit] for samples in self.found]


async def take_turns(rounds: int, *sides: Measure) -> Rounds:
    """Measure A B A B, after one turn of each that does not count."""
    taken = Rounds(tuple([await measure() for measure in sides]))
    for _ in range(rounds):
        taken.found.append(tuple([await measure() for measure in sides]))
    return taken


def _short(figure: float) -> float:
    """Round to four figures: more would only look exact."""
    return float(f"{figure:.4g}")
