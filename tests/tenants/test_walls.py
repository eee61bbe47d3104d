"""Every tenant's table stands behind walls, and a hole in one does not stay unseen."""

import pytest

from chassis.settings import ServiceSettings
from fortaler import services
from services.directory.main import SERVICE as DIRECTORY
from tests.tenants import allowed
from tests.tenants.allowed import outside
from tests.tenants.catalogue import holes, tables_of, tenant_tables
from tests.tenants.conftest import Look, Provide
from tests.tenants.leaks import leaks

NAMES = services.NAMES
HOLLOW = "hollow"
"""A database of its own, whose walls are broken one by one."""
OUTSIDE = outside(DIRECTORY.name)


@pytest.mark.parametrize("name", NAMES)
async def test_the_catalogue_shows_no_hole(
    name: str, migrated: ServiceSettings, look_into: Look
) -> None:
    async with look_into(name) as connection:
        assert await tenant_tables(connection, outside(name)) != []
        assert await holes(connection, name, outside(name)) == []


@pytest.mark.parametrize("name", NAMES)
async def test_no_table_lets_one_tenant_reach_another(
    name: str, migrated: ServiceSettings, look_into: Look
) -> None:
    async with look_into(name) as connection:
        assert await leaks(connection, name, outside(name)) == []


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_allowed_outside_the_walls_is_there(
    name: str, migrated: ServiceSettings, look_into: Look
) -> None:
    named = {table for service, table in [*allowed.DOORS, *allowed.VIEWS] if service == name}

    async with look_into(name) as connection:
        there = {table.name for table in await tables_of(connection)}

    assert named | allowed.OUTSIDE.keys() <= there


@pytest.fixture(scope="module")
async def hollow(provide: Provide) -> str:
    await provide(HOLLOW, DIRECTORY)
    return HOLLOW


async def test_an_unspoiled_database_has_no_hole(hollow: str, look_into: Look) -> None:
    async with look_into(hollow) as connection:
        assert await holes(connection, hollow, OUTSIDE) == []
        assert await leaks(connection, hollow, OUTSIDE) == []


PLANTED = {
    "row-level security is off": (
        "alter table teams disable row level security",
        "teams: row-level security is not enabled.",
    ),
    "the owner is let through": (
        "alter table teams no force row level security",
        "teams: row-level security is not forced.",
    ),
    "the policy is gone": (
        "drop policy tenant on teams",
        "teams: no policy lets the app role see its tenant.",
    ),
    "the policy looks only when reading": (
        f"""drop policy tenant on teams;
        create policy tenant on teams to {HOLLOW}_app
        using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
        with check (true)""",
        "teams: policy tenant does not keep the app role to one tenant.",
    ),
    "the policy lets everybody see": (
        f"create policy also on teams to {HOLLOW}_app using (true)",
        "teams: policy also does not keep the app role to one tenant.",
    ),
    "the policy looks at another setting": (
        """alter policy tenant on teams
        using (tenant_id = nullif(current_setting('app.other', true), '')::uuid)""",
        "teams: policy tenant does not keep the app role to one tenant.",
    ),
    "a policy is for everybody": (
        "create policy all_in on teams using (true)",
        "teams: policy all_in is for public.",
    ),
    "the relay role may change": (
        f"create policy sweep on teams to {HOLLOW}_relay using (true)",
        "teams: policy sweep lets the relay role do more than look.",
    ),
    "a table without walls": (
        "create table loose (tenant_id uuid primary key)",
        "loose: row-level security is not enabled.",
    ),
    "a table of nobody": (
        "create table orphans (id uuid primary key)",
        "orphans: it has no tenant_id.",
    ),
    "a tenant that may be null": (
        """create table vague (tenant_id uuid, id uuid primary key)""",
        "vague: tenant_id may be null.",
    ),
    "a tenant that is text": (
        "create table named (tenant_id text primary key)",
        "named: tenant_id is text.",
    ),
    "a key that does not begin with the tenant": (
        """alter table teams drop constraint teams_pkey cascade;
        alter table teams add primary key (team_id)""",
        "teams: key teams_pkey does not begin with tenant_id.",
    ),
    "no key at all": (
        "alter table teams drop constraint teams_pkey cascade",
        "teams: it has no primary key.",
    ),
    "a unique index over all tenants": (
        "create unique index once on teams (name)",
        "teams: key once does not begin with tenant_id.",
    ),
    "a unique expression over all tenants": (
        "create unique index once on teams (lower(name), tenant_id)",
        "teams: key once does not begin with tenant_id.",
    ),
    "a reference into any tenant": (
        """alter table teams add constraint alone unique (team_id);
        alter table people add constraint any_team
        foreign key (team_id) references teams (team_id)""",
        "people: foreign key any_team does not begin with tenant_id on both sides.",
    ),
    "the app role owns a table": (
        f"alter table teams owner to {HOLLOW}_app",
        f"{HOLLOW}_app: it owns 1 things.",
    ),
    "a table of a stranger": (
        "alter table teams owner to postgres",
        "teams: it belongs to postgres.",
    ),
    "the app role passes walls": (
        f"alter role {HOLLOW}_app bypassrls",
        f"{HOLLOW}_app: it has rolbypassrls.",
    ),
    "the relay role is a superuser": (
        f"alter role {HOLLOW}_relay superuser",
        f"{HOLLOW}_relay: it has rolsuper.",
    ),
    "the app role is also the owner": (
        f"grant {HOLLOW}_owner to {HOLLOW}_app",
        f"{HOLLOW}_app: it is a member of {HOLLOW}_owner.",
    ),
    "the app role may make tables": (
        f"grant create on schema public to {HOLLOW}_app",
        f"{HOLLOW}_app: it may create in public.",
    ),
    "the app role may make schemas": (
        f"grant create on database {HOLLOW} to {HOLLOW}_app",
        f"{HOLLOW}_app: it may create in the database.",
    ),
    "the app role may empty tables": (
        f"grant truncate on teams to {HOLLOW}_app",
        "teams: the app role may truncate.",
    ),
    "the relay role may write": (
        f"grant update (name) on teams to {HOLLOW}_relay",
        "teams: the relay role may update.",
    ),
    "everybody may read": (
        "grant select on teams to public",
        "teams: public may select.",
    ),
    "a view with its owner's rights": (
        "create view all_teams as select * from teams",
        "all_teams: it is a view, or lies elsewhere.",
    ),
    "a function with its owner's rights": (
        "create function peek() returns bigint language sql security definer"
        " return (select count(*) from teams)",
        "peek(): it runs with its owner's rights.",
    ),
    "the reader may change": (
        f"create policy read on teams to {HOLLOW}_reader using (true)",
        "teams: policy read lets the reader do more than look.",
    ),
    "the reader may write": (
        f"grant update (name) on teams to {HOLLOW}_reader",
        "teams: the reader role may update.",
    ),
    "the reader may come in": (
        f"alter role {HOLLOW}_reader login",
        f"{HOLLOW}_reader: it may log in.",
    ),
    "the app role reads as the reader": (
        f"grant {HOLLOW}_reader to {HOLLOW}_app",
        f"{HOLLOW}_app: it is a member of {HOLLOW}_reader.",
    ),
    "the reader owns a table": (
        f"alter table teams owner to {HOLLOW}_reader",
        f"{HOLLOW}_reader: it owns 1 things.",
    ),
    "a tenant that is set beforehand": (
        f"alter role {HOLLOW}_app set app.tenant_id = '01920000-0000-7000-8000-000000000001'",
        "app.tenant_id=01920000-0000-7000-8000-000000000001 is set before anybody has said it.",
    ),
    "the app role reads all announcements": (
        f"grant select (payload) on outbox to {HOLLOW}_app",
        "outbox: the app role may read what all tenants announce.",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
async def test_a_planted_hole_is_seen(case: str, hollow: str, look_into: Look) -> None:
    broken, told = PLANTED[case]

    async with look_into(hollow) as connection:
        planting = connection.transaction()
        await planting.start()
        await connection.execute(broken)
        found = await holes(connection, hollow, OUTSIDE)
        await planting.rollback()

    assert told in found


LEAKING = {
    "row-level security is off": (
        "alter table teams disable row level security",
        {
            "teams: without a tenant there are rows.",
            "teams: a tenant does not see exactly its own row.",
            "teams: a tenant deletes another's row.",
            "teams: a tenant gives its row to another.",
            "teams: a tenant writes a row of another.",
        },
    ),
    "everybody sees": (
        f"create policy also on teams for select to {HOLLOW}_app using (true)",
        {
            "teams: without a tenant there are rows.",
            "teams: a tenant does not see exactly its own row.",
        },
    ),
    "nothing is checked when writing": (
        "alter policy tenant on teams with check (true)",
        {
            "teams: a tenant gives its row to another.",
            "teams: a tenant writes a row of another.",
        },
    ),
    "the app role passes walls": (
        f"alter role {HOLLOW}_app bypassrls",
        {"people: without a tenant there are rows.", "people: a tenant deletes another's row."},
    ),
}


@pytest.mark.parametrize("case", LEAKING)
async def test_a_planted_leak_is_felt(case: str, hollow: str, look_into: Look) -> None:
    broken, told = LEAKING[case]

    async with look_into(hollow) as connection:
        planting = connection.transaction()
        await planting.start()
        await connection.execute(broken)
        found = await leaks(connection, hollow, OUTSIDE)
        await planting.rollback()

    assert told <= set(found)
