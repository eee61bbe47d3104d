"""Sealed secrets are sealed anew, in small batches, wherever a service keeps them."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import asyncpg

from chassis.crypto import (
    BEFORE,
    DataKey,
    KeyMissing,
    PlatformKeys,
    SealBroken,
    WrappedKey,
    number_of,
    sealed_with,
)
from chassis.sealing import SealedColumn

BATCH = 100
"""Rows per transaction, so that each holds its locks for some milliseconds only."""

BUSY_PAUSE_S = 0.2
BUSY_PAUSES_MAX = 300
"""A minute: far longer than the database lets anybody stand still with a row locked."""

Which = Literal["sealed before", "of older keys"]
"""By a platform key itself, as earlier releases did; or by whatever is not the newest data key."""

_KEYS_OF = """
    select tenant_id, number, wrapped_by, wrapped from tenant_keys where tenant_id = $1
    order by number
"""
_STALE: dict[Which, str] = {
    "sealed before": "substr({column}, 1, 1) = $2",
    "of older keys": "substr({column}, 1, 5) <> $2",
}
_NEXT = """
    select * from {table} where tenant_id = $1 and ({key} > $3 or $3 is null) and {stale}
    order by {key} limit $4 for update skip locked
"""
_LEFT = "select count(*) from {table} where tenant_id = $1 and {stale}"
_KEEP = "update {table} set {column} = $3 where tenant_id = $1 and {key} = $2"
_USES = "select exists (select from {table} where tenant_id = $1 and substr({column}, 1, 5) = $2)"
_BEFORE = """
    select tenant_id, count(*) as secrets from {table} where substr({column}, 1, 1) = $1
    group by tenant_id
"""


class Resealing:
    """Seals a tenant's secrets with its newest data key, as the owner of all tables.

    `troubles` tells, one sentence each, what did not open and was therefore left as it is.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        keys: PlatformKeys,
        columns: Sequence[SealedColumn],
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._columns = columns
        self.troubles: list[str] = []

    async def reseal(self, tenant_id: UUID, which: Which) -> int:
        """Seal secrets of a tenant anew; answers how many.

        What somebody has locked is come back to, so that nobody waits for a batch that waits.
        """
        try:
            ring = _Ring(self._keys, await self.keys_of(tenant_id))
        except SealBroken as broken:
            self.troubles.append(f"The newest data key of tenant {tenant_id}: {broken}")
            return 0
        head = BEFORE if which == "sealed before" else sealed_with(ring.newest.number)
        return sum([await self._column(one, tenant_id, which, head, ring) for one in self._columns])

    async def keys_of(self, tenant_id: UUID) -> list[WrappedKey]:
        """Answer a tenant's data keys, the newest last."""
        return [WrappedKey(**row) for row in await self._connection.fetch(_KEYS_OF, tenant_id)]

    async def uses(self, tenant_id: UUID, number: int) -> bool:
        """Answer whether anything of a tenant is sealed with a data key."""
        questions = [_of(column, _USES) for column in self._columns]
        head = sealed_with(number)
        return any([await self._connection.fetchval(one, tenant_id, head) for one in questions])

    async def sealed_before(self) -> dict[UUID, int]:
        """Answer how many secrets of which tenants a platform key sealed itself."""
        found: dict[UUID, int] = {}
        for column in self._columns:
            for row in await self._connection.fetch(_of(column, _BEFORE), BEFORE):
                found[row["tenant_id"]] = found.get(row["tenant_id"], 0) + row["secrets"]
        return found

    async def _column(
        self, column: SealedColumn, tenant_id: UUID, which: Which, head: bytes, ring: "_Ring"
    ) -> int:
        sealed = 0
        for _ in range(BUSY_PAUSES_MAX):
            done, broken = await self._pass(column, tenant_id, which, head, ring)
            sealed += done
            left = await self._connection.fetchval(_of(column, _LEFT, which), tenant_id, head)
            if left <= len(broken):
                self.troubles += broken
                return sealed
            await asyncio.sleep(BUSY_PAUSE_S)
        self.troubles.append(f"{column.table} of tenant {tenant_id}: {left} rows stay locked.")
        return sealed

    async def _pass(
        self, column: SealedColumn, tenant_id: UUID, which: Which, head: bytes, ring: "_Ring"
    ) -> tuple[int, list[str]]:
        question, sealed, broken, after = _of(column, _NEXT, which), 0, list[str](), None
        while True:
            async with self._connection.transaction():
                rows = await self._connection.fetch(question, tenant_id, head, after, BATCH)
                anew, unopened = _anew(column, rows, ring)
                await self._connection.executemany(_of(column, _KEEP), anew)
            if not rows:
                return sealed, broken
            after = rows[-1][column.key]
            sealed, broken = sealed + len(anew), broken + unopened


class _Ring:
    """A tenant's data keys, unwrapped when they are needed."""

    def __init__(self, keys: PlatformKeys, kept: Sequence[WrappedKey]) -> None:
        if not kept:
            raise KeyMissing("it has none.")
        self._keys = keys
        self._tenant_id = kept[-1].tenant_id
        self._kept = {one.number: one for one in kept}
        self.newest = keys.unwrap(kept[-1])
        self._unwrapped = {self.newest.number: self.newest}

    def anew(self, sealed: bytes, *, place: str) -> bytes:
        """Answer the same secret, sealed with the newest key; raises SealBroken."""
        number = number_of(sealed)
        if number is None:
            secret = self._keys.open_before(sealed, tenant_id=self._tenant_id, place=place)
        else:
            secret = self._key(number).open(sealed, place=place)
        return self.newest.close(secret, place=place)

    def _key(self, number: int) -> DataKey:
        if number not in self._kept:
            raise KeyMissing(f"This tenant's data key {number} is not here.")
        if number not in self._unwrapped:
            self._unwrapped[number] = self._keys.unwrap(self._kept[number])
        return self._unwrapped[number]


def _anew(
    column: SealedColumn, rows: Sequence[asyncpg.Record], ring: _Ring
) -> tuple[list[tuple[UUID, Any, bytes]], list[str]]:
    anew: list[tuple[UUID, Any, bytes]] = []
    broken: list[str] = []
    for row in rows:
        tenant_id, key = row["tenant_id"], row[column.key]
        try:
            secret = ring.anew(row[column.column], place=column.place(row))
        except SealBroken as error:
            broken.append(f"{column.table}.{column.column} {key} of tenant {tenant_id}: {error}")
        else:
            anew.append((tenant_id, key, secret))
    return anew, broken


def _of(column: SealedColumn, statement: str, which: Which | None = None) -> str:
    stale = _STALE[which].format(column=column.column) if which else ""
    return statement.format(table=column.table, column=column.column, key=column.key, stale=stale)
