"""The superuser's view of every database, and databases that a test may spoil."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from chassis.migrating import migrate, provision
from chassis.service import Service
from chassis.settings import ServiceSettings
from tests.servers import PostgresServer

Look = Callable[[str], AbstractAsyncContextManager[asyncpg.Connection]]
Provide = Callable[[str, Service], Awaitable[None]]


@pytest.fixture(scope="session")
def look_into(postgres: PostgresServer) -> Look:
    """Answer how to look into any database as the superuser, whom nothing is hidden from."""

    @asynccontextmanager
    async def look(database: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            host=postgres.host,
            port=postgres.port,
            user=postgres.superuser,
            password=postgres.password,
            database=database,
        )
        try:
            yield connection
        finally:
            await connection.close()

    return look


@pytest.fixture(scope="session")
def provide(settings: ServiceSettings, postgres: PostgresServer) -> Provide:
    """Answer how to make a database of another name with a service's migrations."""

    async def make(name: str, service: Service) -> None:
        await provision(
            settings, name, admin_user=postgres.superuser, admin_password=postgres.password
        )
        await migrate(settings, name, service.migrations, service.metadata)

    return make
