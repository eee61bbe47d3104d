"""Tells operators that dead letters wait for a person: as a gauge, in the log, and on /ready."""

import asyncio
from datetime import datetime

from chassis import dead_letters
from chassis.clock import Clock
from chassis.database import Database, is_trouble
from chassis.dead_letters import Waiting
from chassis.telemetry import DEAD_LETTERS_PARKED, log

INTERVAL_S = 30.0
"""An index of those that wait is read, not their bodies: next to nothing, and soon enough."""

TOLD_INTERVAL_S = 300.0
"""Often enough for whoever watches the log for errors, and seldom enough to be read."""


class Unsettled:
    """Counts now and then what waits for a person among the dead letters of a service."""

    def __init__(self, service: str, database: Database, clock: Clock) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._told_s = float("-inf")
        self._counted: Waiting | None = None
        self._counted_at: datetime | None = None

    async def run(self) -> None:
        """Count until cancelled. A database in trouble is asked again next time."""
        while True:
            try:
                await self.count()
            except Exception as error:
                if not is_trouble(error):
                    raise
                log("dead_letters").warning("dead_letters.trouble", error=type(error).__name__)
            await asyncio.sleep(INTERVAL_S)

    async def count(self) -> None:
        """Count once; tells the log as an error, every few minutes, when anything waits."""
        async with self._database.transaction() as session:
            waiting = await dead_letters.waiting(session, self._service)
        self._counted, self._counted_at = waiting, self._clock.now()
        DEAD_LETTERS_PARKED.labels(self._service).set(waiting.letters)
        now_s = asyncio.get_running_loop().time()
        if waiting.oldest is not None and now_s - self._told_s >= TOLD_INTERVAL_S:
            self._told_s = now_s
            age = self._counted_at - waiting.oldest
            log("dead_letters").error(
                "dead_letters.waiting",
                of=self._service,
                letters=waiting.letters,
                oldest_age_s=round(age.total_seconds()),
            )

    async def detail(self) -> dict[str, object]:
        """Answer what was counted last, for /ready; None where nothing was counted yet."""
        counted = self._counted
        return {
            "parked": counted.letters if counted else None,
            "oldest_parked_at": _instant(counted.oldest) if counted else None,
            "counted_at": _instant(self._counted_at),
        }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
