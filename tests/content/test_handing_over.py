"""Somebody else goes on with a story whose author has left, or gives it away (C1, C3)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import Refusal
from chassis.ids import new_id
from contracts.content import StoryPublished, StoryRevised
from services.content.domain import handing_over, life, rounds, stories
from services.content.domain.stories import Author, State, Story, made_by
from tests.content.approving import a_stage, hired, made, trail, verified, waiting
from tests.content.conftest import Newsroom, a_story, approval_of, done, refusal_of
from tests.content.darkroom import developed, fetched
from tests.content.test_life import ADA, ANA, EMIL, NOON, PIA, RAVI, Somebody, do, in_state
from tests.content.test_people_shown import left
from tests.content.test_performance import hear, performed, read
from tests.content.test_pictures_in_stories import naming
from tests.content.test_shelving import titles
from tests.world import problem_of

LEA = Somebody(UUID(int=6), frozenset({"author", "reviewer"}))


def handed(story: Story, who: Somebody = PIA, to: Somebody | None = EMIL) -> Story:
    """Let somebody hand a story over, to nobody if that is what there is."""
    return handing_over.hand_over(story, who, to.person_id if to else UUID(int=77), to)


@pytest.mark.parametrize("who", [ANA, PIA, ADA])
@pytest.mark.parametrize(
    "state", ["in_review", "changes_requested", "approved", "rejected", "live"]
)
def test_it_is_anothers_and_stays_as_it_is(state: State, who: Somebody) -> None:
    story = in_state(state)

    given = handed(story, who)

    assert (given.author.person_id, given.credited.person_id) == (
        EMIL.person_id,
        ANA.person_id if state == "live" else EMIL.person_id,
    )
    as_it_was = replace(given, author=story.author, live_author=None, makers=story.makers, names={})
    assert as_it_was == replace(story, names={})
    assert {ANA.person_id, EMIL.person_id} <= made_by(given)


@pytest.mark.parametrize(
    ("state", "who", "to", "refusal"),
    [
        ("live", EMIL, EMIL, handing_over.NotYoursToHandOver),
        ("in_review", RAVI, EMIL, handing_over.NotYoursToHandOver),
        ("draft", PIA, EMIL, stories.StoryNotFound),
        ("in_review", EMIL, EMIL, stories.StoryNotFound),
        ("withdrawn", PIA, EMIL, life.WrongStoryState),
        ("live", PIA, None, handing_over.NewAuthorUnknown),
        ("live", PIA, RAVI, handing_over.NewAuthorMayNotWrite),
        ("live", PIA, ADA, handing_over.NewAuthorMayNotWrite),
    ],
)
def test_what_is_refused(
    state: State, who: Somebody, to: Somebody | None, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        handed(in_state(state), who, to)


def test_what_is_in_the_archive_is_taken_out_first() -> None:
    with pytest.raises(life.StoryArchived):
        handed(replace(in_state("rejected"), archived_at=NOON))


@pytest.mark.parametrize("state", ["draft", "withdrawn", "live"])
def test_to_whoever_has_it_is_no_change(state: State) -> None:
    story = in_state(state)

    assert handed(story, ANA, ANA) is story


@pytest.mark.parametrize("on_behalf", [False, True])
def test_nobody_whose_approval_counts_becomes_the_author(on_behalf: bool) -> None:
    approved = in_state("approved")
    assert approved.round is not None
    by = (RAVI, LEA) if on_behalf else (LEA, None)
    approval = rounds.Approval(0, by[0].person_id, by[1].person_id if by[1] else None, NOON)
    counted = replace(approved, round=replace(approved.round, approvals=(approval,)))
    lives = do(counted, ANA, "publish")
    revised = do(counted, ANA, "revise")

    for story in (counted, replace(counted, state="in_review")):
        with pytest.raises(handing_over.NewAuthorHasDecided):
            handed(story, PIA, LEA)
    assert [handed(one, PIA, LEA).author.person_id for one in (lives, revised)] == [
        LEA.person_id,
        LEA.person_id,
    ]


def test_neither_who_has_it_nor_who_had_it_decides() -> None:
    given = handed(in_state("in_review"), PIA, LEA)

    for who in (ANA, LEA):
        with pytest.raises(life.OwnStory):
            do(given, who, "approve")
    assert do(given, RAVI, "approve").state == "approved"


def test_who_had_it_is_credited_for_what_is_live_and_goes_on_with_nothing() -> None:
    ana = replace(ANA, roles=frozenset({"employee"}))
    given = handed(in_state("live"))
    revised = do(given, EMIL, "revise")

    seen = stories.seen_by(revised, ana)

    assert (seen.author, seen.live_author, seen.working) == (given.credited, None, given.live)
    assert not stories.wrote(seen, ana)
    for verb in ("revise", "withdraw"):
        with pytest.raises(life.NotAllowedOnStory):
            do(given, ana, verb)
    again = do(do(do(revised, EMIL, "submit"), RAVI, "approve"), PIA, "publish")
    assert (again.credited.person_id, again.live_author) == (EMIL.person_id, None)


def test_handed_back_it_is_credited_as_before() -> None:
    there = handed(in_state("live"))

    back = handed(there, PIA, replace(ANA, display_name="Ana"))

    assert (back.author, back.credited) == (Author(ANA.person_id, "Ana"),) * 2


async def id_of(newsroom: Newsroom, who: str) -> str:
    """Answer somebody's id, as their story says it."""
    author: dict[str, str] = (await newsroom.written(by=who))["author"]
    return author["person_id"]


async def test_a_manager_hands_over_what_somebody_who_has_left_was_asked_to_mend(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.live()
    path, emil = f"/v1/stories/{story['story_id']}", await id_of(newsroom, "emil")
    await hear(newsroom, performed(story["story_id"], 3))
    await left(newsroom.content, newsroom, story["author"]["person_id"])

    given = await newsroom.do(
        "pia", story, "hand_over", {"to_person_id": emil, "comment": "Ana has left."}
    )
    as_read = done(await newsroom.as_("rosa").get(path))
    mine = await titles(newsroom, "emil", author="me", state="live")
    did = (await read(newsroom, "emil", story))["totals"]["click"]
    await newsroom.do("emil", story, "revise")
    edited = done(await newsroom.as_("emil").patch(path, {"body": "It turns."}))
    await newsroom.do("emil", edited, "submit")
    lives = await newsroom.do("pia", await newsroom.approve(edited), "publish")

    ana = story["author"]["person_id"]
    assert (given["author"]["person_id"], given["live_author"]["person_id"]) == (emil, ana)
    assert given["live"] == story["live"]
    assert (as_read["author"], as_read["live_author"]) == (given["author"], given["live_author"])
    assert (mine, did) == ([story["working"]["title"]], 3)
    assert lives["live_author"] == lives["author"] == given["author"]
    told = [
        event
        for event in await newsroom.content.announced(newsroom.tenant)
        if isinstance(event, StoryPublished | StoryRevised)
    ]
    assert [str(event.author_id) for event in told] == [ana, emil]


async def test_the_trail_says_from_whom_to_whom_and_seals_it(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    emil = await id_of(newsroom, "emil")

    body = {"to_person_id": emil, "comment": "She is away."}
    for _ in range(2):
        await newsroom.do("pia", story, "hand_over", body)

    acts = await trail(newsroom, story)
    assert [one["act"] for one in acts] == ["created", "submitted", "handed_over"]
    entry = acts[-1]
    assert (entry["from_person_id"], entry["to_person_id"], entry["comment"]) == (
        story["author"]["person_id"],
        emil,
        "She is away.",
    )
    assert entry["actor"]["display_name"] == "Pia"
    assert (await verified(newsroom, story))["intact"]
    assert acts[0]["from_person_id"] is acts[0]["to_person_id"] is None


async def test_readers_are_shown_who_wrote_what_is_live(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    await hired(newsroom, "lea", "employee")
    body = {"to_person_id": await id_of(newsroom, "emil")}

    given = await newsroom.do("ana", story, "hand_over", body)
    seen = done(await newsroom.as_("lea").get(f"/v1/stories/{story['story_id']}"))
    listed = {
        who: done(await newsroom.as_(who).get("/v1/stories", state="live"))["items"][0]["author"]
        for who in ("lea", "ana", "emil")
    }
    by_author = {
        who: [
            len(await titles(newsroom, who, author_id=one, state="live"))
            for one in (story["author"]["person_id"], body["to_person_id"])
        ]
        for who in ("lea", "ana", "emil")
    }
    suppressed = [(await read(newsroom, who, story))["suppressed"] for who in ("ana", "emil")]
    of_hers = await titles(newsroom, "ana", author="me")
    again = await newsroom.try_to("ana", story, "revise")
    once_more = await newsroom.try_to("ana", story, "hand_over", body)

    assert seen["author"] == seen["live_author"] == story["author"]
    assert listed == {"lea": story["author"], "ana": story["author"], "emil": given["author"]}
    assert by_author == {"lea": [1, 0], "ana": [1, 0], "emil": [0, 1]}
    assert (suppressed, of_hers) == ([True, False], [])
    assert (again.status_code, problem_of(again)) == (403, "not-allowed-on-story")
    assert (once_more.status_code, problem_of(once_more)) == (403, "not-yours-to-hand-over")


async def test_what_waits_waits_for_none_of_its_makers(newsroom: Newsroom) -> None:
    story = await newsroom.submitted(title="Waits")
    rosa = await id_of(newsroom, "rosa")
    before = await waiting(newsroom, "rosa")

    await newsroom.do("ana", story, "hand_over", {"to_person_id": rosa})
    after = [await waiting(newsroom, who) for who in ("rosa", "ravi")]
    own = await newsroom.try_to("rosa", story, "review", approval_of(story))
    approved = await newsroom.approve(story)

    assert (before, after) == (["Waits"], [[], ["Waits"]])
    assert (own.status_code, problem_of(own)) == (403, "own-story")
    assert approved["state"] == "approved"


async def test_whose_approval_counts_is_not_made_the_author(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage(quorum=2))
    body = {"to_person_id": await id_of(newsroom, "ravi")}
    story = await newsroom.approve(await newsroom.submitted())

    refused = await newsroom.try_to("pia", story, "hand_over", body)
    await newsroom.do("rosa", story, "review", refusal_of(story, "request_changes"))
    given = await newsroom.do("pia", story, "hand_over", body)
    await newsroom.do("ravi", story, "submit")
    own = await newsroom.try_to("ravi", story, "review", approval_of(story))

    assert (refused.status_code, problem_of(refused)) == (409, "new-author-has-decided")
    assert given["author"]["display_name"] == "Ravi"
    assert (own.status_code, problem_of(own)) == (403, "own-story")


async def test_nobody_gets_it_who_is_not_there_or_does_not_write(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    manager = await hired(newsroom, "max", "program_manager")
    gone = await hired(newsroom, "gus", "employee")
    await left(newsroom.content, newsroom, gone)

    refused = [
        await newsroom.try_to("pia", story, "hand_over", {"to_person_id": one})
        for one in (str(new_id()), gone, manager)
    ]

    assert [(one.status_code, problem_of(one), one.json()["pointer"]) for one in refused] == [
        (422, "new-author-unknown", "/to_person_id"),
        (422, "new-author-unknown", "/to_person_id"),
        (422, "new-author-may-not-write", "/to_person_id"),
    ]


async def test_its_pictures_come_along(newsroom: Newsroom) -> None:
    first, second = [await developed(newsroom) for _ in range(2)]
    story = await newsroom.written(**naming(first))
    path = f"/v1/stories/{story['story_id']}"
    body = {"to_person_id": await id_of(newsroom, "emil")}
    unseen = await newsroom.as_("emil").get(f"/v1/media/{first['media_id']}")

    await newsroom.do("ana", story, "hand_over", body)
    shown = await fetched(newsroom, first, "emil")
    kept = done(await newsroom.as_("emil").patch(path, naming(first, alt_text="Freja")))
    others: list[Any] = [
        await newsroom.as_("emil").patch(path, naming(second)),
        await newsroom.as_("emil").post("/v1/stories", a_story(**naming(first))),
    ]

    assert unseen.status_code == 404
    assert shown
    assert kept["working"]["media"][0]["alt_text"] == "Freja"
    assert [problem_of(one) for one in others] == ["picture-unknown"] * 2
