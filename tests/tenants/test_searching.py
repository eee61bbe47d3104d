"""What searches with a reader's rights keeps to the tenant that the transaction serves."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from services.content.main import SERVICE as CONTENT
from tests.tenants.allowed import SECURITY_DEFINERS, outside
from tests.tenants.catalogue import holes
from tests.tenants.conftest import Look, Provide

SEARCHED = "searched"
"""A database of its own, whose search is broken in several ways."""
FUNCTION = "find_stories"
SIGNATURE = (
    "find_stories(tsquery, tsquery, text, text, uuid, timestamptz, timestamptz, timestamptz,"
    " timestamptz, boolean, integer)"
)
SORTS = ("newest", "oldest", "title", "expiring", "relevance", "pinned")

_PLANT = """
    insert into story_search (tenant_id, story_id, seen, version, title_key, created_at, expires_at,
                              pinned_until, labels, document)
    values ($1::uuid, $2, 'live', 1, 'falcon', now(), now() + interval '1 day',
            now() + interval '1 day', '{}', to_tsvector('simple', 'falcon')
                  || array_to_tsvector(array['=seen:live', '=tenant:' || $1::uuid::text]))
"""
_FIND = """
    select story_id
    from find_stories($1::text::tsquery, 'falcon'::tsquery, $2, null, null, now(), null, null, null,
                      null, 100)
"""


@pytest.fixture(scope="module")
async def searched(provide: Provide) -> str:
    await provide(SEARCHED, CONTENT)
    # The test of the catalogue knows services by their names.
    SECURITY_DEFINERS[(SEARCHED, FUNCTION)] = SECURITY_DEFINERS[("content", FUNCTION)]
    return SEARCHED


async def strangers_found(connection: asyncpg.Connection, *, broken: str = "select") -> set[str]:
    """Plant a story of each of two tenants, and answer how each order finds too much of them.

    Whatever is planted, and `broken`, is undone.
    """
    mine, theirs = new_id(), new_id()
    stories = {tenant: new_id() for tenant in (mine, theirs)}
    planting = connection.transaction()
    await planting.start()
    try:
        await connection.execute(broken)
        await connection.execute("set local session_replication_role = replica")
        for tenant, story in stories.items():
            await connection.execute(_PLANT, tenant, story)
        await connection.execute(f"set local role {SEARCHED}_app")
        return {
            sort
            for sort in SORTS
            if await _found(connection, mine, sort) != [stories[mine]]
            or await _found(connection, mine, sort, f"'=tenant:{theirs}'") != []
            or await _found(connection, None, sort) != []
        }
    finally:
        await planting.rollback()


async def _found(
    connection: asyncpg.Connection, tenant: UUID | None, sort: str, question: str = "'=seen:live'"
) -> Sequence[UUID]:
    said = "" if tenant is None else str(tenant)
    await connection.execute("select set_config('app.tenant_id', $1, true)", said)
    return [row["story_id"] for row in await connection.fetch(_FIND, question, sort)]


async def test_no_order_of_a_search_finds_anothers_story(searched: str, look_into: Look) -> None:
    async with look_into(searched) as connection:
        assert await strangers_found(connection) == set()


BREAKING = {
    "it does not ask whose the rows are": ("s.tenant_id = $1 and s.document @@ $2", "true"),
    "it asks for another setting": (
        "current_setting('app.tenant_id', true)",
        "current_setting('app.other', true)",
    ),
    "it serves the first tenant there is": (
        "nullif(current_setting('app.tenant_id', true), '')::uuid",
        "(select max(tenant_id::text)::uuid from public.story_search)",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
async def test_a_search_that_does_not_keep_to_its_tenant_is_felt(
    case: str, searched: str, look_into: Look
) -> None:
    kept, instead = BREAKING[case]
    async with look_into(searched) as connection:
        source = await connection.fetchval("select pg_get_functiondef($1::regproc)", FUNCTION)
        assert kept in source

        found = await strangers_found(connection, broken=source.replace(kept, instead))

    assert found == set(SORTS)


LOOSENED = {
    "it runs as the owner": (
        f"alter function {SIGNATURE} owner to {SEARCHED}_owner",
        f"{FUNCTION}(): it runs as {SEARCHED}_owner.",
    ),
    "everybody may call it": (
        f"grant execute on function {SIGNATURE} to public",
        f"{FUNCTION}(): it is for public.",
    ),
    "its tables are the caller's": (
        f"alter function {SIGNATURE} reset search_path",
        f"{FUNCTION}(): whoever calls it says which tables it reads.",
    ),
}


@pytest.mark.parametrize("case", LOOSENED)
async def test_a_search_with_loose_rights_is_seen(
    case: str, searched: str, look_into: Look
) -> None:
    loosened, told = LOOSENED[case]
    async with look_into(searched) as connection:
        loosening = connection.transaction()
        await loosening.start()
        before = await holes(connection, searched, outside(CONTENT.name))
        await connection.execute(loosened)
        after = await holes(connection, searched, outside(CONTENT.name))
        await loosening.rollback()

    assert (before, after) == ([], [told])
