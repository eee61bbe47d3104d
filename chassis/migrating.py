"""Databases, roles and migrations: what the owner does before the app role may come in.

Migrations are plain SQL, and go alone: expand, backfill in batches, contract (style rule 27).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.database import address
from chassis.settings import ServiceSettings
from chassis.tenancy import SETTING

if TYPE_CHECKING:
    from alembic.config import Config

LOCK_TIMEOUT_MS = 5000
"""A migration that cannot get its lock gives up before requests pile up behind it."""

ROLES = ("owner", "app", "relay")
"""Who may come in; the reader, as whom a search runs, may not (ADR 29)."""

_ENVIRONMENT = Path(__file__).parent / "migrations"
_TENANT = f"tenant_id = nullif(current_setting('{SETTING}', true), '')::uuid"


async def provision(
    settings: ServiceSettings, service: str, *, admin_user: str, admin_password: str
) -> None:
    """Create a service's roles and database where they are missing, as the server's admin."""
    server = make_url(settings.database_server(service))
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port or 5432,
        user=admin_user,
        password=admin_password,
        database="postgres",
    )
    password = settings.database_password.get_secret_value().replace("'", "''")
    try:
        for role in ROLES:
            name = f"{service}_{role}"
            known = await connection.fetchval("select 1 from pg_roles where rolname = $1", name)
            verb = "alter" if known else "create"
            await connection.execute(
                f"{verb} role {name} login nosuperuser nobypassrls password '{password}'"
            )
        await _provide_reader(connection, service)
        if not await connection.fetchval("select 1 from pg_database where datname = $1", service):
            await connection.execute(f"grant {service}_owner to current_user")
            await connection.execute(f"create database {service} owner {service}_owner")
        await connection.execute(f"revoke all on database {service} from public")
        await connection.execute(f"grant connect on database {service} to {service}_app")
        await connection.execute(f"grant connect on database {service} to {service}_relay")
    finally:
        await connection.close()


async def _provide_reader(connection: asyncpg.Connection, service: str) -> None:
    reader = f"{service}_reader"
    if not await connection.fetchval("select 1 from pg_roles where rolname = $1", reader):
        await connection.execute(f"create role {reader} nologin nosuperuser nobypassrls")
    # So that the owner's migrations can hand functions over to it.
    await connection.execute(f"grant {reader} to {service}_owner")


async def migrate(
    settings: ServiceSettings,
    service: str,
    migrations: Path,
    metadata: MetaData,
    revision: str = "head",
) -> None:
    """Bring a service's database to a revision, as its owner."""
    engine = create_async_engine(address(settings, service, "owner"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"set lock_timeout = {LOCK_TIMEOUT_MS}"))
            # Alembic would roll everything back if a transaction were open already.
            await connection.commit()
            await connection.run_sync(_run, service, migrations, metadata, revision)
            await connection.commit()
    finally:
        await engine.dispose()


def newest_revision(migrations: Path) -> str:
    """Answer the newest revision's name: migrations are files that begin with four digits."""
    return max(path.stem[:4] for path in migrations.glob("[0-9][0-9][0-9][0-9]_*.py"))


def run(script: str) -> None:
    """Run SQL statements, each ended by a semicolon at the end of a line."""
    from alembic import op

    for statement in script.split(";\n"):
        if statement.strip().rstrip(";"):
            op.execute(statement.strip().rstrip(";"))


def run_whole(statement: str) -> None:
    """Run one SQL statement that holds semicolons of its own, such as a function's body."""
    from alembic import op

    op.execute(statement)


def service_name() -> str:
    """Answer the service whose database is being migrated."""
    from alembic import op

    config = op.get_context().config
    assert config is not None
    return str(config.attributes["service"])


def protect(*tables: str, swept: Sequence[str] = ()) -> None:
    """Put tables under row-level security: the app role sees one tenant, the owner backfills all.

    `swept` names those of them in which the relay role may look for due work of all tenants.
    """
    service = service_name()
    for table in tables:
        run(
            f"""
            alter table {table} enable row level security;
            alter table {table} force row level security;
            create policy tenant on {table} to {service}_app
                using ({_TENANT}) with check ({_TENANT});
            create policy owner on {table} to {service}_owner using (true) with check (true);
            grant select, insert, update, delete on {table} to {service}_app;
            """
        )
    for table in swept:
        run(
            f"""
            create policy sweep on {table} for select to {service}_relay using (true);
            grant select on {table} to {service}_relay;
            """
        )


def let_read(*tables: str) -> None:
    """Let what runs as the reader see all tenants' rows of these tables, and change none."""
    reader = f"{service_name()}_reader"
    for table in tables:
        run(
            f"""
            create policy read on {table} for select to {reader} using (true);
            grant select on {table} to {reader};
            """
        )


def run_as_reader(function: str) -> None:
    """Let a function run with the reader's rights, for the app role alone.

    `function` is its name with the types of its arguments. It has to keep to the tenant that the
    transaction serves by itself: no policy does that for it (design 10.15).
    """
    service = service_name()
    run(
        f"""
        revoke execute on function {function} from public;
        grant execute on function {function} to {service}_app;
        grant create on schema public to {service}_reader;
        alter function {function} owner to {service}_reader;
        revoke create on schema public from {service}_reader;
        """
    )


def _run(
    connection: Connection, service: str, migrations: Path, metadata: MetaData, revision: str
) -> None:
    # Imported only where used: it costs a quarter of a second.
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config(migrations)
    config.attributes |= {"connection": connection, "service": service, "metadata": metadata}
    target = "base" if revision == "base" else revision
    known = connection.execute(text("select to_regclass('alembic_version')")).scalar()
    current = None
    if known is not None:
        current = connection.execute(text("select version_num from alembic_version")).scalar()
    connection.commit()
    script = ScriptDirectory.from_config(config)
    older = {one.revision for one in script.iterate_revisions(current, "base")} if current else ()
    if target == "base" or target in older:
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)


def _config(migrations: Path) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("version_locations", str(migrations))
    config.set_main_option("path_separator", "newline")
    return config
