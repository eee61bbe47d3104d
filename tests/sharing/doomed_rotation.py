"""A rotation of keys in a process of its own that tells at which moment it is, to be killed there.

It is the operator's own rotation; only its connection speaks up, before and after all that it makes
true in the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Literal
from uuid import UUID

import asyncpg

from chassis.clock import SystemClock
from chassis.database import address
from chassis.rotation import Rotation
from services.sharing.main import SERVICE
from services.sharing.settings import SharingSettings

Work = Literal["rewrap", "renew"]

SPEAKS_WITHIN_S = 60.0


class WatchedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that stands still at the how manieth moment before or after a commit."""

    moments_left = 0
    says: Connection

    async def comes(self, moment: str) -> None:
        self.moments_left -= 1
        if self.moments_left == 0:
            self.says.send(moment)
            await asyncio.Event().wait()

    @asynccontextmanager
    async def transaction(self, **how: Any) -> AsyncIterator[None]:
        async with super().transaction(**how):
            yield
            await self.comes("before a commit")
        await self.comes("after a commit")

    async def execute(self, statement: str, *values: Any, **how: Any) -> Any:
        if self.is_in_transaction():
            return await super().execute(statement, *values, **how)
        await self.comes("before a statement")
        answer = await super().execute(statement, *values, **how)
        await self.comes("after a statement")
        return answer


def rotate_until_killed(
    settings: SharingSettings, work: Work, tenant_id: UUID, moment: int, says: Connection
) -> None:
    """Rotate; this is the whole process."""

    async def rotate() -> None:
        url = address(settings, SERVICE.name, "owner").set(drivername="postgresql")
        connection = await asyncpg.connect(
            url.render_as_string(hide_password=False), connection_class=WatchedConnection
        )
        connection.says, connection.moments_left = says, moment
        rotation = Rotation(
            connection, settings.platform_keys(), SERVICE.sealed, SystemClock(), lambda line: None
        )
        await (rotation.rewrap() if work == "rewrap" else rotation.renew(tenant_id, kept_for_s=0))
        says.send("done")
        await asyncio.Event().wait()

    asyncio.run(rotate())


async def killed_at(settings: SharingSettings, work: Work, tenant_id: UUID, moment: int) -> str:
    """Let a rotation run until its moment, and kill it; answers which moment it was, or `done`."""
    forking = get_context("forkserver")
    forking.set_forkserver_preload([__name__])
    hears, says = forking.Pipe(duplex=False)
    process = forking.Process(
        target=rotate_until_killed, args=(settings, work, tenant_id, moment, says), daemon=True
    )
    process.start()
    says.close()
    assert await asyncio.to_thread(hears.poll, SPEAKS_WITHIN_S), "It said nothing."
    said: str = hears.recv()
    process.kill()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -9, "It had ended before it was killed."
    hears.close()
    process.close()
    return said
