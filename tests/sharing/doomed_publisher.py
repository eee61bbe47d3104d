"""A publisher in a process of its own that tells at which moment it is, so that it can be killed.

It does what the worker does with all that is due, with the real adapter; only its database and
its adapter speak up. The processes are forked from a server that has everything loaded, which takes
tens of milliseconds.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Literal, get_args
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.database import Database
from chassis.service import open_context, opened
from services.sharing.main import SERVICE
from services.sharing.networks.base import Draft, Finding, Outcome
from services.sharing.networks.outside import Outside
from services.sharing.networks.sandbox import Sandbox
from services.sharing.publishing.rounds import publish_round
from services.sharing.settings import SharingSettings
from tests.patience import PATIENCE_S

Moment = Literal[
    "before a commit",
    "after a commit",
    "before the network is told",
    "after the network has answered",
    "before the network is asked",
    "after the network has shown",
]
MOMENTS: tuple[Moment, ...] = get_args(Moment)

RESTS = "rests"
"""All that was due is done, and nothing of it had the moment: so it is mostly."""


@dataclass(frozen=True)
class Doom:
    """When to speak up: the how manieth time of a moment, and whether to stand still there."""

    moment: Moment
    time: int
    stands_still: bool


class Conscience:
    """Counts the moments of a process, and says so when the one has come."""

    def __init__(self, doom: Doom, says: Connection) -> None:
        self._doom = doom
        self._says = says
        self._seen: Counter[Moment] = Counter()

    async def comes(self, moment: Moment) -> None:
        self._seen[moment] += 1
        if (moment, self._seen[moment]) != (self._doom.moment, self._doom.time):
            return
        self._says.send(moment)
        if self._doom.stands_still:
            await asyncio.Event().wait()


class WatchedDatabase(Database):
    """The database, with a word before and after each commit."""

    def __init__(self, settings: SharingSettings, conscience: Conscience) -> None:
        super().__init__(settings, SERVICE.name)
        self._conscience = conscience

    @asynccontextmanager
    async def transaction(self, tenant_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        async with super().transaction(tenant_id) as session:
            yield session
            await self._conscience.comes("before a commit")
        await self._conscience.comes("after a commit")


class WatchedSandbox(Sandbox):
    """The adapter, with a word before and after each call that matters."""

    def __init__(self, real: Sandbox, conscience: Conscience) -> None:
        vars(self).update(vars(real))
        self._conscience = conscience

    async def publish(self, access_token: str, draft: Draft) -> Outcome:
        await self._conscience.comes("before the network is told")
        outcome = await super().publish(access_token, draft)
        await self._conscience.comes("after the network has answered")
        return outcome

    async def find(self, access_token: str, key: str) -> Finding:
        await self._conscience.comes("before the network is asked")
        finding = await super().find(access_token, key)
        await self._conscience.comes("after the network has shown")
        return finding


def publish_until_killed(
    settings: SharingSettings, clock: Clock, doom: Doom, says: Connection
) -> None:
    """Publish what is due; this is the whole process."""

    async def publish() -> None:
        conscience = Conscience(doom, says)
        context = open_context(SERVICE, settings, clock)
        await context.database.close()
        context.database = WatchedDatabase(settings, conscience)
        async with opened(SERVICE, context):
            outside: Outside = context.resources
            real = outside.get("sandbox")
            assert isinstance(real, Sandbox)
            watched = WatchedSandbox(real, conscience)
            context.resources = replace(outside, networks={"sandbox": watched})
            await publish_round(context)
            says.send(RESTS)
            await asyncio.Event().wait()

    asyncio.run(publish())


class DoomedPublisher:
    """The process, as a test sees it."""

    def __init__(self, settings: SharingSettings, clock: Clock, doom: Doom) -> None:
        forking = get_context("forkserver")
        forking.set_forkserver_preload([__name__])
        self._hears, says = forking.Pipe(duplex=False)
        self._process: BaseProcess = forking.Process(
            target=publish_until_killed, args=(settings, clock, doom, says), daemon=True
        )
        self._process.start()
        says.close()

    async def came_to_its_moment(self) -> bool:
        """Wait for the moment; answers whether it came at all."""
        assert await asyncio.to_thread(self._hears.poll, PATIENCE_S), "It said nothing."
        said: str = self._hears.recv()
        return said != RESTS

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)
        assert self._process.exitcode == -9, "It had ended before it was killed."
        self._hears.close()
        self._process.close()
