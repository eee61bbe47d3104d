"""Who is on a board, and when there is none: rankings can shame (R4)."""

from datetime import timedelta

import pytest

from chassis.ids import new_id
from services.recognition.domain.board import (
    BoardSettings,
    SwitchedBy,
    WorksCouncilDecides,
    is_suppressed,
    switch_board,
)
from tests.recognition.story import Story, names
from tests.world import World, problem_of

TEAM = new_id()


async def test_only_who_asked_to_be_ranked_is_on_the_board(story: Story) -> None:
    await story.ranked("ana", clicks=3)
    bo = await story.advocate("bo")
    await story.performed(bo.person_id, delta=9)

    board = await story.board("bo")

    assert names(board["people"]) == ["Ana"]
    assert board["people"][0]["points"] == 3


async def test_equal_points_share_a_rank_and_you_are_marked(story: Story) -> None:
    await story.ranked("ana", clicks=3)
    await story.ranked("bo", clicks=5)
    await story.ranked("eva", clicks=5)
    await story.ranked("nul")

    people = (await story.board("ana", period="all"))["people"]

    assert [place["rank"] for place in people] == [1, 1, 3]
    assert [place["display_name"] for place in people if place["me"]] == ["Ana"]
    assert names((await story.board("ana", limit=1))["people"]) == [people[0]["display_name"]]


async def test_leaders_are_ranked_apart(story: Story) -> None:
    await story.ranked("ana", clicks=3)
    await story.ranked("bo", clicks=9, leader=True)

    board = await story.board("ana")

    assert names(board["people"]) == ["Ana"]
    assert names(board["leaders"]) == ["Bo"]
    assert board["leaders"][0]["rank"] == 1


@pytest.mark.parametrize("way", ["takes consent back", "leaves", "is deactivated"])
async def test_who_goes_leaves_the_board_at_once(story: Story, way: str) -> None:
    person = await story.advocate("ana")
    await story.wants_to_be_ranked(person)
    await story.performed(person.person_id, delta=3)
    await story.colleague("bo")
    assert names((await story.board("bo"))["people"]) == ["Ana"]

    if way == "takes consent back":
        await story.takes_ranking_back(person.person_id)
    elif way == "leaves":
        await story.leaves(person)
    else:
        await story.is_deactivated(person)

    for period in ("month", "all"):
        assert (await story.board("bo", period=period))["people"] == []


async def test_who_comes_back_is_not_ranked_by_an_old_yes(story: Story) -> None:
    person = await story.advocate("ana")
    await story.wants_to_be_ranked(person)
    await story.performed(person.person_id, delta=3)

    await story.leaves(person)
    await story.joins(person)

    assert (await story.board("ana"))["people"] == []
    assert await story.points("ana") == 3


async def test_a_board_of_the_month_forgets_the_months_before(story: Story) -> None:
    now = story.service.context.clock.now()
    ana = await story.ranked("ana")
    await story.performed(ana, delta=3, at=now - timedelta(days=40))
    await story.ranked("bo", clicks=2)

    month = await story.board("ana")
    always = await story.board("ana", period="all")

    assert names(month["people"]) == ["Bo"]
    assert month["since"].endswith("-01")
    assert (names(always["people"]), always["since"]) == (["Ana", "Bo"], None)


async def test_a_team_with_fewer_than_five_on_the_board_is_not_shown(story: Story) -> None:
    for number in range(4):
        await story.ranked(f"person{number}", clicks=number + 1, team_id=TEAM)
    await story.advocate("silent", team_id=TEAM)
    await story.ranked("stranger", clicks=9)

    four = await story.board("silent", team_id=str(TEAM))
    await story.ranked("fifth", clicks=7, team_id=TEAM)
    five = await story.board("silent", team_id=str(TEAM))

    assert four["suppressed"] is True
    assert four["people"] == four["leaders"] == []
    assert five["suppressed"] is False
    assert names(five["people"]) == ["Fifth", "Person3", "Person2", "Person1", "Person0"]


@pytest.mark.parametrize(
    ("team", "ranked", "suppressed"), [(TEAM, 4, True), (TEAM, 5, False), (None, 0, False)]
)
def test_five_are_enough(team: object, ranked: int, *, suppressed: bool) -> None:
    assert is_suppressed(team, ranked) is suppressed  # type: ignore[arg-type]


async def test_a_works_council_switches_the_board_off_for_everybody(story: Story) -> None:
    await story.colleague("vibe", "works_council")
    await story.ranked("ana", clicks=3)

    switched = await story.as_("vibe").put("/v1/board/settings", {"enabled": False})
    answer = await story.as_("ana").get("/v1/board")

    assert switched.json() == {"enabled": False, "switched_by": "works_council"}
    assert (answer.status_code, problem_of(answer)) == (403, "board-off")
    assert "works council" in answer.json()["detail"]
    assert (await story.as_("ana").get("/v1/board/settings")).json() == switched.json()
    assert await story.points("ana") == 3


async def test_what_the_works_council_switched_off_no_admin_switches_on(story: Story) -> None:
    await story.colleague("vibe", "works_council")
    await story.colleague("ida", "admin")
    await story.as_("vibe").put("/v1/board/settings", {"enabled": False})

    refused = await story.as_("ida").put("/v1/board/settings", {"enabled": True})
    allowed = await story.as_("vibe").put("/v1/board/settings", {"enabled": True})

    assert (refused.status_code, problem_of(refused)) == (403, "works-council-decides")
    assert allowed.json()["enabled"] is True


@pytest.mark.parametrize(
    ("last", "role", "may"),
    [
        (None, "admin", True),
        ("admin", "admin", True),
        ("admin", "works_council", True),
        ("works_council", "works_council", True),
        ("works_council", "admin", False),
    ],
)
def test_who_may_switch_rankings_on_again(last: SwitchedBy | None, role: str, *, may: bool) -> None:
    off = BoardSettings(enabled=False, switched_by=last)

    if may:
        assert switch_board(off, enabled=True, roles=frozenset({role})).enabled
    else:
        with pytest.raises(WorksCouncilDecides):
            switch_board(off, enabled=True, roles=frozenset({role}))


async def test_a_program_manager_does_not_decide_about_rankings(story: Story) -> None:
    await story.colleague("pia", "program_manager")

    answer = await story.as_("pia").put("/v1/board/settings", {"enabled": True})

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


@pytest.mark.parametrize(
    "query", [{"period": "week"}, {"team_id": "ours"}, {"limit": 0}, {"limit": 101}]
)
async def test_a_board_of_the_wrong_shape_is_refused(
    story: Story, query: dict[str, object]
) -> None:
    await story.colleague("ana")

    answer = await story.as_("ana").get("/v1/board", **query)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_boards_do_not_cross_tenants(world: World, story: Story) -> None:
    others = Story(story.service, world.new_tenant())
    for number in range(5):
        await others.ranked(f"person{number}", clicks=number + 1, team_id=TEAM)
    await others.colleague("vibe", "works_council")
    await story.colleague("ana")

    everybody = await story.board("ana")
    theirs = await story.board("ana", team_id=str(TEAM))
    await others.as_("vibe").put("/v1/board/settings", {"enabled": False})

    assert everybody["people"] == []
    assert theirs["suppressed"] is True
    assert (await story.board("ana"))["suppressed"] is False
