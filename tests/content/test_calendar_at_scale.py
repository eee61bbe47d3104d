"""A month of the calendar is read by its indexes, however many stories and plans there are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.settings import ServiceSettings
from services.content.domain.calendar import EntryKind, Span, Wanted
from services.content.store import calendar as store
from tests.content.explaining import Plan, explaining, indexes, nodes
from tests.servers import PostgresServer

STORIES = 100_000
# Ten years from the months of other tests, whose crowds are in the statistics, too.
A_MONTH = Span(date(2041, 5, 1), date(2041, 6, 1), ZoneInfo("Europe/Copenhagen"))
BLOCKS_MAX = 2_000
"""Of the 10,000 or so that the tables have: a few for each of the hundred that are found."""

_STORIES = """
    insert into stories (tenant_id, story_id, author_id, state, version, live_version, submitted,
                         created_at)
    select $1, gen_random_uuid(), gen_random_uuid(), 'live', 1, 1, true, now()
    from generate_series(1, $2::integer)
"""
_VERSIONS = """
    insert into story_versions (tenant_id, story_id, version, title, body, language, topics,
                                variants, audience, content_hash, embargo_until, expires_at)
    select tenant_id, story_id, 1, 'Calm day', 'It was not turning.', 'en', '{}', '[]', '{}',
           repeat('0', 64), timestamptz '2031-01-01' + n * interval '7 hours',
           timestamptz '2031-02-01' + n * interval '7 hours'
    from (select *, row_number() over () as n from stories where tenant_id = $1) numbered
"""
_TRAIL = """
    insert into story_trail (tenant_id, story_id, position, act, actor_id, version, content_hash,
                             reasons, happened_at)
    select tenant_id, story_id, position, case position when 1 then 'created' else 'published' end,
           author_id, 1, repeat('0', 64), '{}',
           timestamptz '2031-01-01' + n * interval '7 hours'
    from (select *, row_number() over () as n from stories where tenant_id = $1) numbered,
         generate_series(1, 2) position
"""
_ITEMS = """
    insert into plan_items (tenant_id, item_id, title, planned_at, planned_on, networks, audience,
                            created_by, created_at, changed_at, revision)
    select $1, gen_random_uuid(), 'Calm day',
           case when n % 2 = 0 then timestamptz '2031-01-01' + n * interval '7 hours' end,
           case when n % 2 = 1 then date '2031-01-01' + (n / 3)::integer end,
           '{}', '{"team_ids": [], "regions": [], "countries": [], "languages": []}',
           $1, now(), now(), 0
    from generate_series(1, $2::integer) n
"""
_INVITATIONS = """
    insert into plan_invitations (tenant_id, invitation_id, item_id, person_id, answer, invited_at)
    select tenant_id, gen_random_uuid(), item_id, gen_random_uuid(), 'accepted', now()
    from plan_items where tenant_id = $1
"""


@dataclass(frozen=True)
class Planner:
    """Somebody who oversees all stories, and sees all plans."""

    person_id: UUID = field(default_factory=new_id)
    roles: frozenset[str] = frozenset({"employee", "program_manager"})
    team_id: UUID | None = None


Filled = tuple[AsyncSession, list[Plan]]


@pytest.fixture(scope="module")
async def filled(postgres: PostgresServer, migrated: ServiceSettings) -> AsyncIterator[Filled]:
    """A company with a great many stories and plans."""

    async def fill(raw: Any, tenant_id: UUID) -> None:
        await raw.execute(_STORIES, tenant_id, STORIES)
        await raw.execute(_VERSIONS, tenant_id)
        await raw.execute(_TRAIL, tenant_id)
        await raw.execute(_ITEMS, tenant_id, STORIES)
        await raw.execute(_INVITATIONS, tenant_id)
        await raw.execute(
            "analyze stories, story_versions, story_trail, plan_items, plan_invitations"
        )

    async with explaining(postgres, fill) as asked:
        yield asked


async def read(session: AsyncSession) -> set[EntryKind]:
    stories = await store.stories_between(session, Planner(), A_MONTH, Wanted())
    items = await store.items_between(session, Planner(), A_MONTH, Wanted())
    return {one.kind for one in [*stories, *items]}


async def test_a_month_is_read_by_indexes(filled: Filled) -> None:
    session, plans = filled
    # The first time the driver asks about types, too.
    await read(session)
    plans.clear()

    found = await read(session)

    assert found == {"item", "story_embargo", "story_live", "story_expires"}
    assert len(plans) == 4
    for plan in plans:
        asked = (indexes(plan), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        assert [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"] == [], asked
        assert asked[1] <= BLOCKS_MAX, asked
