"""The demo story, end to end through the gateway."""

import asyncpg
import httpx2
import pytest

from tests.journeys.conftest import TRACE_ID, Played
from tests.journeys.databases import connect

pytestmark = pytest.mark.own_servers

# What the rules give that a company has without setting anything up.
STORY_WRITTEN, OWN_WORDS, COMMENT, RESHARE, REACTION, CLICK = 20, 10, 5, 5, 1, 1


def test_points_follow_from_what_happened_and_nothing_is_counted_twice(played: Played) -> None:
    numbers = played.ours.story_numbers

    counts = {kind: total["count"] for kind, total in numbers["totals"].items()}
    assert counts == {"click": 11, "comment": 2, "reshare": 1, "reaction": 1}
    assert numbers["totals"]["click"]["suspected_robots"] == 1
    assert played.ours.points == {
        "freja": STORY_WRITTEN,
        "ana": OWN_WORDS + 7 * CLICK + 2 * COMMENT + RESHARE + REACTION,
        "james": OWN_WORDS + 4 * CLICK,
    }


def test_the_author_was_not_allowed_to_approve_her_own_story(played: Played) -> None:
    assert played.ours.refused == ["own-story"]


def test_each_post_begins_with_who_is_speaking_for_whom(played: Played) -> None:
    danish = played.ours.shares["ana"]["text"]
    english = played.ours.shares["james"]["text"]

    assert danish.startswith("Jeg arbejder hos Nordlys Energi")
    assert english.startswith("I work at Nordlys Energi")


def test_the_network_holds_one_post_for_each_share(played: Played) -> None:
    posts = httpx2.get(
        f"http://localhost:{played.platform.port + 2}/sandbox/posts", trust_env=False
    ).json()["items"]

    for company in (played.ours, played.theirs):
        for share in company.shares.values():
            refs = [one for one in posts if one["client_ref"] == f"share-{share['share_id']}"]
            assert len(refs) == 1
            assert refs[0]["text"] == share["text"]


async def test_the_trace_of_the_request_that_shared_reaches_the_own_words_award(
    played: Played,
) -> None:
    connection: asyncpg.Connection = await connect(played.platform, "recognition")
    try:
        rows = await connection.fetch(
            "select payload::json->>'rule' as rule, traceparent from outbox"
            " where tenant_id = $1 and type = 'fortaler.points.awarded.v1'",
            played.ours.tenant_id,
        )
    finally:
        await connection.close()

    traced = [row for row in rows if row["traceparent"] and row["traceparent"][3:35] == TRACE_ID]
    assert len([row for row in traced if "own" in row["rule"].lower()]) == 2


def test_the_board_shows_only_those_who_asked_to_be_on_it(played: Played) -> None:
    names = {row["display_name"] for row in played.ours.board["people"]}

    assert names == {"Ana Sørensen", "James Whitfield"}
