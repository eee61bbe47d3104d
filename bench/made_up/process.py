"""A process of the made-up service: `python -m bench.made_up.process relay|worker [STAMPS]`.

It says `ready` when its relay leads and, for a worker, when it reads.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from bench.made_up.contract import ADVANCES, CounterAdvanced
from bench.made_up.main import SERVICE
from chassis import telemetry
from chassis.clock import SystemClock
from chassis.consumer import Consumer, Ending
from chassis.messages import Record
from chassis.relay import Relay
from chassis.run import new_worker, serve
from chassis.service import Context, open_context, opened
from chassis.settings import ServiceSettings

LEAD_POLL_S = 0.02
READY = "ready"


class Stamping(Consumer):
    """Notes when what it took in has come to effect: after the commit of the batch."""

    def __init__(self, context: Context, stamps: Path) -> None:
        super().__init__(SERVICE.name, SERVICE.handlers, context.database, context.clock)
        self._stamps = stamps.open("ab", buffering=0)

    async def take_in(
        self, records: Sequence[Record], *, may_be_behind: bool = False
    ) -> Counter[Ending]:
        """Take a batch in, then note the numbers and the machine's monotonic time."""
        endings = await super().take_in(records, may_be_behind=may_be_behind)
        now_ns = time.monotonic_ns()
        numbers = [
            CounterAdvanced.read(record.value).number
            for record in records
            if record.topic == ADVANCES.name and record.value
        ]
        self._stamps.write(msgspec.json.encode([now_ns, numbers]) + b"\n")
        return endings


async def _say_when_leading(relay: Relay, reading: asyncio.Event) -> None:
    await reading.wait()
    # Nothing to wait on: who leads is only known to the relay.
    while not relay.leading:  # noqa: ASYNC110
        await asyncio.sleep(LEAD_POLL_S)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


async def _relay(settings: ServiceSettings) -> None:
    context = open_context(SERVICE, settings, SystemClock())
    async with opened(SERVICE, context):
        await context.publisher.connect()
        relay = Relay(context.database, context.publisher, context.clock)
        reads_nothing = asyncio.Event()
        reads_nothing.set()
        await asyncio.gather(relay.run(), _say_when_leading(relay, reads_nothing))


async def _work(settings: ServiceSettings, stamps: Path) -> None:
    worker = new_worker(SERVICE, settings)
    worker.consumer = Stamping(worker._context, stamps)
    telling = asyncio.create_task(_say_when_leading(worker.relay, worker.reading))
    await serve([], [worker])
    telling.cancel()


def main(mode: str, stamps: str = "") -> None:
    """Run one mode until told to stop."""
    settings = ServiceSettings()
    telemetry.set_up(SERVICE.name, settings)
    uvloop.run(_relay(settings) if mode == "relay" else _work(settings, Path(stamps)))


if __name__ == "__main__":
    main(*sys.argv[1:])
