"""The holes in a service's walls, as PostgreSQL's own catalogue shows them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.tenants import allowed

POLICY = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
"""What a tenant's policy says, in PostgreSQL's own spelling."""

ROLES = ("app", "owner", "relay", "reader")

POWERS = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")

PASSES_WALLS = frozenset({"TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"})
"""Privileges that row-level security does not hold back."""

_OURS = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'"

_TABLES = f"""
    select c.oid, c.relname as name, c.relkind::text as kind, pg_get_userbyid(c.relowner) as owner,
           c.relrowsecurity as secured, c.relforcerowsecurity as forced,
           (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid) as part_of
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f') order by c.relname
"""
_POLICIES = """
    select polname as name, polcmd::text as command, polpermissive as permissive,
           pg_get_expr(polqual, polrelid) as sees, pg_get_expr(polwithcheck, polrelid) as writes,
           array(select case r when 0 then 'public' else pg_get_userbyid(r)::text end
                 from unnest(polroles) r) as roles
    from pg_policy where polrelid = $1
"""
_TENANT_COLUMN = """
    select attnum, attnotnull as required, atttypid::regtype::text as type
    from pg_attribute where attrelid = $1 and attname = 'tenant_id' and not attisdropped
"""
_KEYS = """
    select indexrelid::regclass::text as name, indisprimary as is_primary, indkey[0] as first
    from pg_index where indrelid = $1 and (indisunique or indisexclusion)
"""
_FOREIGN_KEYS = """
    select conname as name,
           (select attname::text from pg_attribute
            where attrelid = conrelid and attnum = conkey[1]) as from_column,
           (select attname::text from pg_attribute
            where attrelid = confrelid and attnum = confkey[1]) as to_column
    from pg_constraint where conrelid = $1 and contype = 'f'
"""
_GRANTS = """
    select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end as grantee,
           a.privilege_type as privilege
    from pg_class c, aclexplode(c.relacl) a where c.oid = $1
    union
    select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end,
           a.privilege_type
    from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = $1
"""
_FUNCTIONS = f"""
    select p.proname::text as name, pg_get_userbyid(p.proowner)::text as owner,
           coalesce(p.proconfig, '{{}}') as config,
           array(select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end
                 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))) as callers
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where {_OURS} and p.prosecdef
"""
_MEMBER_OF = """
    select pg_get_userbyid(roleid)::text from pg_auth_members
    where member = (select oid from pg_roles where rolname = $1)
"""
_OWNS = """
    select count(*) from pg_shdepend where refclassid = 'pg_authid'::regclass and deptype = 'o'
    and refobjid = (select oid from pg_roles where rolname = $1)
"""
_OWNS_BUT_FUNCTIONS = f"{_OWNS} and classid <> 'pg_proc'::regclass"
_MAY_CREATE_IN = f"""
    select n.nspname::text from pg_namespace n
    where {_OURS} and has_schema_privilege($1, n.oid, 'create')
    union all
    select 'the database' where has_database_privilege($1, current_database(), 'create')
"""
_PRESET = """
    select entry from pg_db_role_setting, unnest(setconfig) entry
    where (setdatabase = 0 or setdatabase
           = (select oid from pg_database where datname = current_database()))
      and split_part(entry, '=', 1) in ('app.tenant_id', 'row_security', 'session_authorization',
                                        'role')
"""


@dataclass(frozen=True)
class Table:
    """A table as the catalogue has it."""

    oid: int
    name: str
    kind: str
    owner: str
    secured: bool
    forced: bool
    part_of: str | None


async def tables_of(connection: asyncpg.Connection) -> list[Table]:
    """Answer every table and view of a database that is not PostgreSQL's own."""
    return [Table(**row) for row in await connection.fetch(_TABLES)]


async def tenant_tables(connection: asyncpg.Connection, outside: Collection[str]) -> list[Table]:
    """Answer the tables that must stand behind the tenants' walls: all but those `outside`."""
    return [
        table
        for table in await tables_of(connection)
        if table.kind in {"r", "p"} and not {table.name, table.part_of} & {*outside}
    ]


async def holes(
    connection: asyncpg.Connection, service: str, outside: Collection[str]
) -> list[str]:
    """Answer every hole in the walls of a service's database, one sentence each.

    `connection` is one to that database which may read the whole catalogue.
    """
    found = [*await _holes_of_roles(connection, service), *await _other_ways(connection, service)]
    for table in await tenant_tables(connection, outside):
        found += [f"{table.name}: {hole}" for hole in await _holes_of(connection, service, table)]
    return found


async def _holes_of(connection: asyncpg.Connection, service: str, table: Table) -> list[str]:
    found = []
    if not table.secured:
        found.append("row-level security is not enabled.")
    if not table.forced:
        found.append("row-level security is not forced.")
    if table.owner != f"{service}_owner":
        found.append(f"it belongs to {table.owner}.")
    found += _policy_holes(service, await connection.fetch(_POLICIES, table.oid))
    found += await _key_holes(connection, table)
    found += _grant_holes(service, await connection.fetch(_GRANTS, table.oid))
    return found


def _policy_holes(service: str, policies: Sequence[asyncpg.Record]) -> Iterator[str]:
    app, owner, relay, reader = (f"{service}_{role}" for role in ROLES)
    if not [policy for policy in policies if app in policy["roles"]]:
        yield "no policy lets the app role see its tenant."
    for policy in policies:
        name, roles = policy["name"], set(policy["roles"])
        if roles - {app, owner, relay, reader}:
            yield f"policy {name} is for {', '.join(sorted(roles))}."
        if app in roles and not _keeps_tenants_apart(policy):
            yield f"policy {name} does not keep the app role to one tenant."
        if relay in roles and policy["command"] != "r":
            yield f"policy {name} lets the relay role do more than look."
        if reader in roles and policy["command"] != "r":
            yield f"policy {name} lets the reader do more than look."


def _keeps_tenants_apart(policy: asyncpg.Record) -> bool:
    whole = policy["command"] == "*" and policy["permissive"]
    return bool(whole and policy["sees"] == POLICY and policy["writes"] == POLICY)


async def _key_holes(connection: asyncpg.Connection, table: Table) -> list[str]:
    column = await connection.fetchrow(_TENANT_COLUMN, table.oid)
    if column is None:
        return ["it has no tenant_id."]
    found = []
    if not column["required"]:
        found.append("tenant_id may be null.")
    if column["type"] != "uuid":
        found.append(f"tenant_id is {column['type']}.")
    return [
        *found,
        *_own_key_holes(await connection.fetch(_KEYS, table.oid), column["attnum"]),
        *_foreign_key_holes(await connection.fetch(_FOREIGN_KEYS, table.oid)),
    ]


def _own_key_holes(keys: Sequence[asyncpg.Record], tenant: int) -> Iterator[str]:
    if not [key for key in keys if key["is_primary"]]:
        yield "it has no primary key."
    for key in keys:
        if key["first"] != tenant:
            yield f"key {key['name']} does not begin with tenant_id."


def _foreign_key_holes(keys: Sequence[asyncpg.Record]) -> Iterator[str]:
    for key in keys:
        if (key["from_column"], key["to_column"]) != ("tenant_id", "tenant_id"):
            yield f"foreign key {key['name']} does not begin with tenant_id on both sides."


def _grant_holes(service: str, grants: Sequence[asyncpg.Record]) -> Iterator[str]:
    for grantee, privilege in grants:
        role = grantee.removeprefix(f"{service}_")
        if role == "owner":
            continue
        if role not in {"app", "relay", "reader"}:
            yield f"{grantee} may {privilege.lower()}."
        elif privilege in PASSES_WALLS or (role != "app" and privilege != "SELECT"):
            yield f"the {role} role may {privilege.lower()}."


async def _holes_of_roles(connection: asyncpg.Connection, service: str) -> list[str]:
    found = []
    for role in (f"{service}_{name}" for name in ROLES):
        known = await connection.fetchrow("select * from pg_roles where rolname = $1", role)
        if known is None:
            found.append(f"{role}: there is no such role.")
            continue
        found += [f"{role}: it has {power}." for power in POWERS if known[power]]
        if role.endswith("_reader") and known["rolcanlogin"]:
            found.append(f"{role}: it may log in.")
        if not role.endswith("_owner"):
            found += [f"{role}: {hole}" for hole in await _reach_of(connection, role)]
    return found


async def _reach_of(connection: asyncpg.Connection, role: str) -> list[str]:
    found = []
    owns = _OWNS_BUT_FUNCTIONS if role.endswith("_reader") else _OWNS
    if owned := await connection.fetchval(owns, role):
        found.append(f"it owns {owned} things.")
    for (group,) in await connection.fetch(_MEMBER_OF, role):
        found.append(f"it is a member of {group}.")
    for (place,) in await connection.fetch(_MAY_CREATE_IN, role):
        found.append(f"it may create in {place}.")
    return found


def _function_holes(service: str, function: asyncpg.Record) -> Iterator[str]:
    name = function["name"]
    if name in allowed.OWNERS_WORK:
        return
    if (service, name) not in allowed.SECURITY_DEFINERS:
        yield "it runs with its owner's rights."
    if function["owner"] != f"{service}_reader":
        yield f"it runs as {function['owner']}."
    if "search_path=pg_catalog, pg_temp" not in function["config"]:
        yield "whoever calls it says which tables it reads."
    if others := {*function["callers"]} - {f"{service}_app", function["owner"]}:
        yield f"it is for {', '.join(sorted(others))}."


async def _other_ways(connection: asyncpg.Connection, service: str) -> list[str]:
    found = []
    everything = await tables_of(connection)
    for table in everything:
        if table.kind in {"v", "m", "f"} and (service, table.name) not in allowed.VIEWS:
            found.append(f"{table.name}: it is a view, or lies elsewhere.")
        # Whoever has rights on a part passes by those of the whole.
        if table.part_of and [
            one
            for one, _ in await connection.fetch(_GRANTS, table.oid)
            if not one.endswith("_owner")
        ]:
            found.append(f"{table.name}: somebody has rights on this part alone.")
    for function in await connection.fetch(_FUNCTIONS):
        found += [f"{function['name']}(): {hole}" for hole in _function_holes(service, function)]
    for (entry,) in await connection.fetch(_PRESET):
        found.append(f"{entry} is set before anybody has said it.")
    outbox = next((table.oid for table in everything if table.name == "outbox"), None)
    reads: Any = outbox and await connection.fetchval(
        "select has_any_column_privilege($1, $2::oid, 'select')", f"{service}_app", outbox
    )
    if reads:
        found.append("outbox: the app role may read what all tenants announce.")
    return found
