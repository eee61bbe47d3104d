"""Rotation of keys, by a service's owner: platform keys give way, and data keys are renewed.

It may be killed anywhere and begun again: each step is a transaction of its own, and no data key is
dropped while anything is sealed with it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis.clock import Clock
from chassis.crypto import PlatformKeys, SealBroken, WrappedKey
from chassis.database import BATCH_TIMEOUT_S, CONNECT_TIMEOUT_S, address
from chassis.resealing import BATCH, Resealing
from chassis.sealing import SealedColumn
from chassis.settings import SealingSettings

KEPT_FOR_S = 120.0
"""An old data key outlives the last secret under it by so much: whoever has just read one may still
be about to open it, and a call to the world outside takes a minute and more."""

Say = Callable[[str], None]

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.keys'))"
_WRAPPED_BY = "select wrapped_by, count(*) as keys from tenant_keys group by wrapped_by"
_TENANTS = "select distinct tenant_id from tenant_keys order by tenant_id"
_TO_REWRAP = """
    select tenant_id, number, wrapped_by, wrapped from tenant_keys
    where wrapped_by <> $1 and (tenant_id, number) > ($2, $3)
    order by tenant_id, number limit $4 for no key update
"""
_REWRAPPED = """
    update tenant_keys set wrapped = $3, wrapped_by = $4 where tenant_id = $1 and number = $2
"""
_ADD = """
    insert into tenant_keys (tenant_id, number, wrapped, wrapped_by, made_at)
    values ($1, $2, $3, $4, $5) on conflict do nothing
"""
# Waits for those who hold one of them, because their secret cannot be seen yet.
_LOCK_OLD = """
    select number from tenant_keys where tenant_id = $1 and number < $2 order by number for update
"""
_DROP = "delete from tenant_keys where tenant_id = $1 and number = $2"
_SHRED = "delete from tenant_keys where tenant_id = $1"


class RotationRefused(Exception):
    """A rotation that cannot be: the sentence says why."""


@dataclass(frozen=True)
class Overview:
    """How many data keys each platform key wraps, and how many secrets one sealed itself."""

    current: str
    here: list[str]
    wrapped_by: dict[str, int]
    sealed_before: int


class Rotation:
    """One service's keys in the hands of its owner, who sees all tenants.

    Whatever changes something raises RotationRefused while another rotation is at work. `troubles`
    tells, one sentence each, what did not open and was therefore left as it is.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        keys: PlatformKeys,
        columns: Sequence[SealedColumn],
        clock: Clock,
        say: Say,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._clock = clock
        self._say = say
        self._secrets = Resealing(connection, keys, columns)
        self.troubles = self._secrets.troubles

    async def overview(self) -> Overview:
        """Answer which platform keys are in use."""
        rows = await self._connection.fetch(_WRAPPED_BY)
        before = await self._secrets.sealed_before()
        wrapped_by = {row["wrapped_by"]: row["keys"] for row in rows}
        return Overview(self._keys.current, self._keys.ids, wrapped_by, sum(before.values()))

    async def rewrap(self) -> None:
        """Let nothing need another platform key than the current one.

        Data keys are wrapped by it; what a platform key has sealed itself is sealed with a data
        key. Secrets that a data key has sealed stay as they are.
        """
        await self._alone()
        done, after = 0, (UUID(int=0), 0)
        while True:
            async with self._connection.transaction():
                rows = await self._connection.fetch(_TO_REWRAP, self._keys.current, *after, BATCH)
                done += sum([await self._rewrap(WrappedKey(**row)) for row in rows])
            if not rows:
                break
            after = (rows[-1]["tenant_id"], rows[-1]["number"])
            self._say(f"Wrapped by {self._keys.current!r}: {done} more.")
        sealed = 0
        for tenant_id in await self._secrets.sealed_before():
            if not await self._secrets.keys_of(tenant_id):
                await self._add_key(tenant_id, 1)
            sealed += await self._secrets.reseal(tenant_id, "sealed before")
        self._say(
            f"Done: {done} data keys rewrapped, {sealed} secrets of the old form sealed anew."
        )

    async def renew(self, tenant_id: UUID | None, *, kept_for_s: float = KEPT_FOR_S) -> None:
        """Give a tenant, or all of them, a new data key, and drop the old ones.

        A tenant that has two already is one whose renewal was not finished: it gets no third.
        """
        await self._alone()
        tenants = await self._tenants()
        if tenant_id is not None:
            if tenant_id not in tenants:
                raise RotationRefused(f"Tenant {tenant_id} has no data key here, and no secret.")
            tenants = [tenant_id]
        for done, one in enumerate(tenants, 1):
            kept = await self._secrets.keys_of(one)
            if len(kept) < 2:
                await self._add_key(one, kept[-1].number + 1 if kept else 1)
            await self._secrets.reseal(one, "of older keys")
            if done % BATCH == 0 or done == len(tenants):
                self._say(f"Sealed anew: {done} of {len(tenants)} tenants.")
        self._say(f"Done: {await self._drop_old(tenants, kept_for_s)} old data keys dropped.")

    async def shred(self, tenant_id: UUID) -> None:
        """Drop all data keys of a tenant, after which nothing of it can be opened any more.

        What processes remember of them they forget within REMEMBERED_FOR.
        """
        await self._alone()
        if tenant_id in await self._secrets.sealed_before():
            raise RotationRefused("A platform key sealed some of its secrets itself: rewrap first.")
        answer: str = await self._connection.execute(_SHRED, tenant_id)
        if answer == "DELETE 0":
            raise RotationRefused(f"Tenant {tenant_id} has no data key here.")
        self._say(f"Done: {answer.removeprefix('DELETE ')} data keys dropped for good.")

    async def _alone(self) -> None:
        # Two would drop what the other is about to use. The lock ends with the connection.
        if not await self._connection.fetchval(_LOCK):
            raise RotationRefused("Another rotation of this service's keys is at work.")

    async def _tenants(self) -> list[UUID]:
        with_keys = {row["tenant_id"] for row in await self._connection.fetch(_TENANTS)}
        return sorted(with_keys | {*await self._secrets.sealed_before()})

    async def _rewrap(self, kept: WrappedKey) -> bool:
        try:
            wrapped = self._keys.rewrap(kept)
        except SealBroken as broken:
            self.troubles.append(f"Data key {kept.number} of tenant {kept.tenant_id}: {broken}")
            return False
        await self._connection.execute(
            _REWRAPPED, kept.tenant_id, kept.number, wrapped.wrapped, wrapped.wrapped_by
        )
        return True

    async def _add_key(self, tenant_id: UUID, number: int) -> None:
        made = self._keys.make(tenant_id, number)
        await self._connection.execute(
            _ADD, tenant_id, number, made.wrapped, made.wrapped_by, self._clock.now()
        )

    async def _drop_old(self, tenants: Sequence[UUID], kept_for_s: float) -> int:
        dropped = 0
        self._say(f"Old data keys are kept for {kept_for_s:g} s more.")
        while tenants:
            await asyncio.sleep(kept_for_s)
            # What was sealed with an old key meanwhile may have been read only just now.
            late = [one for one in tenants if await self._secrets.reseal(one, "of older keys")]
            for tenant_id in tenants:
                if tenant_id not in late:
                    dropped += await self._drop_unused(tenant_id)
            tenants = late
        return dropped

    async def _drop_unused(self, tenant_id: UUID) -> int:
        newest = (await self._secrets.keys_of(tenant_id))[-1].number
        dropped = 0
        async with self._connection.transaction():
            for row in await self._connection.fetch(_LOCK_OLD, tenant_id, newest):
                if not await self._secrets.uses(tenant_id, row["number"]):
                    await self._connection.execute(_DROP, tenant_id, row["number"])
                    dropped += 1
        return dropped


@asynccontextmanager
async def as_owner(settings: SealingSettings, service: str) -> AsyncIterator[asyncpg.Connection]:
    """Hold a connection of a service's owner open."""
    url = address(settings, service, "owner").set(drivername="postgresql")
    connection = await asyncpg.connect(
        url.render_as_string(hide_password=False),
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=BATCH_TIMEOUT_S,
        server_settings={"application_name": f"fortaler-{service}-keys"},
    )
    try:
        yield connection
    finally:
        await connection.close()
