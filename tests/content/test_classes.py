"""Static and interactive content: a principal says which it is, of what they have read (D13)."""

from typing import Any

import pytest

from contracts.content import StorySubmitted
from tests.content.approving import a_stage, made, queue, trail, waiting
from tests.content.conftest import Newsroom, a_story, approval_of, done, refusal_of
from tests.content.test_regulation import regulated
from tests.world import problem_of

INTERACTIVE = {"communication_class": "interactive"}


def as_class(story: dict[str, Any], communication_class: str = "interactive") -> dict[str, Any]:
    """Answer the body by which a principal classifies what they have read."""
    return {"communication_class": communication_class, "content_hash": story["content_hash"]}


async def sent_back(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    """Answer a story that Ravi wants changed: a principal sees it, and can classify it."""
    story = await newsroom.submitted(**fields)
    return await newsroom.do("ravi", story, "review", refusal_of(story, "request_changes"))


async def interactive(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    """Answer a story that Paul has made interactive."""
    story = await sent_back(newsroom, **fields)
    return await newsroom.do("paul", story, "classify", as_class(story))


async def test_interactive_content_is_reviewed_as_ever_and_supervised(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await newsroom.submitted()
    story = await newsroom.do("paul", story, "classify", as_class(story))
    await newsroom.approve(story)
    await newsroom.do("ana", story, "publish")
    await newsroom.submitted(title="Static")

    listed = done(await newsroom.as_("paul").get("/v1/reviews", **{"class": "interactive"}))

    assert [line["story_id"] for line in listed["items"]] == [story["story_id"]]
    assert listed["items"][0]["state"] == "approved"


async def test_a_round_that_begins_anew_is_told_and_the_one_before_is_over(
    newsroom: Newsroom,
) -> None:
    await regulated(newsroom)
    story = await newsroom.submitted()

    chat = await newsroom.do("paul", story, "classify", as_class(story))

    told = [
        one
        for one in await newsroom.content.announced(newsroom.tenant)
        if isinstance(one, StorySubmitted)
    ]
    assert [one.content_hash for one in told] == [story["content_hash"], chat["content_hash"]]
    assert told[1].trail_head == (await trail(newsroom, story))[-1]["entry_hash"]
    rounds = done(await newsroom.as_("paul").get("/v1/reviews"))["items"]
    assert [(one["round"], one["state"], one["communication_class"]) for one in rounds] == [
        (1, "superseded", "static"),
        (2, "open", "interactive"),
    ]


async def test_a_round_that_begins_anew_keeps_the_plan_that_holds_then(
    newsroom: Newsroom,
) -> None:
    await regulated(newsroom, principals={"roles": ["reviewer"]})
    story = await newsroom.submitted()
    chat = await newsroom.do("rosa", story, "classify", as_class(story))
    await made(newsroom, a_stage("brand"))

    static = await newsroom.do("rosa", chat, "classify", as_class(chat, "static"))
    stages = [line["stage"] for line in await queue(newsroom, "ravi")]
    await newsroom.approve(static)
    stages += [line["stage"] for line in await queue(newsroom, "rosa")]

    assert static["content_hash"] == story["content_hash"]
    assert stages == ["brand", "principal"]


async def test_a_principal_still_sees_what_they_made_interactive(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await newsroom.submitted()
    chat = await newsroom.do("paul", story, "classify", as_class(story))

    read = done(await newsroom.as_("paul").get(f"/v1/stories/{story['story_id']}"))
    stale = await newsroom.try_to("paul", chat, "classify", as_class(story, "static"))
    static = await newsroom.do("paul", chat, "classify", as_class(chat, "static"))

    assert read["working"]["communication_class"] == "interactive"
    assert (stale.status_code, problem_of(stale)) == (409, "content-changed")
    assert static["content_hash"] == story["content_hash"]


async def test_the_same_class_again_changes_nothing(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await newsroom.submitted()
    await newsroom.approve(story)

    again = await newsroom.do("paul", story, "classify", as_class(story, "static"))

    assert again == story
    assert await waiting(newsroom, "paul", stage="principal") == [story["working"]["title"]]
    acts = [entry["act"] for entry in await trail(newsroom, story)]
    assert acts == ["created", "submitted", "approved"]


async def test_only_a_principal_makes_content_interactive(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await sent_back(newsroom)
    path = f"/v1/stories/{story['story_id']}"

    by_the_author = await newsroom.as_("ana").patch(path, INTERACTIVE)
    by_a_reviewer = await newsroom.as_("ravi").post(f"{path}/classify", as_class(story))
    by_the_principal = done(await newsroom.as_("paul").post(f"{path}/classify", as_class(story)))

    for answer in (by_the_author, by_a_reviewer):
        assert (answer.status_code, problem_of(answer)) == (403, "class-is-for-principals")
    assert by_the_principal["working"]["communication_class"] == "interactive"
    assert (await trail(newsroom, story))[-1]["act"] == "classified"
    await newsroom.do("ana", story, "submit")
    approved = await newsroom.do("ravi", story, "review", approval_of(by_the_principal))
    assert approved["state"] == "approved"


@pytest.mark.parametrize(
    ("changes", "becomes"),
    [
        ({"title": "Something else"}, "static"),
        ({"title": "Something else", "communication_class": "static"}, "static"),
        ({"communication_class": "static"}, "static"),
        ({"title": "A chat"}, "interactive"),
        ({"title": "A chat", **INTERACTIVE}, "interactive"),
    ],
)
async def test_what_a_principal_has_not_read_is_static_again(
    newsroom: Newsroom, changes: dict[str, Any], becomes: str
) -> None:
    await regulated(newsroom)
    story = await interactive(newsroom, title="A chat")

    changed = done(await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", changes))

    assert changed["working"]["communication_class"] == becomes
    if becomes == "static":
        await newsroom.approve(await newsroom.do("ana", changed, "submit"))
        answer = await newsroom.try_to("ana", story, "publish")
        assert (answer.status_code, problem_of(answer)) == (409, "wrong-story-state")


async def test_a_class_that_does_not_come_of_an_edit_is_refused_and_nothing_is_edited(
    newsroom: Newsroom,
) -> None:
    await regulated(newsroom)
    story = await interactive(newsroom)
    ana, path = newsroom.as_("ana"), f"/v1/stories/{story['story_id']}"

    answer = await ana.patch(path, {"title": "Something else", **INTERACTIVE})

    assert (answer.status_code, problem_of(answer)) == (403, "class-is-for-principals")
    assert answer.json()["pointer"] == "/communication_class"
    assert done(await ana.get(path)) == story


async def test_an_editor_that_saves_all_of_a_story_again_changes_nothing(
    newsroom: Newsroom,
) -> None:
    await regulated(newsroom)
    story = await interactive(newsroom)
    said = {**a_story(), **INTERACTIVE, "kind": "article", "contributor_ids": [], "media": []}

    saved = done(await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", said))

    assert saved == story
    assert (await trail(newsroom, story))[-1]["act"] == "classified"


async def test_a_story_is_not_begun_in_a_class(quiet_newsroom: Newsroom) -> None:
    for named in ("static", "interactive"):
        body = a_story(communication_class=named)
        answer = await quiet_newsroom.as_("ana").post("/v1/stories", body)
        assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_a_story_begun_anew_from_an_interactive_one_is_static(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await interactive(newsroom)

    answer = await newsroom.try_to("ana", story, "duplicate")

    assert done(answer, 201)["working"]["communication_class"] == "static"


async def test_a_principal_does_not_classify_their_own(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    paul = newsroom.as_("paul")
    story = await newsroom.written("paul")

    edited = await paul.patch(f"/v1/stories/{story['story_id']}", INTERACTIVE)
    classified = await newsroom.try_to("paul", story, "classify", as_class(story))

    assert [(one.status_code, problem_of(one)) for one in (edited, classified)] == [
        (403, "class-is-for-principals"),
        (403, "own-story"),
    ]


async def test_a_principal_who_sees_only_what_is_live_is_told_of_nothing_else(
    newsroom: Newsroom,
) -> None:
    draft, plain, revised = await newsroom.written(), await newsroom.live(), await newsroom.live()
    await regulated(newsroom)
    await newsroom.do("ana", revised, "revise")

    hidden, *others = [
        await newsroom.try_to("paul", story, "classify", as_class(story))
        for story in (draft, plain, revised)
    ]

    assert (hidden.status_code, problem_of(hidden)) == (404, "story-not-found")
    assert [(one.status_code, problem_of(one)) for one in others] == [
        (409, "wrong-story-state")
    ] * 2
    assert {(one.json()["state"], *one.json()["possible"]) for one in others} == {
        ("live", "revise", "withdraw")
    }
    by_emil = await newsroom.try_to("emil", draft, "classify", as_class(draft))
    assert (by_emil.status_code, problem_of(by_emil)) == (404, "story-not-found")


async def test_where_nobody_is_a_principal_nothing_is_interactive(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    edited = await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", INTERACTIVE)
    another = await sent_back(newsroom)
    classified = await newsroom.try_to("ada", another, "classify", as_class(another))

    assert [(one.status_code, problem_of(one)) for one in (edited, classified)] == [
        (403, "class-is-for-principals")
    ] * 2


async def test_who_made_a_story_interactive_is_not_made_its_author_while_it_is(
    newsroom: Newsroom,
) -> None:
    paul = await regulated(newsroom)
    story = await newsroom.submitted()
    story = await newsroom.do("paul", story, "classify", as_class(story))

    refused = await newsroom.try_to("ana", story, "hand_over", {"to_person_id": paul})
    mended = await newsroom.do("ravi", story, "review", refusal_of(story, "request_changes"))
    late = await newsroom.try_to("ana", story, "hand_over", {"to_person_id": paul})
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"title": "Something else, and so static"}))
    given = await newsroom.do("ana", mended, "hand_over", {"to_person_id": paul})

    assert [(one.status_code, problem_of(one)) for one in (refused, late)] == [
        (409, "new-author-has-decided")
    ] * 2
    assert given["author"]["person_id"] == paul
    assert given["working"]["communication_class"] == "static"
