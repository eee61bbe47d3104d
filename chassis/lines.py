"""Which lines of the relay are held up: one has not arrived yet, or could not be sent a moment ago.

A line is what goes to one partition, in its order; a topic nobody can be asked about is held whole.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import asyncpg

RETRY_DELAY_S = 0.5
RETRY_DELAY_S_MAX = 5.0
"""Tries of a line that fails are doubled up to here: a broker that restarts is back within."""

PROBE_ROWS_MAX = 100
"""Of a line that has failed, so many are tried: a long backlog must not fill the others' batch."""

Place = tuple[str, int]
"""A topic and one of its partitions."""


@dataclass(frozen=True)
class _Failing:
    """A line, or a whole topic, that could not be sent: when it is tried again, after how long."""

    due_s: float
    delay_s: float


@dataclass(frozen=True)
class _Late:
    """A line that is on its way: when it arrives, these rows are sent."""

    arrives: asyncio.Future[None]
    rows: Sequence[asyncpg.Record]


class HeldUp:
    """Remembers lines that are late or failing, so that the others need not wait for them."""

    def __init__(self) -> None:
        self._failing: dict[Place | str, _Failing] = {}
        self._late: dict[Place, _Late] = {}

    def __bool__(self) -> bool:
        """Answer whether any line is late, or has failed and not succeeded since."""
        return bool(self._failing or self._late)

    def forget(self) -> None:
        """Begin anew, as whoever has just taken the lead."""
        self._failing.clear()
        self._late.clear()

    def fail(self, line: Place | str) -> None:
        """Note that a line, or all that is for a topic, could not be sent now."""
        before = self._failing.get(line)
        delay_s = min(before.delay_s * 2, RETRY_DELAY_S_MAX) if before else RETRY_DELAY_S
        self._failing[line] = _Failing(_now_s() + delay_s, delay_s)

    def free(self, line: Place | str) -> None:
        """Note that a line goes again."""
        self._failing.pop(line, None)

    def be_late(
        self, place: Place, arrives: asyncio.Future[None], rows: Sequence[asyncpg.Record]
    ) -> None:
        """Note that nobody knows yet whether a line has arrived."""
        self._late[place] = _Late(arrives, rows)

    def ended(self) -> list[tuple[Place, asyncio.Future[None], Sequence[asyncpg.Record]]]:
        """Answer the late lines of which it is known by now, and let them go."""
        over = {place: late for place, late in self._late.items() if late.arrives.done()}
        for place in over:
            del self._late[place]
        return [(place, late.arrives, late.rows) for place, late in over.items()]

    async def all_ended(self) -> None:
        """Wait until of no line anything is unknown."""
        if self._late:
            await asyncio.wait([late.arrives for late in self._late.values()])

    def holds(self, line: Place | str) -> bool:
        """Answer whether a line, or a topic, must not be sent now."""
        failing = self._failing.get(line)
        return line in self._late or (failing is not None and _now_s() < failing.due_s)

    def topics(self) -> list[str]:
        """Answer the topics of which nothing must be sent now."""
        return [line for line in self._failing if isinstance(line, str) and self.holds(line)]

    def probed(self) -> dict[Place, int]:
        """Answer how many rows of each failing line may be tried now."""
        return {line: PROBE_ROWS_MAX for line in self._failing if not isinstance(line, str)}

    def met(self, lines: Collection[Place | str]) -> None:
        """Let failing lines go that are due and for which nothing waits any more."""
        for line in [one for one in self._failing if one not in lines and not self.holds(one)]:
            self.free(line)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
