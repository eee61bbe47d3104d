"""What was written before the trail was a chain is chained, and its reviews go on."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.settings import ServiceSettings
from services.content.domain import chain
from services.content.domain.chain import Entry, Head, Stored
from services.content.main import SERVICE
from tests.tenants.conftest import Look, Provide

BEFORE = "0013"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

STORY = """
    insert into stories (tenant_id, story_id, author_id, state, version, submitted, created_at)
    values ($1, $2, $3, $4, 2, true, $5)
"""
VERSION = """
    insert into story_versions (tenant_id, story_id, version, title, body, language, topics,
                                variants, audience, content_hash, contributor_ids)
    values ($1, $2, $3, 'A', 'B', 'en', '{}', '[]', '{}', $4, $5)
"""
ENTRY = """
    insert into story_trail (tenant_id, story_id, position, act, actor_id, version, content_hash,
                             reasons, happened_at)
    values ($1, $2, $3, $4, $5, 1, $6, $7, $8)
"""
COUNTED = """
    create table changes_of_stories (story_id uuid not null);
    create function count_change() returns trigger language plpgsql security definer as $$
    begin
        insert into changes_of_stories values (new.story_id);
        return new;
    end
    $$;
    create trigger counted after update on stories
        for each row execute function count_change();
"""


async def test_old_trails_are_chained_and_open_reviews_go_on(
    settings: ServiceSettings, provide: Provide, look_into: Look
) -> None:
    await provide("chained", SERVICE)
    await migrate(settings, "chained", SERVICE.migrations, SERVICE.metadata, BEFORE)
    tenant_id, author_id, contributor_id = new_id(), new_id(), new_id()
    lengths = {new_id(): 3, new_id(): 1, new_id(): 1_200}

    async with look_into("chained") as connection:
        for story_id, length in lengths.items():
            story = tenant_id, story_id
            state = "in_review" if length > 1 else "draft"
            await connection.execute(STORY, *story, author_id, state, NOON)
            # Somebody who contributed to the first version is not named in the second.
            await connection.execute(VERSION, *story, 1, "a" * 64, [contributor_id])
            await connection.execute(VERSION, *story, 2, "a" * 64, [])
            acts = ["created"] + ["submitted"] * (length - 1)
            await connection.executemany(
                ENTRY,
                [
                    (*story, n, act, author_id, "a" * 64, ["Æ", '"'], NOON + timedelta(0, n))
                    for n, act in enumerate(acts, 1)
                ],
            )
        await migrate(settings, "chained", SERVICE.migrations, SERVICE.metadata)
        verified = [await _verify(connection, story_id) for story_id in lengths]
        waiting = await connection.fetch(
            "select t.story_id, t.waits_for, t.barred, r.submitted_at"
            " from review_tasks t join review_rounds r using (tenant_id, story_id, round)"
            " order by r.submitted_at"
        )

    assert [(one.intact, one.entries) for one in verified] == [
        (True, length) for length in lengths.values()
    ]
    assert [(one["waits_for"], {*one["barred"]}) for one in waiting] == [
        ("role:reviewer", {author_id, contributor_id})
    ] * 2
    assert [one["submitted_at"] - NOON for one in waiting] == [
        timedelta(seconds=3),
        timedelta(seconds=1_200),
    ]


async def test_a_story_of_several_versions_is_told_its_trail_once(
    settings: ServiceSettings, provide: Provide, look_into: Look
) -> None:
    await provide("told_once", SERVICE)
    await migrate(settings, "told_once", SERVICE.migrations, SERVICE.metadata, BEFORE)
    tenant_id, author_id, story_id = new_id(), new_id(), new_id()
    acts = ["created", "submitted", "changes_requested", "submitted", "published", "revised"]

    async with look_into("told_once") as connection:
        await connection.execute(STORY, tenant_id, story_id, author_id, "in_review", NOON)
        for version in (1, 2):
            await connection.execute(VERSION, tenant_id, story_id, version, "a" * 64, [])
        told: list[tuple[object, ...]] = [
            (tenant_id, story_id, n, act, author_id, "a" * 64, [], NOON + timedelta(0, n))
            for n, act in enumerate([*acts, "submitted"], 1)
        ]
        await connection.executemany(ENTRY, told)
        await connection.execute(COUNTED)
        await migrate(settings, "told_once", SERVICE.migrations, SERVICE.metadata, "0014")
        changes = await connection.fetchval("select count(*) from changes_of_stories")
        verified = await _verify(connection, story_id)
        rounds = await connection.fetch("select version, submitted_at from review_rounds")
        tasks = await connection.fetchval("select count(*) from review_tasks")

    assert (changes, tasks) == (1, 1)
    assert (verified.intact, verified.entries) == (True, 7)
    assert [tuple(one) for one in rounds] == [(2, NOON + timedelta(seconds=7))]


async def _verify(connection: asyncpg.Connection, story_id: object) -> chain.Verification:
    rows = await connection.fetch(
        "select * from story_trail where story_id = $1 order by position", story_id
    )
    told = await connection.fetchrow("select * from stories where story_id = $1", story_id)
    names = [one.name for one in fields(Entry)]
    found = []
    for row in rows:
        # At an older revision the columns of later fields are not there yet.
        said: dict[str, Any] = {name: row.get(name) for name in names}
        entry = Entry(**{**said, "reasons": tuple(row["reasons"])})
        found.append(Stored(entry, row["entry_hash"]))
    assert all(one.entry_hash for one in found)
    assert told is not None
    head = Head(told["trail_entries"], told["trail_head"])
    return chain.verify(rows[0]["story_id"], found, head)
