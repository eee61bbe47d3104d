"""The ideas box: colleagues vote without being seen to, and an idea becomes its author's story."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import Refusal
from contracts.content import IdeaSubmitted
from contracts.directory import PersonDeactivated
from services.content.domain import ideas
from services.content.domain.ideas import (
    Idea,
    IdeaDecision,
    IdeaHasStory,
    IdeaIsOver,
    IdeaNotFound,
    IdeasStory,
    IdeaState,
    NotAllowedOnIdea,
    OwnIdea,
)
from services.content.domain.life import ReasonsMissing
from services.content.domain.stories import Author
from tests.content.approving import delegated, hired
from tests.content.conftest import Newsroom, done
from tests.content.test_life import Somebody
from tests.world import World, problem_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
ANA, EMIL, PIA = (UUID(int=number) for number in (1, 2, 3))
WHO = {
    "its author": Somebody(ANA, frozenset({"employee"})),
    "its author, who decides on others": Somebody(ANA, frozenset({"program_manager"})),
    "a colleague": Somebody(EMIL, frozenset({"employee"})),
    "a reviewer": Somebody(EMIL, frozenset({"reviewer"})),
    "a manager": Somebody(PIA, frozenset({"program_manager"})),
    "an author": Somebody(PIA, frozenset({"author"})),
}
GONE = IdeasStory(UUID(int=8), live=False, withdrawn=True)
BEGUN = IdeasStory(UUID(int=8), live=False, withdrawn=False)
LIVE = IdeasStory(UUID(int=8), live=True, withdrawn=False)


def an_idea(state: IdeaState = "new", story: IdeasStory | None = None) -> Idea:
    return Idea(
        idea_id=UUID(int=9),
        author=Author(ANA, "Ana"),
        title="Night shift",
        text="Tell of it.",
        language="en",
        topics=(),
        campaign_id=None,
        state=state,
        reason=None,
        votes=3,
        story=story,
        submitted_at=NOON,
        decided_at=None,
    )


@pytest.mark.parametrize(
    ("state", "who", "sees"),
    [
        ("new", "a colleague", True),
        ("planned", "a colleague", True),
        ("declined", "a colleague", False),
        ("declined", "a reviewer", False),
        ("declined", "a manager", True),
        ("declined", "its author", True),
        ("withdrawn", "a manager", False),
        ("withdrawn", "its author", True),
    ],
)
def test_a_no_is_between_an_author_and_those_who_decide(
    state: IdeaState, who: str, sees: bool
) -> None:
    try:
        ideas.check_seen(an_idea(state), WHO[who])
        seen = True
    except IdeaNotFound:
        seen = False

    assert seen is sees


@pytest.mark.parametrize(
    ("state", "who", "decision", "reason", "refusal"),
    [
        ("new", "a colleague", "planned", None, NotAllowedOnIdea),
        ("new", "a reviewer", "planned", None, NotAllowedOnIdea),
        ("new", "its author", "planned", None, NotAllowedOnIdea),
        ("new", "its author, who decides on others", "planned", None, OwnIdea),
        ("withdrawn", "a manager", "planned", None, IdeaNotFound),
        ("new", "a manager", "declined", None, ReasonsMissing),
    ],
)
def test_who_may_not_decide_what(
    state: IdeaState, who: str, decision: IdeaDecision, reason: str | None, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        ideas.decide(an_idea(state), WHO[who], decision, reason, at=NOON)


@pytest.mark.parametrize("who", ["a manager", "an author"])
@pytest.mark.parametrize("state", ["new", "considered", "planned", "declined"])
@pytest.mark.parametrize("decision", ["considered", "planned", "declined"])
def test_what_becomes_of_an_idea_may_be_said_anew(
    who: str, state: IdeaState, decision: IdeaDecision
) -> None:
    decided = ideas.decide(an_idea(state), WHO[who], decision, "We have told of it.", at=NOON)

    assert (decided.status, decided.reason) == (decision, "We have told of it.")


@pytest.mark.parametrize(
    ("state", "story", "status"),
    [
        ("planned", None, "planned"),
        ("planned", BEGUN, "planned"),
        ("planned", LIVE, "written"),
        ("planned", GONE, "planned"),
        ("withdrawn", LIVE, "withdrawn"),
        ("declined", LIVE, "declined"),
    ],
)
def test_an_idea_is_written_as_long_as_its_story_is_live(
    state: IdeaState, story: IdeasStory | None, status: str
) -> None:
    assert an_idea(state, story).status == status


@pytest.mark.parametrize(
    ("idea", "who", "refusal"),
    [
        (an_idea(), "a colleague", NotAllowedOnIdea),
        (an_idea("planned", BEGUN), "a manager", IdeaHasStory),
        (an_idea("declined"), "its author", IdeaIsOver),
        (an_idea("declined"), "a manager", IdeaIsOver),
    ],
)
def test_what_becomes_no_story(idea: Idea, who: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        ideas.check_takes_a_story(idea, WHO[who])


@pytest.mark.parametrize("idea", [an_idea(), an_idea("planned", GONE)])
@pytest.mark.parametrize("who", ["its author", "a manager", "an author"])
def test_an_idea_becomes_one_story_at_a_time(idea: Idea, who: str) -> None:
    ideas.check_takes_a_story(idea, WHO[who])

    assert ideas.become(idea, BEGUN, at=NOON).story == BEGUN


async def submitted(newsroom: Newsroom, who: str = "ana", **fields: Any) -> dict[str, Any]:
    idea = {"title": "Night shift", "text": "Nobody sees us at work.", "language": "en"}
    return done(await newsroom.as_(who).post("/v1/ideas", {**idea, **fields}), 201)


async def do(
    newsroom: Newsroom, who: str, idea: dict[str, Any], verb: str, body: Any = None
) -> dict[str, Any]:
    return done(await newsroom.as_(who).post(f"/v1/ideas/{idea['idea_id']}/{verb}", body))


async def found(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    page = done(await newsroom.as_(who).get("/v1/ideas", **query))
    return [idea["title"] for idea in page["items"]]


async def test_an_idea_is_seen_by_colleagues_with_its_author(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom, topics=["work"])

    seen = done(await newsroom.as_("emil").get(f"/v1/ideas/{idea['idea_id']}"))

    assert seen == idea
    assert (seen["author"]["display_name"], seen["status"], seen["votes"]) == ("Ana", "new", 0)
    [event] = await newsroom.content.announced(newsroom.tenant)
    assert isinstance(event, IdeaSubmitted)
    assert not event.public
    assert "Night" not in event.model_dump_json()


async def test_a_vote_counts_once_and_can_be_taken_back(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)
    path = f"/v1/ideas/{idea['idea_id']}/vote"

    at_once = await asyncio.gather(*(newsroom.as_("emil").post(path) for _ in range(4)))
    ravi = done(await newsroom.as_("ravi").post(path))
    back = [done(await newsroom.as_("emil").delete(path)) for _ in range(2)]

    assert {one.status_code for one in at_once} == {200}
    assert (ravi["votes"], ravi["voted"]) == (2, True)
    assert [(one["votes"], one["voted"]) for one in back] == [(1, False)] * 2


async def test_nobody_sees_who_voted(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)
    voter = await newsroom.content.hire(newsroom.tenant, "vera", "employee")
    await do(newsroom, "vera", idea, "vote")

    shown = [
        (await newsroom.as_(who).get(path)).text
        for who in ("ana", "pia", "ada", "emil")
        for path in (
            "/v1/ideas",
            f"/v1/ideas/{idea['idea_id']}",
            f"/v1/ideas/{idea['idea_id']}/trail",
        )
    ]

    assert '"votes":1' in shown[0]
    assert [text for text in shown if str(voter.person_id) in text or "Vera" in text] == []


async def test_nobody_votes_for_their_own(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)

    answer = await newsroom.as_("ana").post(f"/v1/ideas/{idea['idea_id']}/vote")

    assert (answer.status_code, problem_of(answer)) == (403, "own-idea")
    assert done(await newsroom.as_("ana").get(f"/v1/ideas/{idea['idea_id']}"))["votes"] == 0


async def test_an_idea_becomes_its_authors_story_and_is_written_when_that_is_live(
    newsroom: Newsroom,
) -> None:
    idea = await submitted(newsroom, topics=["work"])

    planned = await do(newsroom, "pia", idea, "story")
    story = done(await newsroom.as_("ana").get(f"/v1/stories/{planned['story_id']}"))
    hidden = await newsroom.as_("pia").get(f"/v1/stories/{planned['story_id']}")
    await newsroom.do("ana", story, "submit")
    await newsroom.approve(story)
    await newsroom.do("ana", story, "publish")
    written = await found(newsroom, "emil", status="written")
    await newsroom.do("ana", story, "withdraw")

    assert (planned["status"], story["author"]["display_name"]) == ("planned", "Ana")
    assert (story["working"]["title"], story["working"]["topics"]) == ("Night shift", ["work"])
    assert problem_of(hidden) == "story-not-found"
    assert written == ["Night shift"]
    assert await found(newsroom, "emil", status="written") == []
    assert await found(newsroom, "emil", status="planned") == ["Night shift"]
    trail = done(await newsroom.as_("ana").get(f"/v1/stories/{story['story_id']}/trail"))["items"]
    # Whoever pressed the button is on the trail, whoever had the idea is the author.
    assert (trail[0]["act"], trail[0]["actor"]["display_name"]) == ("created", "Pia")


async def test_a_delegate_links_a_story_that_whoever_is_away_would_see(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    idea, story = await submitted(newsroom, "lea"), await newsroom.submitted()
    path, body = f"/v1/ideas/{idea['idea_id']}/link", {"story_id": story["story_id"]}
    before = await newsroom.as_("lea").post(path, body)

    await delegated(newsroom, "ravi", lea)
    linked = done(await newsroom.as_("lea").post(path, body))

    assert problem_of(before) == "story-unknown"
    assert linked["story_id"] == story["story_id"]


async def test_an_idea_is_linked_to_a_story_that_one_can_see(newsroom: Newsroom) -> None:
    idea, story = await submitted(newsroom), await newsroom.live()
    drafted = await newsroom.written("ravi")

    unseen = await newsroom.as_("pia").post(
        f"/v1/ideas/{idea['idea_id']}/link", {"story_id": drafted["story_id"]}
    )
    linked = await do(newsroom, "pia", idea, "link", {"story_id": story["story_id"]})
    again = await newsroom.as_("pia").post(f"/v1/ideas/{idea['idea_id']}/story")

    assert (unseen.status_code, problem_of(unseen)) == (422, "story-unknown")
    assert linked["status"] == "written"
    assert (again.status_code, problem_of(again)) == (409, "idea-has-story")


async def test_the_story_of_someone_who_left_is_not_begun(newsroom: Newsroom) -> None:
    bo = await newsroom.content.hire(newsroom.tenant, "bo", "employee")
    idea = await submitted(newsroom, "bo")
    gone = PersonDeactivated(**{**bo.model_dump(), "active": False})
    await newsroom.content.hear(newsroom.tenant, gone)

    answer = await newsroom.as_("pia").post(f"/v1/ideas/{idea['idea_id']}/story")

    assert (answer.status_code, problem_of(answer)) == (409, "ideas-author-gone")


async def test_a_closed_campaign_does_not_hold_an_idea_back(newsroom: Newsroom) -> None:
    opened = await newsroom.as_("pia").post(
        "/v1/campaigns", {"name": "Spring", "purpose": "traffic"}
    )
    campaign_id = done(opened, 201)["campaign_id"]
    idea = await submitted(newsroom, campaign_id=campaign_id)
    await newsroom.as_("pia").post(f"/v1/campaigns/{campaign_id}/close")

    begun = await do(newsroom, "ana", idea, "story")

    story = done(await newsroom.as_("ana").get(f"/v1/stories/{begun['story_id']}"))
    assert story["working"]["campaign_id"] is None


async def test_a_withdrawn_idea_is_its_authors_alone(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)

    once, twice = [await do(newsroom, "ana", idea, "withdraw") for _ in range(2)]

    assert once == twice
    assert once["status"] == "withdrawn"
    assert [await found(newsroom, who) for who in ("ana", "pia", "emil")] == [
        ["Night shift"],
        [],
        [],
    ]
    answers = [
        await newsroom.as_("emil").post(f"/v1/ideas/{idea['idea_id']}/vote"),
        await newsroom.as_("pia").post(f"/v1/ideas/{idea['idea_id']}/story"),
    ]
    assert {problem_of(one) for one in answers} == {"idea-not-found"}


async def test_ideas_are_found_and_put_in_order(newsroom: Newsroom) -> None:
    first = await submitted(newsroom, title="First", topics=["wind-power"])
    second = await submitted(newsroom, "emil", title="100% wind")
    third = await submitted(newsroom, "ravi", title="Third")
    await do(newsroom, "pia", first, "decide", {"decision": "considered"})
    await do(newsroom, "pia", third, "decide", {"decision": "declined", "reason": "We told it."})
    for who in ("ravi", "rosa"):
        await do(newsroom, who, second, "vote")
    await do(newsroom, "ravi", first, "vote")

    assert await found(newsroom, "pia") == ["Third", "100% wind", "First"]
    assert await found(newsroom, "emil") == ["100% wind", "First"]
    assert await found(newsroom, "pia", sort="votes") == ["100% wind", "First", "Third"]
    assert await found(newsroom, "ravi", mine=True) == ["Third"]
    assert await found(newsroom, "emil", topic="wind-power") == ["First"]
    assert await found(newsroom, "emil", q="0% W") == ["100% wind"]
    assert await found(newsroom, "emil", status="new") == ["100% wind"]
    assert await found(newsroom, "emil", status="declined") == []
    assert await found(newsroom, "ravi", status="declined") == ["Third"]


@pytest.mark.parametrize("sort", ["newest", "votes"])
async def test_every_idea_is_on_one_page(newsroom: Newsroom, sort: str) -> None:
    written = [await submitted(newsroom, title=f"Idea {number}") for number in range(5)]
    for idea in written[::2]:
        await do(newsroom, "emil", idea, "vote")

    titles: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = done(await newsroom.as_("ravi").get("/v1/ideas", sort=sort, limit=2, **cursor))
        titles += [idea["title"] for idea in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert (
        titles
        == {
            "newest": [f"Idea {number}" for number in (4, 3, 2, 1, 0)],
            "votes": [f"Idea {number}" for number in (4, 2, 0, 3, 1)],
        }[sort]
    )


async def test_who_decided_and_why_is_kept_for_the_author(newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)
    no = {"decision": "declined", "reason": "We have told of it."}
    await do(newsroom, "pia", idea, "decide", no)
    path = f"/v1/ideas/{idea['idea_id']}/trail"

    entries = done(await newsroom.as_("ana").get(path))["items"]
    stranger = await newsroom.as_("emil").get(path)

    assert [(one["act"], one["actor"]["display_name"], one["reason"]) for one in entries] == [
        ("submitted", "Ana", None),
        ("declined", "Pia", "We have told of it."),
    ]
    assert (stranger.status_code, problem_of(stranger)) == (404, "idea-not-found")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, "validation-failed"),
        ({"title": "x" * 201}, "validation-failed"),
        ({"text": "x" * 10_001}, "validation-failed"),
        ({"text": "a\x00b"}, "validation-failed"),
        ({"language": "Danish!"}, "validation-failed"),
        ({"text": "<script>alert(1)</script>"}, "markdown-unsafe"),
        ({"topics": ["a", "a"]}, "topic-repeated"),
        ({"topics": ["a"] * 11}, "validation-failed"),
        ({"campaign_id": "01920000-0000-7000-8000-000000000001"}, "campaign-unknown"),
        ({"votes": 7}, "validation-failed"),
    ],
)
async def test_what_is_no_idea_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    idea = {"title": "Night shift", "text": "Nobody sees us.", "language": "en"}

    answer = await quiet_newsroom.as_("ana").post("/v1/ideas", {**idea, **fields})

    assert (answer.status_code, problem_of(answer)) == (422, problem)


@pytest.mark.parametrize(
    "cursor", ["WyJhIl0", "WyIwMTkyMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCItMSJd"]
)
async def test_a_cursor_of_another_list_is_refused(quiet_newsroom: Newsroom, cursor: str) -> None:
    answer = await quiet_newsroom.as_("ana").get("/v1/ideas", sort="votes", cursor=cursor)

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_another_companys_idea_is_not_there(world: World, newsroom: Newsroom) -> None:
    idea = await submitted(newsroom)
    elsewhere = world.new_tenant()
    await newsroom.content.hire(elsewhere, "nina", "employee", "program_manager")
    nina = newsroom.content.as_(elsewhere, "nina")

    answers = [
        await nina.get(f"/v1/ideas/{idea['idea_id']}"),
        await nina.post(f"/v1/ideas/{idea['idea_id']}/vote"),
        await nina.post(f"/v1/ideas/{idea['idea_id']}/story"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "idea-not-found")}
