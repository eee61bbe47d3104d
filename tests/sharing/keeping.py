"""What a company keeps sealed, its keys, and their rotation, as a test sees them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.clock import SystemClock
from chassis.crypto import PlatformKeys, read_key
from chassis.rotation import Rotation, as_owner
from chassis.sealing import Sealing
from chassis.tenancy import tenant_of
from services.sharing.main import SERVICE
from services.sharing.settings import SharingSettings
from tests.sharing.conftest import Company


def settings_of(company: Company, current: str = "first") -> SharingSettings:
    """Answer the settings of sharing, with another platform key as the current one."""
    settings = company.sharing.context.settings
    assert isinstance(settings, SharingSettings)
    return settings.model_copy(update={"sealing_key_current": current})


class Rotating:
    """A rotation by the operator, and what it said."""

    def __init__(self, connection: asyncpg.Connection, keys: PlatformKeys) -> None:
        self.said: list[str] = []
        self.says = asyncio.Event()
        self.connection = connection
        self.rotation = Rotation(connection, keys, SERVICE.sealed, SystemClock(), self._hear)

    def _hear(self, line: str) -> None:
        self.said.append(line)
        self.says.set()

    def troubles_of(self, company: Company) -> list[str]:
        """Answer what did not open of a company; other tests leave what does not, on purpose."""
        whose = str(company.tenant.tenant_id)
        return [trouble for trouble in self.rotation.troubles if whose in trouble]

    async def waits_to_drop(self) -> None:
        """Wait until everything is sealed anew, and old keys are only kept for late readers."""
        while not any("kept for" in line for line in self.said):
            self.says.clear()
            await self.says.wait()


@asynccontextmanager
async def rotating(company: Company, current: str = "first") -> AsyncIterator[Rotating]:
    """Be the operator who rotates."""
    settings = settings_of(company, current)
    async with as_owner(settings, "sharing") as connection:
        yield Rotating(connection, settings.platform_keys())


async def rows_of(company: Company, question: str, *values: Any) -> list[dict[str, Any]]:
    """Answer rows of the company, as the owner sees them; $1 is the company."""
    async with as_owner(settings_of(company), "sharing") as connection:
        rows = await connection.fetch(question, company.tenant.tenant_id, *values)
    return [dict(row) for row in rows]


async def keys_of(company: Company) -> list[tuple[int, str]]:
    """Answer the numbers of the company's data keys, and what wraps them."""
    question = "select number, wrapped_by from tenant_keys where tenant_id = $1 order by number"
    return [(row["number"], row["wrapped_by"]) for row in await rows_of(company, question)]


async def sealed_secrets(company: Company) -> list[tuple[bytes, str]]:
    """Answer everything that the company keeps sealed, each with its place."""
    found = []
    for column in SERVICE.sealed:
        question = f"select * from {column.table} where tenant_id = $1"
        for row in await rows_of(company, question):
            if row[column.column] is not None:
                found.append((row[column.column], column.place(row)))
    return found


async def opened_secrets(company: Company, keys: PlatformKeys | None = None) -> list[str]:
    """Open everything that the company keeps sealed, as a process that has just begun would."""
    context = company.publisher
    sealing = Sealing(context.database, context.clock, keys or settings_of(company).platform_keys())
    opened = []
    for sealed, place in await sealed_secrets(company):
        async with context.database.transaction(company.tenant.tenant_id) as session:
            assert tenant_of(session) == company.tenant.tenant_id
            opened.append(await sealing.open(session, sealed, place=place))
    return sorted(opened)


async def seal_as_before(company: Company) -> None:
    """Seal all that the company keeps as earlier releases did: by the first key itself."""
    key = settings_of(company).sealing_key
    assert key is not None
    cipher = AESGCM(read_key(key.get_secret_value()))
    context, tenant_id = company.publisher, company.tenant.tenant_id
    sealing = Sealing(context.database, context.clock, settings_of(company).platform_keys())
    for column in SERVICE.sealed:
        for row in await rows_of(company, f"select * from {column.table} where tenant_id = $1"):
            if row[column.column] is None:
                continue
            place = column.place(row)
            async with context.database.transaction(tenant_id) as session:
                secret = await sealing.open(session, row[column.column], place=place)
            nonce = os.urandom(12)
            bound_to = b"|".join((b"\x01", tenant_id.bytes, place.encode()))
            before = b"\x01" + nonce + cipher.encrypt(nonce, secret.encode(), bound_to)
            await rows_of(
                company,
                f"update {column.table} set {column.column} = $3"
                f" where tenant_id = $1 and {column.key} = $2 returning 1",
                row[column.key],
                before,
            )
