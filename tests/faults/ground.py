"""A ground for big faults: three brokers, a PostgreSQL, and a company on them."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2

from chassis.ids import new_id
from chassis.kafka import Publisher
from chassis.settings import ServiceSettings
from contracts.directory import PersonProvisioned
from fortaler.embedded import EmbeddedCluster, EmbeddedPostgres
from fortaler.embedded.ports import free_port
from fortaler.embedded.server import EmbeddedServer
from tests.chassis.processes import Process, started
from tests.envelopes import message_of
from tests.faults.storm_checker import Told, read_journal
from tests.patience import until
from tests.world import Tenant, World

PERSON = "ana"


@dataclass(frozen=True)
class Ground:
    """The servers, and the world around the made-up service on them."""

    cluster: EmbeddedCluster
    postgres: EmbeddedPostgres
    world: World

    @property
    def settings(self) -> ServiceSettings:
        """Answer the settings of the made-up service here."""
        return self.world.settings

    async def new_company(self) -> Tenant:
        """Admit a company with one person in it, as directory would."""
        tenant = self.world.new_tenant()
        person = PersonProvisioned(
            person_id=new_id(),
            subject=PERSON,
            display_name=PERSON.title(),
            team_id=None,
            region=None,
            country=None,
            language=None,
            time_zone=None,
            leader=False,
            roles=["employee"],
            active=True,
        )
        publisher = Publisher(self.settings.kafka_bootstrap_servers)
        await publisher.start()
        news = (self.world.registered(tenant), person)
        await publisher.publish([message_of(event, tenant.tenant_id) for event in news])
        await publisher.stop()
        return tenant


class Part:
    """A process of the made-up service that is killed and started anew; it never ends by itself."""

    _module = "tests.chassis.scratch_process"

    def __init__(self, stack: AsyncExitStack, settings: ServiceSettings, *arguments: str) -> None:
        self._stack = stack
        self._settings = settings
        self._arguments = arguments
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """Answer the process that was started last."""
        assert self._process is not None, "It was never started."
        return self._process

    @property
    def died(self) -> str | None:
        """Answer the last words of a process that has ended by itself."""
        if self.process.alive:
            return None
        return (
            f"{self._module} {self._arguments[0]} has died: {self.process.logged.decode()[-2000:]}"
        )

    async def start(self) -> None:
        """Start it."""
        self._process = await self._stack.enter_async_context(
            started(self._settings, *self._arguments, module=self._module, watched=False)
        )

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        await self.process.kill()


class Web(Part):
    """The web process, on a port that stays."""

    def __init__(self, stack: AsyncExitStack, settings: ServiceSettings) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        super().__init__(stack, settings, "web", str(port))

    async def knows(self, client: httpx2.AsyncClient, token: str) -> None:
        """Wait until it serves whom a token speaks for."""
        await _answers(client, f"{self.base}/v1/me", token, 200)


class Door(Part):
    """The gateway in front of a web process, on a port that stays."""

    _module = "tests.chassis.gateway_process"

    def __init__(self, stack: AsyncExitStack, settings: ServiceSettings, behind: Web) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        super().__init__(stack, settings, str(port), behind.base)

    async def knows(self, client: httpx2.AsyncClient, token: str) -> None:
        """Wait until it lets in whom a token speaks for, to where nothing is."""
        await _answers(client, f"{self.base}/v1/counters", token, 404)


class Writer(Part):
    """A process that writes, and its journal."""

    _module = "tests.chassis.writing_process"

    def __init__(
        self,
        stack: AsyncExitStack,
        settings: ServiceSettings,
        seed: str,
        tenant_id: UUID,
        journal: Path,
        counters: list[UUID],
    ) -> None:
        self._journal = journal
        names = [str(counter) for counter in counters]
        super().__init__(stack, settings, seed, str(tenant_id), str(journal), *names)

    def told(self) -> list[Told]:
        """Answer what it was told is committed."""
        return read_journal(self._journal)


async def _answers(client: httpx2.AsyncClient, url: str, token: str, status: int) -> None:
    async def answers() -> bool:
        try:
            answer = await client.get(url, headers={"authorization": f"Bearer {token}"})
        except httpx2.HTTPError:
            return False
        return answer.status_code == status

    await until(answers)


async def start_again(server: EmbeddedServer) -> None:
    """Start a server that was killed, while others go on."""
    server.begin()
    await asyncio.to_thread(server.wait_until_ready)
