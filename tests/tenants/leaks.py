"""The holes in a service's walls, as somebody finds them who tries every table."""

from collections.abc import Collection
from uuid import UUID

import asyncpg

from chassis.ids import new_id
from tests.tenants.catalogue import Table, tenant_tables

_COLUMNS = """
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           t.typcategory::text as category, t.typtype::text as nature, t.oid as type_oid
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped and a.attnotnull
      and a.attidentity = '' and a.attgenerated = '' and a.attname <> 'tenant_id'
"""
_CHECKS = "select conname::text from pg_constraint where conrelid = $1 and contype = 'c'"

_SAMPLES = {
    "A": "'{}'",
    "B": "'false'",
    "D": "'2026-01-01'",
    "N": "'1'",
    "S": "'x'",
    "T": "'1 day'",
}
"""One value that fits, by PostgreSQL's category of the column's type."""


async def leaks(
    connection: asyncpg.Connection, service: str, outside: Collection[str]
) -> list[str]:
    """Plant two tenants' rows in every table, and answer what the app role can do across them.

    `connection` is a superuser's; whatever is planted is rolled back.
    """
    found = []
    for table in await tenant_tables(connection, outside):
        planting = connection.transaction()
        await planting.start()
        try:
            found += [f"{table.name}: {leak}" for leak in await _try(connection, service, table)]
        finally:
            await planting.rollback()
    return found


async def _try(connection: asyncpg.Connection, service: str, table: Table) -> list[str]:
    mine, theirs = new_id(), new_id()
    await _plant(connection, table, mine, theirs)
    await connection.execute(f'set local role "{service}_app"')
    found = []
    if await _count(connection, table, None):
        found.append("without a tenant there are rows.")
    if await _count(connection, table, mine) != 1:
        found.append("a tenant does not see exactly its own row.")
    # A wall that holds changes leaves the others' row where it is, or says no.
    if await _changes(connection, f'delete from "{table.name}" where tenant_id = $1', theirs):
        found.append("a tenant deletes another's row.")
    # Without a condition: a row that need not be read is held back by WITH CHECK alone.
    if await _changes(connection, f'update "{table.name}" set tenant_id = $1', new_id()):
        found.append("a tenant gives its row to another.")
    if await _changes(connection, await _insert(connection, table), new_id()):
        found.append("a tenant writes a row of another.")
    return found


async def _plant(connection: asyncpg.Connection, table: Table, *tenants: UUID) -> None:
    # Rules on values and references are others' concern: here a row only has to be somebody's.
    await connection.execute("set local session_replication_role = replica")
    for (name,) in await connection.fetch(_CHECKS, table.oid):
        await connection.execute(f'alter table "{table.name}" drop constraint "{name}"')
    insert = await _insert(connection, table)
    for tenant in tenants:
        await connection.execute(insert, tenant)


async def _insert(connection: asyncpg.Connection, table: Table) -> str:
    columns = await connection.fetch(_COLUMNS, table.oid)
    names = ", ".join(["tenant_id", *(f'"{column["name"]}"' for column in columns)])
    values = ", ".join(["$1", *[await _sample(connection, column) for column in columns]])
    return f'insert into "{table.name}" ({names}) values ({values})'


async def _sample(connection: asyncpg.Connection, column: asyncpg.Record) -> str:
    if column["nature"] == "e":
        label = "select enumlabel::text from pg_enum where enumtypid = $1 limit 1"
        return f"'{await connection.fetchval(label, column['type_oid'])}'"
    special = {"uuid": "gen_random_uuid()", "jsonb": "'{}'", "json": "'{}'", "bytea": "''"}
    plain = special.get(column["type"], _SAMPLES.get(column["category"], "''"))
    return f"{plain}::{column['type']}"


async def _count(connection: asyncpg.Connection, table: Table, tenant: UUID | None) -> int:
    await _become(connection, tenant)
    counted: int = await connection.fetchval(f'select count(*) from "{table.name}"')
    return counted


async def _become(connection: asyncpg.Connection, tenant: UUID | None) -> None:
    said = "" if tenant is None else str(tenant)
    await connection.execute("select set_config('app.tenant_id', $1, true)", said)


async def _changes(connection: asyncpg.Connection, statement: str, tenant: UUID) -> bool:
    """Answer whether a statement changed anything; whatever it changed is undone."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        done: str = await connection.execute(statement, tenant)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.UniqueViolationError:
        # The wall let it through to a key, where it met the others' rows.
        return True
    finally:
        await attempt.rollback()
    return not done.endswith(" 0")
