"""How PostgreSQL finds stories among a hundred thousand: by an index, whatever is asked.

How long that takes is measured by `bench/programs/search.py`.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.settings import ServiceSettings
from services.content.domain.searching import Filters, Sort
from services.content.store import searching as store
from tests.content.explaining import explaining, indexes, nodes
from tests.servers import PostgresServer

STORIES = 100_000
BLOCKS_MAX = 1_000
"""Of the 20,000 or so that the table and its index have."""

_STORIES = """
    insert into story_search (tenant_id, story_id, seen, version, title_key, created_at, expires_at,
                              labels, document)
    select $1::uuid, gen_random_uuid(), 'live', 1, 'title ' || n, now(),
           case when n % 10 = 0 then now() + n * interval '1 minute' end, labels,
           to_tsvector('danish', 'mølle ' || (n % 7) || ' ord' || (n % 1000) || ' tal' || n)
               || array_to_tsvector(labels || array['=tenant:' || $1::uuid, '=seen:live', '=live',
                                                    '=words:danish', '=author:' || ($2::uuid)])
    from generate_series(1, $3::integer) n
    cross join lateral (
        select array['=kind:' || case when n % 2000 = 0 then 'job' else 'news' end,
                     '=topic:t' || (n % 200), '=state:live'] as labels
    ) labelled
"""


@dataclass(frozen=True)
class Reader:
    """Somebody who reads."""

    person_id: UUID = field(default_factory=new_id)
    roles: frozenset[str] = frozenset({"employee"})
    team_id: UUID | None = None


@dataclass
class Library:
    """A tenant with many stories, asked by a connection that tells its plans."""

    session: AsyncSession
    plans: list[dict[str, Any]]

    async def plan_of(self, filters: Filters, sort: Sort | None = None) -> dict[str, Any]:
        """Answer how a list was found."""
        self.plans.clear()
        page = PageRequest(20, None)
        await store.stories_found(
            self.session, Reader(), filters, page, sort=sort, at=SystemClock().now()
        )
        return self._inner()

    async def plan_of_facets(self, filters: Filters) -> dict[str, Any]:
        """Answer how stories were found for facets."""
        self.plans.clear()
        await store.facets_of(self.session, Reader(), filters, at=SystemClock().now())
        return self._inner()

    def _inner(self) -> dict[str, Any]:
        return next(plan for plan in self.plans if "story_search" in json.dumps(plan))


@pytest.fixture(scope="module")
async def library(postgres: PostgresServer, migrated: ServiceSettings) -> AsyncIterator[Library]:
    """A library whose every row is gone again after the tests."""

    async def fill(raw: Any, tenant_id: UUID) -> None:
        for author in (new_id() for _ in range(2)):
            await raw.execute(_STORIES, tenant_id, author, STORIES // 2)
        await raw.execute("analyze story_search")

    async with explaining(postgres, fill) as (session, plans):
        yield Library(session, plans)


def check(plan: dict[str, Any], asked: object) -> None:
    assert [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"] == [], asked
    read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert read <= BLOCKS_MAX, (asked, read, indexes(plan))


async def test_whatever_is_asked_an_index_answers(library: Library) -> None:
    asked: list[tuple[Filters, Sort | None, str]] = [
        (Filters(), None, "story_search_pkey"),
        (Filters(), "oldest", "story_search_pkey"),
        (Filters(), "title", "story_search_by_title"),
        (Filters(), "expiring", "story_search_by_end"),
        (Filters(state="live"), None, "story_search_pkey"),
        (Filters(words="ord777"), None, "story_search_document"),
        (Filters(words="tal777 or tal9999"), None, "story_search_document"),
        (Filters(words="tal777"), "title", "story_search_document"),
        (Filters(kinds=("job",)), None, "story_search_document"),
        (Filters(mine=True), None, "story_search_document"),
        (Filters(state="draft"), None, "story_search_document"),
        (Filters(words="mølle", kinds=("job",)), "newest", "story_search_document"),
    ]

    for filters, sort, index in asked:
        plan = await library.plan_of(filters, sort)
        check(plan, (filters, sort))
        assert index in indexes(plan), (filters, sort, indexes(plan))


async def test_facets_of_few_stories_are_counted_by_an_index(library: Library) -> None:
    plan = await library.plan_of_facets(Filters(words="ord777"))

    check(plan, "facets")
    assert "story_search_document" in indexes(plan)


async def test_facets_of_many_stories_are_of_the_newest(library: Library) -> None:
    plan = await library.plan_of_facets(Filters())

    assert plan["Actual Rows"] == store.FACETED_MAX + 1


async def test_behind_a_policy_the_index_of_words_is_not_asked(library: Library) -> None:
    question = "explain (format json) select 1 from story_search where document @@ 'tal777'"

    told = await (await library.session.connection()).execute(text(question))

    plan = told.scalar_one()[0]["Plan"]
    assert "story_search_document" not in indexes(plan)
