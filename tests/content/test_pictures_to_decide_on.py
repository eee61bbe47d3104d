"""Whoever a story waits for sees its pictures, to know what they approve; and nobody else does."""

from typing import Any

import pytest

from chassis.ids import new_id
from tests.content.approving import REVIEWERS, a_stage, delegated, hired, made, queue
from tests.content.conftest import Newsroom, a_story, approval_of, done
from tests.content.darkroom import developed, fetched
from tests.content.test_pictures_in_stories import naming
from tests.content.test_regulation import regulated
from tests.world import Caller, World, problem_of


async def seen(newsroom: Newsroom, who: str, *media: dict[str, Any]) -> list[bool]:
    """Answer for each picture whether somebody sees it, which is the same wherever one looks."""
    caller = newsroom.as_(who)
    listed = {one["media_id"] for one in done(await caller.get("/v1/media"))["items"]}
    found = []
    for one in media:
        waited_for = one["media_id"] in listed
        assert await _statuses(caller, one) == ({200} if waited_for else {404})
        found.append(waited_for)
    return found


async def _statuses(caller: Caller, media: dict[str, Any]) -> set[int]:
    path = f"/v1/media/{media['media_id']}"
    return {(await caller.get(at)).status_code for at in (path, f"{path}/download")}


@pytest.fixture
async def lea(newsroom: Newsroom) -> str:
    """Lea, of the legal team: no reviewer, and known by her id alone."""
    return await hired(newsroom, "lea", "employee")


async def test_a_decider_sees_the_pictures_while_the_story_waits_for_them(
    newsroom: Newsroom, lea: str
) -> None:
    await made(newsroom, a_stage("legal", deciders={"person_ids": [lea]}))
    one, two, unused = [await developed(newsroom) for _ in range(3)]
    draft = await newsroom.written(**naming(one, two))
    before = await seen(newsroom, "lea", one, two, unused)

    story = await newsroom.do("ana", draft, "submit")
    waiting = await seen(newsroom, "lea", one, two, unused)
    others = await seen(newsroom, "emil", one, two, unused)
    picture = await fetched(newsroom, one, "lea")
    await newsroom.do("lea", story, "review", approval_of(story))

    assert (before, waiting, others) == ([False] * 3, [True, True, False], [False] * 3)
    assert picture == await fetched(newsroom, one)
    assert await seen(newsroom, "lea", one, two, unused) == [False] * 3


async def test_a_team_sees_the_pictures_that_wait_for_it(newsroom: Newsroom) -> None:
    team_id = new_id()
    await hired(newsroom, "tove", "employee", team_id=team_id)
    await made(newsroom, a_stage("legal", deciders={"team_ids": [str(team_id)]}))
    media = await developed(newsroom)

    await newsroom.submitted(**naming(media))

    assert await seen(newsroom, "tove", media) == [True]
    assert await seen(newsroom, "emil", media) == [False]


@pytest.mark.parametrize(
    ("scope", "sees"), [({}, True), ({"stage": "legal"}, True), ({"stage": "brand"}, False)]
)
async def test_a_delegate_sees_what_waits_for_whom_they_stand_in(
    newsroom: Newsroom, lea: str, scope: dict[str, str], sees: bool
) -> None:
    await made(newsroom, a_stage("legal", deciders={"person_ids": [lea]}))
    media = await developed(newsroom)
    await newsroom.submitted(**naming(media))
    kim = await hired(newsroom, "kim", "employee")
    before = await seen(newsroom, "kim", media)

    delegation = await delegated(newsroom, "lea", kim, **scope)
    during = await seen(newsroom, "kim", media)
    waits = len(await queue(newsroom, "kim")) == 1
    await newsroom.as_("lea").post(f"/v1/delegations/{delegation['delegation_id']}/end")

    assert (before, during, waits) == ([False], [sees], sees)
    assert await seen(newsroom, "kim", media) == [False]


async def test_a_delegation_for_another_policy_shows_nothing(newsroom: Newsroom, lea: str) -> None:
    other = await made(newsroom, kinds=["job"])
    policy = await made(newsroom, a_stage("legal", deciders={"person_ids": [lea]}))
    media = await developed(newsroom)
    await newsroom.submitted(**naming(media))
    said = {}
    for name, one in {"kim": policy, "noa": other}.items():
        to = await hired(newsroom, name, "employee")
        await delegated(newsroom, "lea", to, policy_id=one["policy_id"])
        said[name] = await seen(newsroom, name, media)

    assert said == {"kim": [True], "noa": [False]}


async def test_whoever_has_decided_or_is_to_decide_later_sees_no_picture(
    newsroom: Newsroom, lea: str
) -> None:
    await made(
        newsroom,
        a_stage("brand", quorum=2, deciders={"person_ids": [lea], **REVIEWERS}),
        a_stage("legal", deciders={"person_ids": [await hired(newsroom, "kim", "employee")]}),
    )
    media = await developed(newsroom)
    story = await newsroom.submitted(**naming(media))
    first = [await seen(newsroom, who, media) for who in ("lea", "kim")]

    await newsroom.do("lea", story, "review", approval_of(story))
    between = [await seen(newsroom, who, media) for who in ("lea", "kim")]
    await newsroom.approve(story)

    assert (first, between) == ([[True], [False]], [[False], [False]])
    assert [await seen(newsroom, who, media) for who in ("lea", "kim")] == [[False], [True]]
    assert [line["stage"] for line in await queue(newsroom, "kim")] == ["legal"]


async def test_in_whose_name_the_maker_could_decide_shows_a_delegate_nothing(
    newsroom: Newsroom,
) -> None:
    await made(newsroom, a_stage("legal", deciders={"roles": ["author"]}))
    await hired(newsroom, "nils", "author")
    kim = await hired(newsroom, "kim", "employee")
    await delegated(newsroom, "nils", kim)
    theirs, others = await developed(newsroom, who="nils"), await developed(newsroom)

    await newsroom.submitted("nils", **naming(theirs))
    await newsroom.submitted(**naming(others))

    assert await seen(newsroom, "kim", theirs, others) == [False, True]


async def test_nobody_sees_pictures_in_a_principals_name(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    await delegated(newsroom, "paul", await hired(newsroom, "kim", "employee"))
    media = await developed(newsroom)

    await newsroom.approve(await newsroom.submitted(**naming(media)))

    assert await seen(newsroom, "paul", media) == [True]
    assert await seen(newsroom, "kim", media) == [False]


async def test_another_company_sees_nothing_of_it(newsroom: Newsroom, world: World) -> None:
    await made(newsroom, a_stage("all", deciders={"roles": ["employee"]}))
    media = await developed(newsroom)
    await newsroom.submitted(**naming(media))
    stranger = world.new_tenant()
    await newsroom.content.hire(stranger, "emil", "employee")

    elsewhere = Newsroom(newsroom.content, stranger)

    assert await seen(newsroom, "emil", media) == [True]
    assert await seen(elsewhere, "emil", media) == [False]


async def test_what_is_seen_to_decide_is_not_there_to_be_used(newsroom: Newsroom, lea: str) -> None:
    await made(newsroom, a_stage("legal", deciders={"person_ids": [lea]}))
    media = await developed(newsroom)
    await newsroom.submitted(**naming(media))

    answer = await newsroom.as_("lea").post("/v1/stories", a_story(**naming(media)))
    change = await newsroom.as_("lea").patch(f"/v1/media/{media['media_id']}", {"people_shown": 1})

    assert (answer.status_code, problem_of(answer)) == (422, "picture-unknown")
    assert (change.status_code, problem_of(change)) == (403, "media-not-yours")
