"""Who sets what is rewarded, and what is refused."""

import pytest

from chassis.ids import new_id
from services.recognition.domain.rules import TRIGGERS
from tests.recognition.story import Story
from tests.world import World, problem_of

COMMENT = {"trigger": "comment", "name": "A good comment", "points": 7, "daily_points_max": 70}


async def test_everybody_can_read_what_is_rewarded_from_the_start(story: Story) -> None:
    await story.colleague("ana")

    answer = await story.as_("ana").get("/v1/rules")

    assert answer.status_code == 200, answer.text
    assert [rule["trigger"] for rule in answer.json()["items"]] == list(TRIGGERS)


async def test_rules_come_in_pages(story: Story) -> None:
    await story.colleague("ana")
    ana = story.as_("ana")

    first = (await ana.get("/v1/rules", limit=4)).json()
    second = (await ana.get("/v1/rules", limit=4, cursor=first["next_cursor"])).json()

    found = [rule["trigger"] for rule in first["items"] + second["items"]]
    assert found == list(TRIGGERS)
    assert second["next_cursor"] is None


@pytest.mark.parametrize("role", ["program_manager", "admin"])
async def test_a_new_rule_rewards_beside_the_others(story: Story, role: str) -> None:
    await story.colleague("pia", role)  # type: ignore[arg-type]
    ana = await story.advocate("ana")

    answer = await story.as_("pia").post("/v1/rules", COMMENT)
    await story.performed(ana.person_id, kind="comment")

    assert answer.status_code == 201, answer.text
    assert await story.points("ana") == 5 + 7


async def test_a_changed_default_counts_from_now_on(story: Story) -> None:
    await story.colleague("pia", "program_manager")
    ana = await story.advocate("ana")
    await story.performed(ana.person_id, delta=1)

    answer = await story.as_("pia").patch(
        f"/v1/rules/{story.rule_id('click')}", {"points": 4, "daily_points_max": None}
    )
    await story.performed(ana.person_id, delta=30)

    assert answer.status_code == 200, answer.text
    assert answer.json()["daily_points_max"] is None
    assert await story.points("ana") == 1 + 4 * 30


async def test_a_rule_that_is_switched_off_gives_nothing(story: Story) -> None:
    await story.colleague("pia", "program_manager")
    ana = await story.advocate("ana")

    await story.as_("pia").patch(f"/v1/rules/{story.rule_id('click')}", {"active": False})
    await story.performed(ana.person_id, delta=3)

    assert await story.points("ana") == 0


@pytest.mark.parametrize("trigger", ["reach", "impressions", "views", "followers", "logins"])
async def test_reach_and_logins_are_refused_with_the_reason(story: Story, trigger: str) -> None:
    await story.colleague("pia", "program_manager")

    answer = await story.as_("pia").post("/v1/rules", {**COMMENT, "trigger": trigger})

    assert (answer.status_code, problem_of(answer)) == (422, "reach-is-not-rewarded")
    assert answer.json()["rewarded"] == list(TRIGGERS)
    assert answer.json()["pointer"] == "/trigger"
    assert "never for reach" in answer.json()["detail"]


async def test_an_unknown_trigger_is_refused_with_what_there_is(story: Story) -> None:
    await story.colleague("pia", "program_manager")

    answer = await story.as_("pia").post("/v1/rules", {**COMMENT, "trigger": "lottery"})

    assert (answer.status_code, problem_of(answer)) == (422, "trigger-not-recognised")
    assert answer.json()["rewarded"] == list(TRIGGERS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0},
        {"points": 1001},
        {"points": True},
        {"daily_points_max": 0},
        {"name": ""},
        {"name": "x\x00"},
        {"surprise": 1},
    ],
)
async def test_a_rule_of_the_wrong_shape_is_refused(story: Story, wrong: dict[str, object]) -> None:
    await story.colleague("pia", "program_manager")

    answer = await story.as_("pia").post("/v1/rules", {**COMMENT, **wrong})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_an_employee_sets_no_rules(story: Story) -> None:
    await story.colleague("ana")

    made = await story.as_("ana").post("/v1/rules", COMMENT)
    changed = await story.as_("ana").patch(f"/v1/rules/{story.rule_id('click')}", {"points": 9})

    assert (made.status_code, problem_of(made)) == (403, "role-missing")
    assert (changed.status_code, problem_of(changed)) == (403, "role-missing")


async def test_another_tenants_rule_is_not_there(world: World, story: Story) -> None:
    others = Story(story.service, world.new_tenant())
    await story.colleague("pia", "program_manager")
    await others.colleague("max", "program_manager")
    theirs = (await others.as_("max").post("/v1/rules", COMMENT)).json()["rule_id"]

    for rule_id in (theirs, others.rule_id("click"), new_id()):
        answer = await story.as_("pia").patch(f"/v1/rules/{rule_id}", {"points": 9})
        assert (answer.status_code, problem_of(answer)) == (404, "rule-not-found")

    assert len((await story.as_("pia").get("/v1/rules")).json()["items"]) == len(TRIGGERS)


async def test_a_refusal_is_told_in_the_words_of_the_rule(story: Story) -> None:
    await story.colleague("pia", "program_manager")

    answer = await story.as_("pia").post("/v1/rules", {**COMMENT, "name": "a\x00b"})

    [error] = answer.json()["errors"]
    assert (error["pointer"], error["detail"]) == ("/name", "the NUL character is not allowed")
