"""A process that writes: python -m ... SEED TENANT JOURNAL COUNTER...

It advances counters, several at a time, rolls one in ten back, and notes in a journal what it was
told is committed. What was noted outlives a kill -9, as a write is the system's from then on.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from chassis import outbox, telemetry
from chassis.clock import SystemClock
from chassis.database import Database, is_trouble
from chassis.settings import ServiceSettings
from tests.chassis.scratch_service import use_cases

AT_A_TIME = 2
ROLLED_BACK = "rolled back"
"""The words of an advance that must never be seen."""

ROLLED_BACK_RATIO = 0.1
PACE_S = 0.05


class ChangeOfMind(Exception):
    """The writer does not want it after all."""


class Writer:
    """Writes for a tenant, and keeps a journal."""

    def __init__(self, database: Database, tenant_id: UUID, journal: Path) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._clock = SystemClock()
        # Not buffered: a line is either whole and kept, or was never told.
        self._journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def write(self, drawn: random.Random, counters: Sequence[UUID]) -> None:
        """Write until the process ends."""
        while True:
            try:
                await self._advance(drawn, drawn.choice(counters))
            except ChangeOfMind:
                pass
            except Exception as error:
                if not is_trouble(error):
                    raise
            await asyncio.sleep(drawn.uniform(0, 2 * PACE_S))

    async def _advance(self, drawn: random.Random, counter: UUID) -> None:
        unwanted = drawn.random() < ROLLED_BACK_RATIO
        words = ROLLED_BACK if unwanted else f"{os.getpid()}-{drawn.getrandbits(64):x}"
        async with self._database.transaction(self._tenant_id) as session:
            number = await use_cases.advance(session, self._clock, counter, words)
            if unwanted:
                # As late as can be: the announcement has been written, too.
                await outbox.write(session)
                raise ChangeOfMind
        line = json.dumps({"counter_id": str(counter), "number": number, "words": words})
        os.write(self._journal, f"{line}\n".encode())


async def main(seed: str, tenant_id: str, journal: str, *counters: str) -> None:
    """Write until killed."""
    settings = ServiceSettings()
    telemetry.set_up("scratch", settings)
    database = Database(settings, "scratch")
    writer = Writer(database, UUID(tenant_id), Path(journal))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(database.waker.run())
        for number in range(AT_A_TIME):
            drawn = random.Random(f"{seed}-{number}")
            tasks.create_task(writer.write(drawn, [UUID(counter) for counter in counters]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
