"""An outage: servers are away for a while under load, and come back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import psutil

from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.settings import ServiceSettings
from tests.chassis.checker import count, left_to_read
from tests.faults.asking import Askers, Heard
from tests.faults.ground import PERSON, Ground, Part, Web
from tests.faults.storm_checker import Remains, gather_remains
from tests.patience import PATIENCE_S, until
from tests.world import Tenant

COUNTERS, ASKERS = 8, 4
BEFORE, AFTER = 40, 20
"""So many are told yes before the outage begins, and after it has ended."""

MEMORY_MIB_MAX = 512
"""What a container of ours is given; a process that keeps what it cannot pass on goes beyond it."""

MEMORY_INTERVAL_S = 0.2

Doing = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Aftermath:
    """What there is after an outage."""

    remains: Remains
    heard: Heard
    heard_during: Heard
    memory_mib: dict[str, int]
    """The most that each process has held, resident."""
    drained_s: float
    died: list[str]

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{len(self.remains.evidence.committed)} committed, during it "
            f"{dict(sorted(self.heard_during.statuses.items()))}, in all "
            f"{dict(sorted(self.heard.statuses.items()))}, {self.heard.not_answered} not answered; "
            f"no backlog {self.drained_s:.1f} s after the return; at most {self.memory_mib} MiB"
        )


class Outage:
    """A web process and a worker under load, on servers that go away and come back."""

    def __init__(self, ground: Ground, lasts_s: float, *, refusals_min: int = 0) -> None:
        self._ground = ground
        self._settings: ServiceSettings = ground.settings
        self._lasts_s = lasts_s
        self._refusals_min = refusals_min
        self._heard = Heard()
        self._memory_mib: dict[str, int] = {}

    async def play(self, leave: Doing, come_back: Doing) -> Aftermath:
        """Let servers leave and come back under load; answers when no backlog is left."""
        async with AsyncExitStack() as stack:
            tenant = await self._ground.new_company()
            parts = await self._start(stack, tenant)
            during = await self._away(leave, come_back)
            returned_s = now_s()
            await self._told(AFTER)
            await self._askers.enough()
            bound_s = max(2 * self._lasts_s, PATIENCE_S)
            await until(lambda: self._is_drained(tenant.tenant_id), within_s=bound_s)
            drained_s = now_s() - returned_s
            died = [part.died for part in parts.values() if part.died]
        remains = await gather_remains(self._settings, tenant.tenant_id, self._heard.told)
        return Aftermath(remains, self._heard, during, self._memory_mib, drained_s, died)

    async def _start(self, stack: AsyncExitStack, tenant: Tenant) -> dict[str, Part]:
        web, worker = Web(stack, self._settings), Part(stack, self._settings, "work")
        parts = {"web": web, "worker": worker}
        for part in parts.values():
            await part.start()
        client = await stack.enter_async_context(new_client())
        token = self._ground.world.token(tenant, PERSON)
        await web.knows(client, token)
        counters = [new_id() for _ in range(COUNTERS)]
        self._askers = Askers(client, web.base, token, self._heard)
        stack.callback(self._askers.give_up)
        self._askers.begin("outage", counters, ASKERS)
        stack.callback(asyncio.create_task(self._watch(parts)).cancel)
        return parts

    async def _away(self, leave: Doing, come_back: Doing) -> Heard:
        """Play the outage itself; answers what was heard while it lasted."""
        await self._told(BEFORE)
        before = self._heard.statuses.copy()
        await leave()
        await asyncio.sleep(self._lasts_s)
        await until(lambda: self._refused_enough(before[503]))
        during = Heard(statuses=self._heard.statuses - before)
        await come_back()
        return during

    async def _told(self, more: int) -> None:
        """Wait until so many more are told yes."""
        wanted = len(self._heard.told) + more

        async def told() -> bool:
            return len(self._heard.told) >= wanted

        await until(told, within_s=max(2 * self._lasts_s, PATIENCE_S))

    async def _refused_enough(self, before: int) -> bool:
        return self._heard.statuses[503] - before >= self._refusals_min

    async def _is_drained(self, tenant_id: UUID) -> bool:
        found = await count(self._settings, tenant_id)
        if found.unsent or found.committed != found.effective:
            return False
        return await left_to_read(self._settings) == 0

    async def _watch(self, parts: dict[str, Part]) -> None:
        while True:
            for name, part in parts.items():
                resident = psutil.Process(part.process.pid).memory_info().rss // (1 << 20)
                self._memory_mib[name] = max(resident, self._memory_mib.get(name, 0))
            await asyncio.sleep(MEMORY_INTERVAL_S)


def now_s() -> float:
    """Answer the loop's time, for spans."""
    return asyncio.get_running_loop().time()
