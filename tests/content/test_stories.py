"""A story's way from a draft to what the others hear of, over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.people import find_by_subject
from contracts.content import (
    StoryPublished,
    StoryReviewed,
    StoryRevised,
    StorySubmitted,
    StoryWithdrawn,
)
from contracts.events import Event
from services.content.domain.life import Verdict
from services.content.use_cases import reviews as use_cases
from tests.content.conftest import Newsroom, a_story, approval_of, done, refusal_of
from tests.patience import until
from tests.world import problem_of


async def announced(newsroom: Newsroom) -> list[Event]:
    return await newsroom.content.announced(newsroom.tenant)


async def test_an_employees_story_is_reviewed_and_goes_live(newsroom: Newsroom) -> None:
    written = await newsroom.written()

    await newsroom.do("ana", written, "submit")
    await newsroom.do("ravi", written, "review", approval_of(written))
    live = await newsroom.do("ana", written, "publish")

    assert (live["state"], live["live"]) == ("live", live["working"])
    assert live["author"]["display_name"] == "Ana"
    kinds = [type(event) for event in await announced(newsroom)]
    assert kinds == [StorySubmitted, StoryReviewed, StoryPublished]


async def test_the_announcement_carries_the_whole_live_version(newsroom: Newsroom) -> None:
    team = str(new_id())
    expires_at = (SystemClock().now() + timedelta(days=9)).isoformat()
    audience = {"team_ids": [team], "regions": [], "countries": ["DK"], "languages": ["en"]}

    live = await newsroom.live(audience=audience, expires_at=expires_at)

    told = (await announced(newsroom))[-1]
    assert isinstance(told, StoryPublished)
    shown = told.model_dump(mode="json", exclude={"story_id", "author_id"})
    # How a body looks is the reader's own affair.
    # Rendered, and by name: for whoever is shown a story.
    only_shown = {"body_html", "contributors"}
    assert shown == {name: said for name, said in live["live"].items() if name not in only_shown}
    assert (str(told.story_id), str(told.author_id)) == (
        live["story_id"],
        live["author"]["person_id"],
    )
    assert told.audience.countries == ["DK"]


async def test_a_review_is_of_exactly_what_was_read(newsroom: Newsroom) -> None:
    read = await newsroom.submitted()
    await newsroom.do("rosa", read, "review", refusal_of(read, "request_changes"))
    path = f"/v1/stories/{read['story_id']}"
    edited = done(await newsroom.as_("ana").patch(path, {"body": "Another one."}))
    await newsroom.do("ana", read, "submit")

    answer = await newsroom.try_to("ravi", read, "review", approval_of(read))

    assert (answer.status_code, problem_of(answer)) == (409, "content-changed")
    assert answer.json()["content_hash"] == edited["content_hash"] != read["content_hash"]


@pytest.mark.parametrize(
    "body",
    [
        "Look: <script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[Read on](javascript:alert(1))",
        "![Us](https://tracker.example/pixel.png)",
    ],
)
async def test_a_body_that_could_do_harm_is_refused(quiet_newsroom: Newsroom, body: str) -> None:
    answer = await quiet_newsroom.as_("ana").post("/v1/stories", a_story(body=body))

    assert (answer.status_code, problem_of(answer)) == (422, "markdown-unsafe")
    assert (answer.json()["pointer"], answer.json()["line"]) == ("/body", 1)


async def test_a_body_is_shown_as_html_too(newsroom: Newsroom) -> None:
    story = await newsroom.written(body="It was **not** turning, since 3 < 4.")

    assert story["working"]["body_html"] == (
        "<p>It was <strong>not</strong> turning, since 3 &lt; 4.</p>\n"
    )


@pytest.mark.parametrize("decision", ["approve", "request_changes", "reject"])
async def test_nobody_decides_on_a_story_of_their_own(newsroom: Newsroom, decision: str) -> None:
    own = await newsroom.submitted("ravi")

    answer = await newsroom.try_to("ravi", own, "review", refusal_of(own, decision))

    assert (answer.status_code, problem_of(answer)) == (403, "own-story")


async def test_of_two_reviewers_at_once_the_second_is_too_late(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    database, clock = newsroom.content.context.database, newsroom.content.context.clock

    async with database.transaction(newsroom.tenant.tenant_id) as session:
        ravi = await find_by_subject(session, "ravi")
        assert ravi is not None
        first = await use_cases.review_story(
            session,
            clock,
            ravi,
            Verdict(
                UUID(story["story_id"]),
                "reject",
                story["content_hash"],
                ["This is not ours to tell."],
            ),
        )
        second = asyncio.create_task(newsroom.try_to("rosa", story, "review", approval_of(story)))
        await somebody_waits(database, second)

    answer = await second
    assert (first.state, answer.status_code) == ("rejected", 409)
    assert problem_of(answer) == "wrong-story-state"
    reviews = [one for one in await announced(newsroom) if isinstance(one, StoryReviewed)]
    assert [one.decision for one in reviews] == ["rejected"]


async def somebody_waits(database: Database, request: asyncio.Task[Any]) -> None:
    """Return when a transaction waits for another's lock, or the request is over without."""
    connection = await database.connect()

    async def waits_or_is_over() -> bool:
        locked = "select exists(select from pg_locks where not granted)"
        return request.done() or bool(await connection.fetchval(locked))

    try:
        await until(waits_or_is_over)
    finally:
        await connection.close()


async def test_a_revision_leaves_the_old_version_live_until_it_is_published(
    newsroom: Newsroom,
) -> None:
    first = await newsroom.live()
    path = f"/v1/stories/{first['story_id']}"
    await newsroom.do("ana", first, "revise")
    edited = done(await newsroom.as_("ana").patch(path, {"title": "A windy day"}))
    seen_meanwhile = done(await newsroom.as_("emil").get(path))

    await newsroom.approve(await newsroom.do("ana", edited, "submit"))
    second = await newsroom.do("pia", first, "publish")

    assert edited["live"] == seen_meanwhile["live"] == first["live"]
    assert (second["live"]["version"], second["live"]["title"]) == (2, "A windy day")
    told = (await announced(newsroom))[-1]
    assert isinstance(told, StoryRevised)
    assert (told.version, told.title) == (2, "A windy day")


async def test_a_story_withdrawn_twice_is_announced_once(newsroom: Newsroom) -> None:
    story = await newsroom.live()

    once = await newsroom.do("ada", story, "withdraw")
    twice = await newsroom.do("ada", story, "withdraw")

    assert once == twice
    assert (once["state"], once["live"]) == ("withdrawn", None)
    stops = [one for one in await announced(newsroom) if isinstance(one, StoryWithdrawn)]
    assert len(stops) == 1


async def test_a_draft_that_is_withdrawn_is_nobodys_news(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    await newsroom.do("ana", story, "withdraw")

    assert await announced(newsroom) == []


@pytest.mark.parametrize("state", ["submitted", "approved", "live"])
async def test_what_others_rely_on_is_not_edited(newsroom: Newsroom, state: str) -> None:
    story = await getattr(newsroom, state)()

    answer = await newsroom.as_("ana").patch(
        f"/v1/stories/{story['story_id']}", {"title": "Something else"}
    )

    assert (answer.status_code, problem_of(answer)) == (409, "wrong-story-state")


async def test_an_audience_is_changed_as_a_whole(newsroom: Newsroom) -> None:
    story = await newsroom.written(audience={"regions": ["Jylland"], "languages": ["da"]})
    path = f"/v1/stories/{story['story_id']}"

    edited = done(await newsroom.as_("ana").patch(path, {"audience": {"countries": ["DK"]}}))

    assert edited["working"]["audience"] == {
        "team_ids": [],
        "regions": [],
        "countries": ["DK"],
        "languages": [],
        "interests": [],
    }


async def test_an_edit_changes_what_it_names_and_null_takes_away(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    edited = done(
        await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"link": None})
    )

    assert edited["working"]["link"] is None
    assert edited["working"]["variants"] == story["working"]["variants"]
    assert edited["content_hash"] != story["content_hash"]


@pytest.mark.parametrize(
    ("who", "verb", "problem"),
    [
        ("emil", "publish", "not-allowed-on-story"),
        ("emil", "withdraw", "not-allowed-on-story"),
        ("ravi", "revise", "not-allowed-on-story"),
        ("pia", "submit", "not-allowed-on-story"),
    ],
)
async def test_somebody_elses_live_story_can_be_seen_and_not_touched(
    newsroom: Newsroom, who: str, verb: str, problem: str
) -> None:
    story = await newsroom.live()

    answer = await newsroom.try_to(who, story, verb)

    assert (answer.status_code, problem_of(answer)) == (403, problem)


async def test_a_review_is_for_those_whom_its_stage_waits_for(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()

    answer = await newsroom.try_to("pia", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (403, "not-allowed-on-story")


async def test_writing_needs_the_role(quiet_newsroom: Newsroom) -> None:
    answer = await quiet_newsroom.as_("ada").post("/v1/stories", a_story())

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, "validation-failed"),
        ({"title": "x" * 201}, "validation-failed"),
        ({"title": "a\x00b"}, "validation-failed"),
        ({"body": "x" * 10_001}, "validation-failed"),
        ({"language": "Danish"}, "validation-failed"),
        ({"topics": ["Wind Power"]}, "validation-failed"),
        ({"topics": [f"topic-{number}" for number in range(11)]}, "validation-failed"),
        ({"topics": ["wind", "wind"]}, "topic-repeated"),
        ({"variants": [{"network": "icq", "language": "en", "text": "a"}]}, "validation-failed"),
        ({"variants": [{"network": "x", "language": "en", "text": "a"}] * 2}, "variant-repeated"),
        ({"audience": {"countries": ["Denmark"]}}, "validation-failed"),
        ({"embargo_until": "2031-05-04T08:00:00"}, "validation-failed"),
        ({"embargo_until": "9999-12-31T23:59:59-12:00"}, "validation-failed"),
        ({"expires_at": "2021-05-04T08:00:00Z"}, "dates-out-of-order"),
        ({"link": "javascript:alert(1)"}, "link-unusable"),
        ({"link": "https://nordlys.example/" + "a" * 2000}, "validation-failed"),
        ({"campaign_id": "0196a4c0-0000-7000-8000-000000000000"}, "campaign-unknown"),
        ({"author_id": "0196a4c0-0000-7000-8000-000000000000"}, "validation-failed"),
        ({"body": '"' * 10_000, "variants": "thirty"}, "story-too-large"),
    ],
)
async def test_what_cannot_be_a_story_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    if fields.get("variants") == "thirty":
        tags = [f"en-{number:02d}" for number in range(30)]
        fields = fields | {
            "variants": [{"network": "x", "language": tag, "text": '"' * 3000} for tag in tags]
        }

    answer = await quiet_newsroom.as_("ana").post("/v1/stories", a_story(**fields))

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_a_story_as_large_as_allowed_goes_all_the_way(newsroom: Newsroom) -> None:
    tags = [f"en-{number:02d}" for number in range(30)]
    largest: dict[str, Any] = {
        "title": "å" * 200,
        "body": "å" * 10_000,
        "variants": [{"network": "x", "language": tag, "text": "ø" * 2600} for tag in tags],
    }

    story = await newsroom.live(**largest)

    assert len(story["live"]["variants"]) == 30


@pytest.mark.parametrize(
    "review",
    [
        {"decision": "reject"},
        {"decision": "maybe", "content_hash": "0" * 64},
        {"decision": "approve", "content_hash": "0" * 63},
        {"decision": "reject", "content_hash": "0" * 64, "reasons": ["no"] * 21},
    ],
)
async def test_a_review_has_a_shape(quiet_newsroom: Newsroom, review: dict[str, Any]) -> None:
    story = await quiet_newsroom.submitted()

    answer = await quiet_newsroom.try_to("ravi", story, "review", review)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_a_no_without_reasons_is_refused(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()

    answer = await newsroom.try_to(
        "ravi", story, "review", {**approval_of(story), "decision": "reject"}
    )

    assert (answer.status_code, problem_of(answer)) == (422, "reasons-missing")
