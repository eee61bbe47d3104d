"""What was indexed before a migration is found by what that migration has added, and back again."""

from datetime import UTC, datetime

import asyncpg

from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.settings import ServiceSettings
from services.content.main import SERVICE
from tests.tenants.conftest import Look, Provide

BEFORE = "0015"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

STORY = """
    insert into stories (tenant_id, story_id, author_id, state, version, live_version, submitted,
                         created_at, expired)
    values ($1, $2, $3, $4, 1, $5, true, $6, $7)
"""
VERSION = """
    insert into story_versions (tenant_id, story_id, version, title, body, language, topics,
                                variants, audience, content_hash, contributor_ids)
    values ($1, $2, 1, 'A', 'B', 'en', '{}', '[]', $3, $4, $5)
"""
FOR_ALL_OF_OLD = '{"team_ids": [], "regions": [], "countries": [], "languages": []}'
FOR_SOME = """
    {"team_ids": [], "regions": [], "countries": [], "languages": ["da-DK"], "interests": ["sun"]}
"""
TOLD = """
    select story_id, array(select one from unnest(tsvector_to_array(document)) one
                           where one ~ '^=(state|live|expired|interest|reads|contributor|credited)'
                          ) as told,
           array(select one from unnest(labels) one where one ~ '^=state' order by one) as states
    from story_search where seen = 'working'
"""


async def test_stories_of_before_are_indexed_by_what_is_new(
    settings: ServiceSettings, provide: Provide, look_into: Look
) -> None:
    await provide("indexed_anew", SERVICE)
    await migrate(settings, "indexed_anew", SERVICE.migrations, SERVICE.metadata, BEFORE)
    author, helper = new_id(), new_id()
    stories = {
        "expired": ("live", 1, True, FOR_ALL_OF_OLD, []),
        "revised": ("draft", 1, False, FOR_SOME, [helper]),
        "draft": ("draft", None, False, FOR_SOME, []),
    }
    ids = {name: (new_id(), new_id()) for name in stories}

    async with look_into("indexed_anew") as connection:
        for name, (state, live, expired, audience, helpers) in stories.items():
            key = ids[name]
            await connection.execute(STORY, *key, author, state, live, NOON, expired)
            await connection.execute(VERSION, *key, audience, "a" * 64, helpers)
            await connection.execute("select index_stories($1, array[$2::uuid])", *key)
        before = await _told(connection)
        await migrate(settings, "indexed_anew", SERVICE.migrations, SERVICE.metadata)
        after = await _told(connection)
        await migrate(settings, "indexed_anew", SERVICE.migrations, SERVICE.metadata, BEFORE)
        again = await _told(connection)

    assert after == {
        ids["expired"][1]: (
            {"=state:expired", "=expired", "=interest:", "=reads:", f"=credited:{author}"},
            ["=state:expired"],
        ),
        ids["revised"][1]: (
            {
                "=state:draft",
                "=state:live",
                "=live",
                "=interest:sun",
                "=reads:da-dk",
                f"=contributor:{helper}",
                f"=credited:{author}",
            },
            ["=state:draft", "=state:live"],
        ),
        ids["draft"][1]: (
            {"=state:draft", "=interest:sun", "=reads:da-dk", f"=credited:{author}"},
            ["=state:draft"],
        ),
    }
    assert before[ids["revised"][1]] == ({"=state:draft", "=live"}, ["=state:draft"])
    assert again == before


async def _told(connection: asyncpg.Connection) -> dict[object, tuple[set[str], list[str]]]:
    rows = await connection.fetch(TOLD)
    return {row["story_id"]: ({*row["told"]}, row["states"]) for row in rows}
