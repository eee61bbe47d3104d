"""Who finds which stories, and reads what was done to them."""

from typing import Any

import asyncpg
import pytest

from tests.content.conftest import Newsroom, done, refusal_of
from tests.world import World, problem_of


async def titles(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    page = done(await newsroom.as_(who).get("/v1/stories", **query))
    return [line["title"] for line in page["items"]]


async def test_everybody_finds_what_is_theirs_to_see(newsroom: Newsroom) -> None:
    await newsroom.written(title="Draft")
    await newsroom.submitted(title="Submitted")
    await newsroom.live(title="Live")

    seen = {who: await titles(newsroom, who) for who in ("ana", "ravi", "pia", "emil")}

    assert seen == {
        "ana": ["Live", "Submitted", "Draft"],
        "ravi": ["Live", "Submitted"],
        "pia": ["Live", "Submitted"],
        "emil": ["Live"],
    }


async def test_a_reader_finds_a_story_by_what_is_live_of_it(newsroom: Newsroom) -> None:
    story = await newsroom.live(title="Calm")
    await newsroom.do("ana", story, "revise")
    await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"title": "Stormy"})

    found = {
        (who, word): await titles(newsroom, who, q=word)
        for who in ("ana", "emil")
        for word in ("calm", "storm")
    }

    assert found == {
        ("ana", "calm"): [],
        ("ana", "storm"): ["Stormy"],
        ("emil", "calm"): ["Calm"],
        ("emil", "storm"): [],
    }


async def test_stories_are_found_by_state_topic_author_and_words(newsroom: Newsroom) -> None:
    await newsroom.live("ana", title="100% wind", topics=["wind-power"])
    await newsroom.submitted("ana", title="Sun and wind", topics=["sun", "wind-power"])
    await newsroom.live("emil", title="Sun", topics=["sun"])

    assert await titles(newsroom, "ravi", state="in_review") == ["Sun and wind"]
    assert await titles(newsroom, "ravi", state="live") == ["Sun", "100% wind"]
    assert await titles(newsroom, "ravi", topic="sun") == ["Sun", "Sun and wind"]
    assert await titles(newsroom, "emil", author="me") == ["Sun"]
    assert await titles(newsroom, "emil", state="in_review") == []
    assert await titles(newsroom, "ravi", q="WIND", sort="newest") == ["Sun and wind", "100% wind"]
    assert await titles(newsroom, "ravi", q="100%") == ["100% wind"]


async def test_a_live_story_is_found_while_its_next_version_is_written(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.live(title="Calm")

    await newsroom.do("ana", story, "revise")

    assert await titles(newsroom, "ravi", state="live") == ["Calm"]
    assert await titles(newsroom, "emil", state="live") == ["Calm"]
    assert await titles(newsroom, "emil", state="draft") == []


async def test_a_list_credits_the_author_and_comes_in_pages(newsroom: Newsroom) -> None:
    for number in range(3):
        await newsroom.written(title=f"Story {number}")

    first = done(await newsroom.as_("ana").get("/v1/stories", limit=2))
    cursor = first["next_cursor"]
    second = done(await newsroom.as_("ana").get("/v1/stories", limit=2, cursor=cursor))

    assert [line["title"] for line in first["items"]] == ["Story 2", "Story 1"]
    assert [line["title"] for line in second["items"]] == ["Story 0"]
    assert second["next_cursor"] is None
    assert {line["author"]["display_name"] for line in first["items"]} == {"Ana"}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"state": "lost"},
        {"author": "ana"},
        {"sort": "best"},
        {"q": "a\x00"},
    ],
)
async def test_a_question_has_a_shape(quiet_newsroom: Newsroom, query: dict[str, Any]) -> None:
    answer = await quiet_newsroom.as_("ana").get("/v1/stories", **query)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_a_draft_is_not_there_for_others(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    answers = [
        await newsroom.as_("ravi").get(f"/v1/stories/{story['story_id']}"),
        await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/trail"),
        await newsroom.as_("emil").patch(f"/v1/stories/{story['story_id']}", {"title": "Mine"}),
        await newsroom.try_to("pia", story, "publish"),
        await newsroom.try_to("ada", story, "withdraw"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "story-not-found")}


async def test_another_companys_story_is_not_there(world: World, newsroom: Newsroom) -> None:
    story = await newsroom.live()
    elsewhere = world.new_tenant()
    await newsroom.content.hire(elsewhere, "nina", "employee", "reviewer", "admin")
    nina = newsroom.content.as_(elsewhere, "nina")
    path = f"/v1/stories/{story['story_id']}"

    answers = [
        await nina.get(path),
        await nina.get(f"{path}/trail"),
        await nina.patch(path, {"title": "Mine"}),
        await nina.post(f"{path}/submit"),
        await nina.post(f"{path}/review", refusal_of(story, "reject")),
        await nina.post(f"{path}/publish"),
        await nina.post(f"{path}/revise"),
        await nina.post(f"{path}/withdraw"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "story-not-found")}
    assert done(await nina.get("/v1/stories"))["items"] == []


async def test_the_trail_tells_who_did_what_on_which_content(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    await newsroom.do("rosa", story, "review", refusal_of(story, "request_changes"))
    path = f"/v1/stories/{story['story_id']}"
    edited = done(await newsroom.as_("ana").patch(path, {"title": "With a figure"}))
    await newsroom.approve(await newsroom.do("ana", edited, "submit"))
    await newsroom.do("pia", story, "publish")

    trail = done(await newsroom.as_("ana").get(f"{path}/trail"))["items"]

    # The story's own positions: others would tell how much is done elsewhere.
    assert [one["position"] for one in trail] == list(range(1, 8))
    assert [(one["actor"]["display_name"], one["act"]) for one in trail] == [
        ("Ana", "created"),
        ("Ana", "submitted"),
        ("Rosa", "changes_requested"),
        ("Ana", "edited"),
        ("Ana", "submitted"),
        ("Ravi", "approved"),
        ("Pia", "published"),
    ]
    assert trail[2]["reasons"] == ["Say where the figure comes from."]
    hashes = [one["content_hash"] for one in trail]
    assert hashes == [story["content_hash"]] * 3 + [edited["content_hash"]] * 4


async def test_the_trail_comes_in_pages(newsroom: Newsroom) -> None:
    story = await newsroom.approved()
    path = f"/v1/stories/{story['story_id']}/trail"

    first = done(await newsroom.as_("ravi").get(path, limit=2))
    second = done(await newsroom.as_("ravi").get(path, limit=2, cursor=first["next_cursor"]))

    acts = [entry["act"] for page in (first, second) for entry in page["items"]]
    assert acts == ["created", "submitted", "approved"]


@pytest.mark.parametrize("cursor", ["WyJhIl0", "WyItMSJd", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OSJd"])
async def test_a_trail_has_its_own_cursors(quiet_newsroom: Newsroom, cursor: str) -> None:
    story = await quiet_newsroom.written()

    answer = await quiet_newsroom.as_("ana").get(
        f"/v1/stories/{story['story_id']}/trail", cursor=cursor
    )

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_a_reader_of_the_hub_does_not_read_the_trail(newsroom: Newsroom) -> None:
    story = await newsroom.live()

    answer = await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/trail")

    assert (answer.status_code, problem_of(answer)) == (403, "not-allowed-on-story")


@pytest.mark.parametrize(
    "verb", ["update story_trail set act = 'approved'", "delete from story_trail"]
)
async def test_the_service_itself_cannot_change_the_trail(newsroom: Newsroom, verb: str) -> None:
    await newsroom.approved()
    connection = await newsroom.content.context.database.connect("app")

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(verb)
    finally:
        await connection.close()
