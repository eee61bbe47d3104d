"""A pooled connection forgets whose it was, whatever became of the transaction before."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import tenancy
from chassis.database import Database
from chassis.ids import new_id
from chassis.settings import ServiceSettings

POOL = 2
ROUNDS = 240
"""Enough for every pair of neighbours on a connection to come up many times."""

ADD = text("insert into teams (tenant_id, team_id, name) values (:tenant_id, :team_id, :name)")


@pytest.fixture
async def database(migrated: ServiceSettings) -> AsyncIterator[Database]:
    """A pool of two connections to directory's database, under its app role."""
    database = Database(migrated.model_copy(update={"database_connections_max": POOL}), "directory")
    yield database
    await database.close()


class Broken(Exception):
    """What a use case of this test dies of."""


async def tenants_seen(session: AsyncSession) -> set[UUID]:
    """Answer whose rows this transaction sees."""
    connection = await session.connection()
    return set((await connection.execute(text("select tenant_id from teams"))).scalars())


async def add_team(session: AsyncSession, tenant_id: UUID) -> None:
    """Write a team into a tenant, with no regard to whom the transaction serves."""
    row = {"tenant_id": tenant_id, "team_id": new_id(), "name": str(new_id())}
    await (await session.connection()).execute(ADD, row)


async def works(database: Database, tenant: UUID, _other: UUID) -> set[UUID]:
    async with database.transaction(tenant) as session:
        await add_team(session, tenant)
        return await tenants_seen(session)


async def looks_with_no_tenant(database: Database, tenant: UUID, _other: UUID) -> set[UUID]:
    async with database.transaction() as session:
        assert await tenants_seen(session) == set()
    return {tenant}


async def breaks(database: Database, tenant: UUID, _other: UUID) -> set[UUID]:
    seen: set[UUID] = set()

    async def break_down() -> None:
        async with database.transaction(tenant) as session:
            await add_team(session, tenant)
            seen.update(await tenants_seen(session))
            raise Broken

    with pytest.raises(Broken):
        await break_down()
    return seen


async def asks_nonsense(database: Database, tenant: UUID, _other: UUID) -> set[UUID]:
    with pytest.raises(DBAPIError):
        async with database.transaction(tenant) as session:
            await (await session.connection()).execute(text("select 1 / 0 from teams"))
    return {tenant}


async def reaches_across(database: Database, tenant: UUID, other: UUID) -> set[UUID]:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.transaction(tenant) as session:
            await add_team(session, other)
    return {tenant}


async def changes_over(database: Database, tenant: UUID, other: UUID) -> set[UUID]:
    async with database.transaction(tenant) as session:
        assert await tenants_seen(session) == {tenant}
        await tenancy.enter(session, other)
        assert await tenants_seen(session) == {other}
    return {tenant}


async def is_cut_off(database: Database, tenant: UUID, _other: UUID) -> set[UUID]:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.transaction(tenant) as session:
            await tenants_seen(session)
            begun.set()
            await (await session.connection()).execute(text("select pg_sleep(60)"))

    hanging = asyncio.create_task(hang())
    await begun.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    return {tenant}


Act = Callable[[Database, UUID, UUID], Awaitable[set[UUID]]]

ACTS: tuple[Act, ...] = (
    works,
    looks_with_no_tenant,
    breaks,
    asks_nonsense,
    reaches_across,
    changes_over,
    is_cut_off,
)


async def two_tenants(database: Database) -> tuple[UUID, UUID]:
    """Admit two tenants that have a team each."""
    tenants = (new_id(), new_id())
    for tenant in tenants:
        assert await works(database, tenant, tenant) == {tenant}
    return tenants


async def test_two_tenants_on_two_connections_never_see_each_other(database: Database) -> None:
    one, two = await two_tenants(database)
    chance = random.Random(20260301)
    rounds = [(chance.choice(ACTS), chance.sample((one, two), 2)) for _ in range(ROUNDS)]
    waiting = asyncio.Semaphore(3 * POOL)

    async def play(act: Act, mine: UUID, other: UUID) -> set[UUID]:
        async with waiting:
            return await act(database, mine, other)

    seen = await asyncio.gather(*(play(act, mine, other) for act, (mine, other) in rounds))

    assert seen == [{mine} for _, (mine, _) in rounds]


@pytest.mark.parametrize("act", ACTS)
async def test_whatever_came_before_a_connection_serves_nobody(
    act: Act, database: Database
) -> None:
    one, two = await two_tenants(database)
    await asyncio.gather(*(act(database, one, two) for _ in range(POOL)))

    async with database.transaction() as first, database.transaction() as second:
        for session in (first, second):
            said = await (await session.connection()).execute(
                text("select nullif(current_setting('app.tenant_id', true), '')")
            )
            assert said.scalar() is None
            assert await tenants_seen(session) == set()
