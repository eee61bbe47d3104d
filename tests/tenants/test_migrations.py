"""Every service's tables are what its code believes, and its migrations go both ways."""

import re
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis import dead_letters, idempotency, inbox, outbox, people
from chassis.database import address
from chassis.migrating import migrate
from chassis.settings import ServiceSettings
from fortaler import services
from tests.tenants.conftest import Look, Provide

NAMES = services.NAMES
KEPT_BY_THE_CHASSIS = {
    outbox.OUTBOX.name,
    outbox.REWINDS.name,
    inbox.INBOX.name,
    dead_letters.DEAD_LETTERS.name,
    idempotency.ANSWERS.name,
    people.TENANTS.name,
    people.PEOPLE.name,
}
PARTITION = re.compile(r"outbox_(default|[0-9]{8})")
"""A day of the outbox, which comes and goes without a migration."""

_DAY = re.compile(r"(?<=\boutbox_)[0-9]{8}")

_EVERYTHING = """
    select 'column' as what, table_name || '.' || column_name as name,
           concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default) as how
    from information_schema.columns where table_schema = 'public'
    union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select 'policy', tablename || '.' || policyname,
                     concat_ws(' ', roles::text, cmd, qual, with_check) from pg_policies
    union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
              from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'grant', relname, relacl::text from pg_class
              where relnamespace = 'public'::regnamespace
    union all select 'function', proname, prosrc from pg_proc
              where pronamespace = 'public'::regnamespace
    union all select 'type', typname, typtype::text from pg_type
              where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    order by 1, 2, 3
"""


async def everything_in(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """Answer all that migrations can make, in an order of its own.

    Whatever day it is: between two looks it may become midnight, and the outbox has another day.
    """
    found = await connection.fetch(_EVERYTHING)
    return [tuple(told and _DAY.sub("a_day", told) for told in row) for row in found]


async def differences(settings: ServiceSettings, database: str, metadata: MetaData) -> list[str]:
    """Answer what alembic would change to make a database what the code believes it is."""
    beliefs = MetaData()
    for table in [*outbox.BACKBONE.tables.values(), *metadata.tables.values()]:
        table.to_metadata(beliefs)

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": _is_no_partition}
        )
        return [str(difference) for difference in compare_metadata(context, beliefs)]

    engine = create_async_engine(address(settings, database, "owner"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


def _is_no_partition(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not PARTITION.fullmatch(name or "")


@pytest.mark.parametrize("name", NAMES)
async def test_tables_are_what_the_code_believes(name: str, migrated: ServiceSettings) -> None:
    assert set(outbox.BACKBONE.tables) == KEPT_BY_THE_CHASSIS

    assert await differences(migrated, name, services.load(name).metadata) == []


@pytest.mark.parametrize("name", NAMES)
async def test_migrations_go_down_to_nothing_and_up_again(
    name: str, settings: ServiceSettings, provide: Provide, look_into: Look
) -> None:
    service = services.load(name)
    scratch = f"again_{name}"
    await provide(scratch, service)

    async with look_into(scratch) as connection:
        before = await everything_in(connection)
        await migrate(settings, scratch, service.migrations, service.metadata, "base")
        left = {name for what, name, _ in await everything_in(connection) if what != "column"}
        await migrate(settings, scratch, service.migrations, service.metadata)
        after = await everything_in(connection)

    assert {name for name in left if not name.startswith("alembic_version")} == set()
    assert after == before


DRIFTS = {
    "a column more": ("alter table teams add column mood text", "remove_column mood"),
    "a column less": ("alter table teams drop column name", "add_column teams name"),
    "another length": ("alter table teams alter column name type varchar(99)", "modify_type 99"),
    "another type": ("alter table people alter column leader type text", "modify_type leader"),
    "may be null": ("alter table teams alter column name drop not null", "modify_nullable name"),
    "an index less": ("drop index people_of_team", "add_index people_of_team"),
    "a key more": (
        "alter table people add unique (tenant_id, display_name)",
        "remove_constraint display_name",
    ),
    "a reference less": (
        "alter table people drop constraint people_tenant_id_team_id_fkey",
        "add_fk people teams.team_id",
    ),
    "a table more": ("create table loose (id int primary key)", "remove_table loose"),
    "a table of the chassis less": ("drop table inbox", "add_table inbox"),
}
"""Each with the words of what alembic would do to mend it."""


@pytest.mark.parametrize("drift", DRIFTS)
async def test_a_planted_drift_is_seen(
    drift: str, settings: ServiceSettings, provide: Provide, look_into: Look
) -> None:
    directory = services.load("directory")
    planting, mending = DRIFTS[drift]
    await provide("drifting", directory)

    async with look_into("drifting") as connection:
        await connection.execute("set role drifting_owner")
        try:
            await connection.execute(planting)
            found = await differences(settings, "drifting", directory.metadata)
        finally:
            await connection.execute("drop schema public cascade; create schema public")

    assert [one for one in found if all(word in one for word in mending.split())] != [], found
