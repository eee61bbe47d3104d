"""A storm: a load of events while processes, brokers and the database are killed, by a seed."""

import asyncio
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from chassis import outbox
from chassis.clock import SystemClock
from chassis.database import FAILURES, Database, is_trouble
from chassis.http_client import new_client
from chassis.ids import new_id
from tests.chassis.checker import count, left_to_read
from tests.chassis.scratch_service import use_cases
from tests.faults.asking import Askers, Heard
from tests.faults.ground import PERSON, Door, Ground, Part, Web, Writer, start_again
from tests.faults.schedule import Fault, Kind, draw
from tests.faults.storm_checker import Remains, Told, gather_remains
from tests.patience import until

COUNTERS = 8
WORKERS, WRITERS, ASKERS = 2, 2, 4
BOUND_S, BOUND_S_PER_EVENT = 300.0, 0.15
"""A storm that takes longer than this hangs: a tenth of it is usual on two idle cores."""

CALM_S = 120.0
"""What is left when nobody writes any more is gone within seconds."""


class Storm:
    """A load of so many events on a ground, and the faults that the seed draws for it."""

    def __init__(self, ground: Ground, seed: int, events: int, journals: Path) -> None:
        self._ground = ground
        self._settings = ground.settings
        self._seed = seed
        self._events = events
        self._journals = journals
        self._stack = AsyncExitStack()
        self._one_at_a_time: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._counters = [new_id() for _ in range(COUNTERS)]
        self._held = [new_id() for _ in range(COUNTERS)]
        self._told: list[Told] = []
        self._load_s = self._calm_s = 0.0
        self.heard = Heard()
        self.played: Counter[Kind] = Counter()
        self.troubles: list[str] = []

    async def rage(self) -> Remains:
        """Let it rage until so many events are committed, then let all calm down."""
        bound_s = BOUND_S + BOUND_S_PER_EVENT * self._events
        async with asyncio.timeout(bound_s), self._stack:
            self._tenant = await self._ground.new_company()
            await self._start_parts()
            await self._start_asking()
            began_s = now_s()
            await self._play_all(draw(self._seed, self._events))
            await self._reached(self._events)
            self._load_s = now_s() - began_s
            await self._askers.enough()
            for part in (*self._writers, self._comer_and_goer):
                self._note_death(part)
                await part.kill()
            await self._calm_down()
            self._calm_s = now_s() - began_s - self._load_s
            for part in (*self._workers, self._web, self._door):
                self._note_death(part)
        journals = [one for writer in self._writers for one in writer.told()]
        told = [*self._told, *self.heard.told, *journals]
        return await gather_remains(self._settings, self._tenant.tenant_id, told)

    def summary(self, remains: Remains) -> str:
        """Say in a line what happened."""
        evidence = remains.evidence
        return (
            f"{len(evidence.committed)} committed, {len(remains.told)} told, "
            f"{len(evidence.in_topic)} in the topic, {sum(self.played.values())} faults, "
            f"load for {self._load_s:.0f} s, calm after {self._calm_s:.0f} s, "
            f"HTTP {dict(sorted(self.heard.statuses.items()))} "
            f"and {self.heard.not_answered} not answered"
        )

    async def _start_parts(self) -> None:
        stack, settings, tenant_id = self._stack, self._settings, self._tenant.tenant_id
        self._workers = [Part(stack, settings, "work") for _ in range(WORKERS)]
        self._comer_and_goer = Part(stack, settings, "come-and-go")
        self._web = Web(stack, settings)
        self._door = Door(stack, settings, self._web)
        self._writers = [
            Writer(
                stack,
                settings,
                f"{self._seed}-{number}",
                tenant_id,
                self._journals / f"{self._seed}-{number}",
                self._counters,
            )
            for number in range(WRITERS)
        ]
        for part in (*self._workers, self._web, self._door):
            await part.start()
        await self._workers[0].process.heard("reading")
        for part in (*self._writers, self._comer_and_goer):
            await part.start()

    async def _start_asking(self) -> None:
        client = await self._stack.enter_async_context(new_client())
        token = self._ground.world.token(self._tenant, PERSON)
        await self._web.knows(client, token)
        await self._door.knows(client, token)
        self._askers = Askers(client, self._door.base, token, self.heard)
        self._stack.callback(self._askers.give_up)
        self._askers.begin(str(self._seed), self._counters, ASKERS)

    async def _play_all(self, faults: Sequence[Fault]) -> None:
        async with asyncio.TaskGroup() as playing:
            for fault in faults:
                await self._reached(fault.at_events)
                playing.create_task(self._play(fault))

    async def _play(self, fault: Fault) -> None:
        """Play one fault, from its begin to its end; of servers only one of a sort is away."""
        self.played[fault.kind] += 1
        nodes = self._ground.cluster.nodes
        if fault.kind is Kind.LONG_TRANSACTION:
            await self._hold(fault)
        elif fault.kind is Kind.BROKER_KILLED:
            async with self._one_at_a_time["brokers"]:
                node = nodes[fault.whom % len(nodes)]
                node.kill()
                await asyncio.sleep(fault.lasts_s)
                await start_again(node)
        elif fault.kind in {Kind.DATABASE_KILLED, Kind.DATABASE_STOPPED}:
            async with self._one_at_a_time["database"]:
                await self._end_database(at_once=fault.kind is Kind.DATABASE_KILLED)
                await asyncio.sleep(fault.lasts_s)
                await start_again(self._ground.postgres)
        else:
            part = self._victim(fault)
            async with self._one_at_a_time[f"{id(part)}"]:
                self._note_death(part)
                await part.kill()
                await asyncio.sleep(fault.lasts_s)
                await part.start()

    def _victim(self, fault: Fault) -> Part:
        if fault.kind is Kind.WEB_KILLED:
            return self._web
        if fault.kind is Kind.GATEWAY_KILLED:
            return self._door
        parts = self._workers if fault.kind is Kind.WORKER_KILLED else self._writers
        return parts[fault.whom % len(parts)]

    async def _end_database(self, *, at_once: bool) -> None:
        server = self._ground.postgres
        if at_once:
            server.kill()
            return
        assert server.pid is not None
        os.kill(server.pid, signal.SIGQUIT)

        async def ended() -> bool:
            return not server.alive

        await until(ended)

    async def _hold(self, fault: Fault) -> None:
        """Write an announcement, and commit only when many later ones have been committed."""
        database = Database(self._settings, "scratch")
        counter = self._held[fault.whom % len(self._held)]
        words = f"held-{fault.at_events}"
        try:
            async with self._one_at_a_time[str(counter)]:
                async with database.transaction(self._tenant.tenant_id) as session:
                    number = await use_cases.advance(session, SystemClock(), counter, words)
                    await outbox.write(session)
                    await asyncio.sleep(fault.lasts_s)
                self._told.append(Told(str(counter), number, words))
        except Exception as error:
            if not is_trouble(error):
                raise
        finally:
            await database.close()

    async def _calm_down(self) -> None:
        """Wait until all is sent and taken in; if it never is, the remains say what is lost."""
        try:
            await until(self._is_calm, within_s=CALM_S)
        except TimeoutError:
            self.troubles.append(f"It is not calm after {CALM_S:.0f} s.")

    def _note_death(self, part: Part) -> None:
        if part.died:
            self.troubles.append(part.died)

    async def _reached(self, events: int) -> None:
        """Wait until so many events are committed; a database that is away is asked again."""

        async def committed() -> bool:
            with suppress(*FAILURES):
                found = await count(self._settings, self._tenant.tenant_id)
                return found.committed >= events
            return False

        await until(committed, within_s=BOUND_S + BOUND_S_PER_EVENT * self._events)

    async def _is_calm(self) -> bool:
        found = await count(self._settings, self._tenant.tenant_id)
        if found.unsent or found.committed != found.effective:
            return False
        return await left_to_read(self._settings) == 0


def now_s() -> float:
    """Answer the loop's time, for spans."""
    return asyncio.get_running_loop().time()
