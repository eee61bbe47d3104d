"""Taking part in a plan is voluntary: a yes is shown, and a no cannot be told from silence (V1)."""

from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from services.content.domain.contributing import INVITATIONS_MAX
from tests.content.conftest import Newsroom, done
from tests.world import problem_of

MINE = "/v1/campaigns/invitations/mine"


async def a_plan(newsroom: Newsroom) -> str:
    campaign = {"name": "Spring recruiting", "purpose": "applications"}
    opened = done(await newsroom.as_("pia").post("/v1/campaigns", campaign), 201)
    return f"/v1/campaigns/{opened['campaign_id']}/contributors"


async def hired(newsroom: Newsroom, name: str) -> UUID:
    return (await newsroom.content.hire(newsroom.tenant, name, "employee")).person_id


async def invited(newsroom: Newsroom, plan: str, person_id: UUID) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post(plan, {"person_id": str(person_id)}), 201)


async def answered(newsroom: Newsroom, who: str, verb: str) -> dict[str, Any]:
    [mine] = done(await newsroom.as_(who).get(MINE))["items"]
    path = f"/v1/campaigns/invitations/{mine['invitation_id']}/{verb}"
    return done(await newsroom.as_(who).post(path))


async def test_whoever_says_yes_is_shown_and_whoever_was_asked_is_a_number(
    newsroom: Newsroom,
) -> None:
    plan, bo = await a_plan(newsroom), await hired(newsroom, "bo")
    await invited(newsroom, plan, bo)
    await invited(newsroom, plan, await hired(newsroom, "lis"))

    await answered(newsroom, "bo", "accept")

    seen = done(await newsroom.as_("emil").get(plan))
    assert [one["person"] for one in seen["accepted"]] == [
        {"person_id": str(bo), "display_name": "Bo"}
    ]
    assert seen["invited"] == 1


async def test_nobody_else_can_tell_a_no_from_no_answer(newsroom: Newsroom) -> None:
    plan, bo = await a_plan(newsroom), await hired(newsroom, "bo")
    await invited(newsroom, plan, bo)
    watchers = [newsroom.as_(name) for name in ("pia", "ada", "emil")]
    trail = plan.replace("contributors", "trail")
    before = [(await one.get(path)).content for one in watchers for path in (plan, trail)]

    said = await answered(newsroom, "bo", "decline")

    after = [(await one.get(path)).content for one in watchers for path in (plan, trail)]
    assert said["answer"] == "declined"
    assert after == before
    assert str(bo).encode() not in b"".join(after)
    asked_again = await invited(newsroom, plan, bo)
    assert (asked_again["accepted"], asked_again["invited"]) == ([], 1)
    [mine] = done(await newsroom.as_("bo").get(MINE, answer="declined"))["items"]
    assert mine["answer"] == "declined"


async def test_whoever_said_yes_may_change_their_mind(newsroom: Newsroom) -> None:
    plan = await a_plan(newsroom)
    await invited(newsroom, plan, await hired(newsroom, "bo"))
    once = await answered(newsroom, "bo", "accept")
    twice = await answered(newsroom, "bo", "accept")

    await answered(newsroom, "bo", "decline")

    assert once == twice
    assert done(await newsroom.as_("pia").get(plan)) == {"accepted": [], "invited": 1}


async def test_an_invitation_is_nobody_elses(newsroom: Newsroom) -> None:
    plan = await a_plan(newsroom)
    await invited(newsroom, plan, await hired(newsroom, "bo"))
    [bos] = done(await newsroom.as_("bo").get(MINE))["items"]

    answers = [
        await newsroom.as_(who).post(f"/v1/campaigns/invitations/{bos['invitation_id']}/{verb}")
        for who in ("pia", "emil")
        for verb in ("accept", "decline")
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {
        (404, "invitation-not-found")
    }
    assert done(await newsroom.as_("pia").get(MINE))["items"] == []
    assert bos["title"] == "Spring recruiting"


async def test_only_owners_and_managers_ask_and_only_people_there_are(newsroom: Newsroom) -> None:
    plan, bo = await a_plan(newsroom), await hired(newsroom, "bo")

    answers = [
        await newsroom.as_("emil").post(plan, {"person_id": str(bo)}),
        await newsroom.as_("pia").post(plan, {"person_id": str(new_id())}),
        await newsroom.as_("pia").post(plan, {"person_id": "bo"}),
    ]

    assert [(one.status_code, problem_of(one)) for one in answers] == [
        (403, "not-your-campaign"),
        (422, "invitee-unknown"),
        (422, "validation-failed"),
    ]


@pytest.mark.parametrize("asked_before", [True, False])
async def test_a_plan_asks_so_many_and_no_more(newsroom: Newsroom, asked_before: bool) -> None:
    plan = await a_plan(newsroom)
    people = [await hired(newsroom, f"bo{number}") for number in range(INVITATIONS_MAX + 1)]
    for person_id in people[:INVITATIONS_MAX]:
        await invited(newsroom, plan, person_id)

    whom = people[0 if asked_before else -1]
    answer = await newsroom.as_("pia").post(plan, {"person_id": str(whom)})

    assert answer.status_code == (201 if asked_before else 409)
