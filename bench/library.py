"""A hub full of made-up stories, written in batches: what is asked of many needs many."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from services.content.domain.policies import DEFAULT, Plan

BATCH = 2_000
VOCABULARY = 20_000
AUTHORS = 200
TOPICS = 200
LIVE_IN = 10
"""Nine stories in ten are live; the tenth is still being written."""

_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "ru", "sa", "te", "vi", "ly")
_STORIES = """
    insert into stories (tenant_id, story_id, author_id, state, version, live_version, submitted,
                         created_at)
    select :tenant_id, story_id, author_id, state, 1, case when state = 'live' then 1 end,
           state = 'live', created_at
    from unnest(cast(:story_ids as uuid[]), cast(:author_ids as uuid[]), cast(:states as text[]),
                cast(:created as timestamptz[])) as given (story_id, author_id, state, created_at)
"""
_VERSIONS = """
    insert into story_versions (tenant_id, story_id, version, title, body, language, topics,
                                variants, audience, content_hash, expires_at)
    select :tenant_id, story_id, 1, title, body, 'da', string_to_array(topics, ' '),
           jsonb_build_array(jsonb_build_object(
               'network', 'linkedin', 'language', 'en', 'text', copy)),
           '{"team_ids": [], "regions": [], "countries": [], "languages": [], "interests": []}',
           repeat('0', 64), ends
    from unnest(cast(:story_ids as uuid[]), cast(:titles as text[]), cast(:bodies as text[]),
                cast(:copies as text[]), cast(:topics as text[]), cast(:ends as timestamptz[]))
         as given (story_id, title, body, copy, topics, ends)
"""
ROUNDS = """
    insert into review_rounds (tenant_id, story_id, round, version, content_hash, plan, state,
                               submitted_at, stage_index, stage, stage_since, marks_passed,
                               approvals, approvals_missing, kind, communication_class)
    select tenant_id, story_id, 1, 1, repeat('0', 64), $1::jsonb, 'open', created_at, 0, 'review',
           created_at, 0, '[]', 1, 'article', 'static'
    from stories
"""
TASKS = """
    insert into review_tasks (tenant_id, story_id, waits_for, round, submitted_at, stage, kind,
                              communication_class, barred)
    select r.tenant_id, r.story_id, key, 1, r.submitted_at, 'review', 'article', 'static',
           array[s.author_id]
    from review_rounds r
    join stories s on s.tenant_id = r.tenant_id and s.story_id = r.story_id
    cross join unnest(array['role:reviewer', 'role:admin']) key
"""


async def queue_stories(owner: asyncpg.Connection) -> None:
    """Let every story wait for a reviewer or an admin: a queue as long as one can be."""
    await owner.execute(ROUNDS, TypeAdapter(Plan).dump_json(DEFAULT).decode())
    await owner.execute(TASKS)


@dataclass
class Library:
    """A tenant's hub: whose it is, who writes in it, and the words that its stories are made of."""

    tenant_id: UUID
    chance: random.Random
    authors: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(AUTHORS)])
    story_ids: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make up the words, the frequent ones first."""
        self.words = [self._word() for _ in range(VOCABULARY)]
        self._weights = [*accumulate(1 / (rank + 10) for rank in range(VOCABULARY))]

    def said(self, count: int) -> str:
        """Answer so many words, as often the same as people use the same."""
        return " ".join(self.chance.choices(self.words, cum_weights=self._weights, k=count))

    def _word(self) -> str:
        return "".join(self.chance.choices(_SYLLABLES, k=self.chance.randint(2, 5)))


async def write_stories(database: Database, library: Library, count: int) -> None:
    """Write stories, each found as every other is."""
    for begin in range(0, count, BATCH):
        async with database.transaction(library.tenant_id) as session:
            await _write(session, library, min(BATCH, count - begin))


async def _write(session: AsyncSession, library: Library, count: int) -> None:
    now = SystemClock().now()
    story_ids = [new_id() for _ in range(count)]
    chance = library.chance
    topics = [f"topic-{number}" for number in range(TOPICS)]
    connection = await session.connection()
    told: dict[str, Any] = {"tenant_id": library.tenant_id, "story_ids": story_ids}
    stories = {
        "author_ids": chance.choices(library.authors, k=count),
        "states": [("draft" if chance.randrange(LIVE_IN) == 0 else "live") for _ in story_ids],
        "created": [now] * count,
    }
    versions = {
        "titles": [library.said(6) for _ in story_ids],
        "bodies": [library.said(30) for _ in story_ids],
        "copies": [library.said(10) for _ in story_ids],
        "topics": [" ".join(chance.sample(topics, 2)) for _ in story_ids],
        "ends": [
            now + timedelta(days=chance.randint(1, 900)) if chance.random() < 0.3 else None
            for _ in story_ids
        ],
    }
    await connection.execute(text(_STORIES), told | stories)
    await connection.execute(text(_VERSIONS), told | versions)
    await connection.execute(
        text("select index_stories(:tenant_id, cast(:story_ids as uuid[]))"), told
    )
    library.story_ids += story_ids
