"""A process of the made-up service, for tests that watch one end: python -m ... MODE [PORT]."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from chassis import telemetry
from chassis.auth import IssuerUnavailable
from chassis.consumer import Consumer, Ending
from chassis.messages import Record
from chassis.relay import Relay
from chassis.run import Worker, health_app, new_worker, serve
from chassis.service import Context, Service, build_app
from chassis.settings import ServiceSettings
from tests.chassis.scratch_service.contract import ADVANCES
from tests.chassis.scratch_service.main import SERVICE

STAY_S, AWAY_S = 2.0, 0.5


def say(word: str) -> None:
    """Tell the test that something has been reached."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def break_down(_context: Context) -> None:
    """Fail, as a loop with a fault does."""
    raise IssuerUnavailable("a fault")


@asynccontextmanager
async def missing(context: Context) -> AsyncIterator[None]:
    """Fail at the start, as a client that cannot be made does."""
    if context.resources is None:
        raise IssuerUnavailable("a fault")
    yield


async def tell_when_ready(worker: Worker) -> None:
    """Say that the worker reads, and when its relay leads."""
    await worker.reading.wait()
    say("reading")
    # Nothing to wait on: who leads is only known to the relay.
    while not worker.relay.leading:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    say("leading")


class StopsBeforeMark(Relay):
    """Stands still between Kafka's acknowledgement and the mark."""

    async def _mark(self, *_: object) -> None:
        say("here")
        await asyncio.Event().wait()


class StopsBeforeOffset(Consumer):
    """Stands still between the commit and the offset, once an advance has come to effect."""

    async def take_in(
        self, records: Sequence[Record], *, may_be_behind: bool = False
    ) -> Counter[Ending]:
        advances = [record for record in records if record.topic == ADVANCES.name]
        others = [record for record in records if record.topic != ADVANCES.name]
        endings = await super().take_in(others, may_be_behind=may_be_behind)
        effects = await super().take_in(advances, may_be_behind=may_be_behind)
        # States come first, and what other tests have left in the topic has no effect.
        if effects["done"]:
            say("here")
            await asyncio.Event().wait()
        return endings + effects


async def work(service: Service, settings: ServiceSettings, mode: str) -> None:
    """Run a worker, perhaps one that stands still at a labelled point."""
    worker = new_worker(service, settings)
    context = worker._context
    if mode == "before-mark":
        worker.relay = StopsBeforeMark(context.database, context.publisher, context.clock)
    if mode == "before-offset":
        worker.consumer = StopsBeforeOffset(
            service.name, service.handlers, context.database, context.clock
        )
    telling = asyncio.create_task(tell_when_ready(worker))
    await serve([], [worker])
    telling.cancel()


async def come_and_go(settings: ServiceSettings) -> None:
    """Let workers join and leave the group in turns: each time, partitions are dealt anew."""
    while True:
        worker = asyncio.create_task(new_worker(SERVICE, settings).run())
        await asyncio.wait([worker], timeout=STAY_S)
        worker.cancel()
        await asyncio.wait([worker])
        if not worker.cancelled():
            worker.result()
        await asyncio.sleep(AWAY_S)


async def main(mode: str, port: int) -> None:
    """Run one mode until it ends."""
    settings = ServiceSettings()
    telemetry.set_up("scratch", settings)
    if mode in {"work", "before-mark", "before-offset"}:
        await work(SERVICE, settings, mode)
    elif mode == "web":
        await serve([(build_app(SERVICE, settings), "127.0.0.1", port)])
    elif mode == "come-and-go":
        await come_and_go(settings)
    elif mode == "loop-fails":
        worker = new_worker(replace(SERVICE, loops=[break_down]), settings)
        await serve([(health_app([worker]), "127.0.0.1", port)], [worker])
    elif mode == "web-loop-fails":
        app = build_app(replace(SERVICE, web_loops=[break_down]), settings)
        await serve([(app, "127.0.0.1", port)])
    elif mode == "start-fails":
        app = build_app(replace(SERVICE, resources=missing), settings)
        await serve([(app, "127.0.0.1", port)])
    else:
        worker = new_worker(SERVICE, settings)
        app = build_app(SERVICE, settings)
        await serve([(app, "127.0.0.1", port)], [worker])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
