"""Comments on a place in a story: who says and reads them, where they may point, and what waits."""

from typing import Any

import pytest

from tests.content.approving import a_stage, delegated, hired, made
from tests.content.conftest import Newsroom, approval_of, done
from tests.world import problem_of


def path_of(story: dict[str, Any], *more: str) -> str:
    return "/".join([f"/v1/stories/{story['story_id']}/comments", *more])


async def said(newsroom: Newsroom, who: str, story: dict[str, Any], **fields: Any) -> Any:
    body = {"pointer": "/title", "text": "Is this so?", **fields}
    return done(await newsroom.as_(who).post(path_of(story), body), 201)


async def test_a_comment_quotes_the_place_that_it_is_about(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()

    comment = await said(newsroom, "ravi", story, pointer="/variants/0/text", begins=3, ends=6)

    assert (comment["excerpt"], comment["version"], comment["resolved"]) == ("was", 1, False)
    assert comment["author"]["display_name"] == "Ravi"
    assert done(await newsroom.as_("ana").get(path_of(story)))["items"] == [comment]


async def test_comments_are_answered_resolved_and_opened_again(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    comment = await said(newsroom, "ravi", story)
    reply = await said(newsroom, "ana", story, parent_id=comment["comment_id"])
    path = path_of(story, comment["comment_id"])

    resolved = done(await newsroom.as_("ana").post(f"{path}/resolve"))
    twice = done(await newsroom.as_("rosa").post(f"{path}/resolve"))
    found = done(await newsroom.as_("ravi").get(path_of(story), resolved=True))["items"]
    reopened = done(await newsroom.as_("rosa").post(f"{path}/reopen"))

    assert resolved == twice
    assert resolved["resolved"]
    assert found == [resolved]
    assert reopened == comment
    assert reply["parent_id"] == comment["comment_id"]


async def test_comments_come_in_pages(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    for number in range(3):
        await said(newsroom, "ravi", story, text=f"Number {number}")

    first = done(await newsroom.as_("ana").get(path_of(story), limit=2))
    rest = done(await newsroom.as_("ana").get(path_of(story), cursor=first["next_cursor"]))

    texts = [one["text"] for one in (*first["items"], *rest["items"])]
    assert texts == ["Number 0", "Number 1", "Number 2"]


async def test_only_those_who_see_the_working_version_read_or_comment(newsroom: Newsroom) -> None:
    hidden, live = await newsroom.submitted(), await newsroom.live()
    body = {"pointer": "/title", "text": "Nice."}
    emil = newsroom.as_("emil")

    answers = [
        await emil.get(path_of(hidden)),
        await emil.post(path_of(hidden), body),
        await emil.get(path_of(live)),
        await emil.post(path_of(live), body),
    ]

    assert [(one.status_code, problem_of(one)) for one in answers] == [
        (404, "story-not-found"),
        (404, "story-not-found"),
        (403, "not-allowed-on-story"),
        (403, "not-allowed-on-story"),
    ]


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"pointer": "/headline"}, 422, "field-unknown"),
        ({"pointer": "/variants/1/text"}, 422, "field-unknown"),
        ({"pointer": "/variants/-/text"}, 422, "field-unknown"),
        ({"pointer": "/title/0"}, 422, "field-unknown"),
        ({"pointer": "title"}, 422, "validation-failed"),
        ({"pointer": "/ti~tle"}, 422, "validation-failed"),
        ({"begins": 0, "ends": 500}, 422, "offsets-outside"),
        ({"begins": 4, "ends": 4}, 422, "offsets-outside"),
        ({"begins": 4}, 422, "offsets-outside"),
        ({"pointer": "/topics", "begins": 0, "ends": 1}, 422, "offsets-outside"),
        ({"begins": -1, "ends": 1}, 422, "validation-failed"),
        ({"begins": 0, "ends": 4, "excerpt": "When"}, 409, "excerpt-differs"),
        ({"excerpt": "a windy day"}, 409, "excerpt-differs"),
        ({"text": ""}, 422, "validation-failed"),
        ({"text": "x" * 2001}, 422, "validation-failed"),
        ({"parent_id": "0196a4c0-0000-7000-8000-000000000000"}, 404, "comment-not-found"),
    ],
)
async def test_what_cannot_be_a_comment_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], status: int, problem: str
) -> None:
    story = await quiet_newsroom.submitted()
    body = {"pointer": "/title", "text": "Is this so?", **fields}

    answer = await quiet_newsroom.as_("ravi").post(path_of(story), body)

    assert (answer.status_code, problem_of(answer)) == (status, problem)


async def test_replies_go_one_level_deep(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    comment = await said(newsroom, "ravi", story)
    reply = await said(newsroom, "ana", story, parent_id=comment["comment_id"])

    body = {"pointer": "/title", "text": "No.", "parent_id": reply["comment_id"]}
    answers = [
        await newsroom.as_("ravi").post(path_of(story), body),
        await newsroom.as_("ravi").post(path_of(story, reply["comment_id"], "resolve")),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(422, "reply-to-reply")}


async def test_a_policy_can_want_every_comment_to_be_resolved(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage(), comments_must_be_resolved=True)
    story = await newsroom.submitted()
    comment = await said(newsroom, "ravi", story)

    early = await newsroom.try_to("rosa", story, "review", approval_of(story))
    await newsroom.as_("ana").post(path_of(story, comment["comment_id"], "resolve"))
    approved = await newsroom.do("rosa", story, "review", approval_of(story))
    await newsroom.as_("ravi").post(path_of(story, comment["comment_id"], "reopen"))
    late = await newsroom.try_to("ana", story, "publish")

    assert approved["state"] == "approved"
    for answer in (early, late):
        assert (answer.status_code, problem_of(answer)) == (409, "comments-unresolved")
        assert answer.json()["unresolved"] == 1


async def test_whoever_may_decide_resolves_too(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await made(newsroom, a_stage("legal", deciders={"person_ids": [lea]}))
    story = await newsroom.submitted()
    comment = await said(newsroom, "ravi", story)

    answer = await newsroom.as_("lea").post(path_of(story, comment["comment_id"], "resolve"))

    assert done(answer)["resolved_by"] == lea


async def test_a_delegate_resolves_as_whoever_is_away_would(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    story = await newsroom.submitted()
    comment = await said(newsroom, "rosa", story)
    path = path_of(story, comment["comment_id"])

    resolved = done(await newsroom.as_("lea").post(f"{path}/resolve"))
    reopened = done(await newsroom.as_("lea").post(f"{path}/reopen"))

    assert (resolved["resolved_by"], reopened) == (lea, comment)


async def test_who_sees_only_what_is_live_resolves_nothing(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    comment = await said(newsroom, "ravi", story)
    path = path_of(story, comment["comment_id"])

    answers = [await newsroom.as_("emil").post(f"{path}/{verb}") for verb in ("resolve", "reopen")]

    assert [problem_of(one) for one in answers] == ["not-allowed-on-story"] * 2
    assert done(await newsroom.as_("ana").get(path_of(story)))["items"] == [comment]


async def test_nothing_of_a_comment_is_announced(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    before = await newsroom.content.announced(newsroom.tenant)

    await said(newsroom, "ravi", story, text="Between us.")

    assert await newsroom.content.announced(newsroom.tenant) == before
