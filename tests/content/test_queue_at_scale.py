"""A queue is answered from an index, however much waits for others."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.paging import PageRequest
from services.content.store.waiting import Filters, queue_question
from tests.content.conftest import Newsroom
from tests.content.test_life import Somebody
from tests.tenants.conftest import Look
from tests.tenants.conftest import look_into as look_into

WAITING = 100_000
LIMIT = 20

# A few wait at stages of other names, of which there are many.
_FILL = """
    insert into review_tasks
    select $1, gen_random_uuid(), key, 1, now() - n * interval '1 minute',
           case when n % 97 = 0 then 'stage-' || n % 23 else 'review' end, null, null,
           'article', null, 'static', '{}'
    from generate_series(1, $2 / 2) n, unnest(array['role:reviewer', 'role:admin']) key
"""


@pytest.fixture
async def full(newsroom: Newsroom, look_into: Look) -> AsyncIterator[Newsroom]:
    """A newsroom for whose reviewers and admins a great deal waits."""
    tenant_id = newsroom.tenant.tenant_id
    async with look_into("content") as connection:
        # What a task refers to is no matter here.
        await connection.execute("set session_replication_role = replica")
        await connection.execute(_FILL, tenant_id, WAITING)
        await connection.execute("analyze review_tasks")
        yield newsroom
        await connection.execute("delete from review_tasks where tenant_id = $1", tenant_id)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def planned(database: Database, newsroom: Newsroom, filters: Filters) -> dict[str, Any]:
    """Answer how PostgreSQL has answered the queue of a reviewer who is an admin, too."""
    me = Somebody(new_id(), frozenset({"reviewer", "admin", "employee"}), new_id())
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        question, asked = queue_question(
            session, me, [], PageRequest(LIMIT, None), filters, at=SystemClock().now()
        )
        explained = text(f"explain (analyze, format json) {question}")
        found = (await (await session.connection()).execute(explained, asked)).scalar_one()
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


@pytest.mark.parametrize("filters", [Filters(), Filters(kind="article", overdue=False)])
async def test_a_page_of_a_queue_reads_a_page_of_the_index(
    full: Newsroom, filters: Filters
) -> None:
    plan = await planned(full.content.context.database, full, filters)

    scans = [one for one in nodes(plan) if one.get("Relation Name") == "review_tasks"]
    assert [one["Node Type"] for one in scans] == ["Index Scan"]
    assert scans[0]["Index Name"] == "review_tasks_waiting"
    # Averaged over the rights that were looked up; two of them have as much as anybody asks for.
    assert scans[0]["Actual Rows"] <= LIMIT + 1
    assert scans[0].get("Rows Removed by Filter", 0) == 0
