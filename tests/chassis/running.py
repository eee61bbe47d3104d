"""Running a worker of the made-up service inside a test, and waiting for what it does."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.run import Worker, new_worker
from chassis.settings import ServiceSettings
from tests.chassis.checker import count, left_to_read
from tests.chassis.scratch_service.main import SERVICE
from tests.patience import PATIENCE_S, until


@asynccontextmanager
async def working(settings: ServiceSettings, worker: Worker | None = None) -> AsyncIterator[Worker]:
    """Let a worker run; at the end it is cancelled, as SIGTERM would."""
    running = worker or new_worker(SERVICE, settings)
    task = asyncio.create_task(running.run())
    ready = asyncio.create_task(running.reading.wait())
    try:
        begun, _ = await asyncio.wait(
            [task, ready], timeout=PATIENCE_S, return_when=FIRST_COMPLETED
        )
        assert begun, "The worker does not read."
        yield running
    finally:
        ready.cancel()
        task.cancel()
        ended, _ = await asyncio.wait([task], timeout=PATIENCE_S)
        assert ended, f"The worker does not end: {[one.get_coro() for one in asyncio.all_tasks()]}"
        if not task.cancelled() and (error := task.exception()):
            raise error


async def all_counted(settings: ServiceSettings, tenant_id: UUID, *, at_least: int) -> None:
    """Wait until every advance of a tenant is sent and has come to effect."""

    async def done() -> bool:
        found = await count(settings, tenant_id)
        return found.unsent == 0 and found.committed == found.effective >= at_least

    await until(done)


async def all_read(settings: ServiceSettings) -> None:
    """Wait until the service has ticked off every record that Kafka holds for it, repeats too."""

    async def done() -> bool:
        return await left_to_read(settings) == 0

    await until(done)


async def some_counted(settings: ServiceSettings, tenant_id: UUID, *, at_least: int) -> None:
    """Wait until so many advances of a tenant have come to effect, others may be under way."""

    async def done() -> bool:
        return (await count(settings, tenant_id)).effective >= at_least

    await until(done)
