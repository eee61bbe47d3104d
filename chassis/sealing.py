"""Secrets of a service, sealed with a data key of each tenant that is kept in its own database."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    select,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.crypto import DataKey, KeyMissing, PlatformKeys, SealBroken, WrappedKey, number_of
from chassis.database import Database
from chassis.tenancy import SETTING, tenant_of

KEYS_REMEMBERED_MAX = 1_000
"""So many tenants' keys are in memory at most, whoever reads a dump of it."""

REMEMBERED_FOR = timedelta(seconds=60)
"""Spares a round trip for each post of a campaign, and ends soon after keys were dropped."""

TENANT_KEYS = Table(
    "tenant_keys",
    MetaData(),
    Column("tenant_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_by", String(64), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
"""For the metadata of a service that keeps secrets: `TENANT_KEYS.to_metadata(METADATA)`."""

_MAKE_FIRST = """
    insert into tenant_keys (tenant_id, number, wrapped, wrapped_by, made_at)
    select $1, $2, $3, $4, $5 where not exists (select from tenant_keys where tenant_id = $1)
    on conflict do nothing
"""


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds sealed secrets, so that a rotation finds them.

    `key` is the one column that names a row within its tenant; `place` answers from a row where
    its secret belongs.
    """

    table: str
    column: str
    key: str
    place: Callable[[Mapping[str, Any]], str]


class Sealing:
    """Seals and opens secrets of the tenant whose transaction it is."""

    def __init__(self, database: Database, clock: Clock, keys: PlatformKeys) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._remembered: dict[tuple[UUID, int], tuple[DataKey, datetime]] = {}

    async def close(self, session: AsyncSession, secret: str, *, place: str) -> bytes:
        """Seal a secret for one place, such as `accounts/{id}/access_token`.

        The tenant's newest key is asked for every time and held until the transaction ends: nobody
        may drop it before this secret can be seen to need it.
        """
        kept = await _newest(session)
        if kept is None:
            await self._make_first(tenant_of(session))
            kept = await _newest(session)
        if kept is None:
            raise KeyMissing("This tenant's data keys are being dropped.")
        return self._keys.unwrap(kept).close(secret, place=place)

    async def open(self, session: AsyncSession, sealed: bytes, *, place: str) -> str:
        """Open what was sealed for this very place; raises SealBroken.

        No connection is taken for a key that is remembered.
        """
        tenant_id, number = tenant_of(session), number_of(sealed)
        if number is None:
            return self._keys.open_before(sealed, tenant_id=tenant_id, place=place)
        with suppress(SealBroken):
            # After all of a tenant's keys were dropped, a new one may have the old number.
            if (remembered := self._recall(tenant_id, number)) is not None:
                return remembered.open(sealed, place=place)
        key = self._keys.unwrap(await _by_number(session, number))
        self._remember(tenant_id, key)
        return key.open(sealed, place=place)

    def _recall(self, tenant_id: UUID, number: int) -> DataKey | None:
        key, until = self._remembered.get((tenant_id, number), (None, None))
        if until is not None and until <= self._clock.now():
            del self._remembered[tenant_id, number]
            return None
        return key

    def _remember(self, tenant_id: UUID, key: DataKey) -> None:
        if len(self._remembered) >= KEYS_REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        until = self._clock.now() + REMEMBERED_FOR
        self._remembered[tenant_id, key.number] = (key, until)

    async def _make_first(self, tenant_id: UUID) -> None:
        # A key must be there for good before anything is sealed with it, whatever becomes of the
        # caller's transaction. And the pool may be held by callers who all wait for a key.
        made = self._keys.make(tenant_id, 1)
        connection = await self._database.connect()
        try:
            await connection.execute("select set_config($1, $2, false)", SETTING, str(tenant_id))
            await connection.execute(
                _MAKE_FIRST,
                *(made.tenant_id, made.number, made.wrapped, made.wrapped_by, self._clock.now()),
            )
        finally:
            # Terminated, not closed: a close could wait for a server that does not answer.
            connection.terminate()


_KEPT = select(
    TENANT_KEYS.c.tenant_id, TENANT_KEYS.c.number, TENANT_KEYS.c.wrapped_by, TENANT_KEYS.c.wrapped
)


async def _newest(session: AsyncSession) -> WrappedKey | None:
    question = (
        _KEPT.where(TENANT_KEYS.c.tenant_id == tenant_of(session))
        .order_by(TENANT_KEYS.c.number.desc())
        .limit(1)
        .with_for_update(read=True, key_share=True)
    )
    row = (await (await session.connection()).execute(question)).mappings().first()
    return WrappedKey(**row) if row else None


async def _by_number(session: AsyncSession, number: int) -> WrappedKey:
    question = _KEPT.where(
        TENANT_KEYS.c.tenant_id == tenant_of(session), TENANT_KEYS.c.number == number
    )
    row = (await (await session.connection()).execute(question)).mappings().first()
    if row is None:
        raise KeyMissing(f"This tenant's data key {number} is not here.")
    return WrappedKey(**row)
