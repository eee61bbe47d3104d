"""Campaigns in their simplest form: opened, named by stories, closed."""

from typing import Any

import pytest

from contracts.content import CampaignClosed, CampaignOpened
from tests.content.conftest import Newsroom, a_story, done
from tests.world import World, problem_of

SPRING = {"name": "Spring recruiting", "purpose": "applications"}


async def opened(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post("/v1/campaigns", {**SPRING, **fields}), 201)


async def closed(newsroom: Newsroom, campaign: dict[str, Any]) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post(f"/v1/campaigns/{campaign['campaign_id']}/close"))


async def test_a_campaign_is_opened_and_everybody_finds_it(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)

    found = done(await newsroom.as_("emil").get("/v1/campaigns"))["items"]
    read = done(await newsroom.as_("emil").get(f"/v1/campaigns/{campaign['campaign_id']}"))

    assert found == [campaign] == [read]
    assert campaign["state"] == "open"
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [CampaignOpened]


async def test_closing_twice_is_the_same_as_once(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)

    once = await closed(newsroom, campaign)
    twice = await closed(newsroom, campaign)

    assert once == twice
    assert once["state"] == "closed"
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [CampaignOpened, CampaignClosed]


async def test_open_and_closed_campaigns_are_told_apart(newsroom: Newsroom) -> None:
    spring, autumn = await opened(newsroom), await opened(newsroom, name="Autumn")
    await closed(newsroom, spring)

    found = {
        state: [
            one["name"]
            for one in done(await newsroom.as_("ana").get("/v1/campaigns", state=state))["items"]
        ]
        for state in ("open", "closed")
    }

    assert found == {"open": [autumn["name"]], "closed": [spring["name"]]}


async def test_a_story_joins_an_open_campaign_and_is_found_by_it(newsroom: Newsroom) -> None:
    campaign_id = (await opened(newsroom))["campaign_id"]
    story = await newsroom.live(campaign_id=campaign_id)
    await newsroom.live(title="Of no campaign")

    found = done(await newsroom.as_("emil").get("/v1/stories", campaign_id=campaign_id))

    assert [line["story_id"] for line in found["items"]] == [story["story_id"]]


async def test_a_closed_campaign_takes_no_more_stories(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    fields = {"campaign_id": campaign["campaign_id"]}
    drafted, approved = await newsroom.written(**fields), await newsroom.approved(**fields)
    await closed(newsroom, campaign)

    answers = [
        await newsroom.as_("ana").post("/v1/stories", a_story(**fields)),
        await newsroom.try_to("ana", drafted, "submit"),
        await newsroom.try_to("ana", approved, "publish"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(409, "campaign-not-open")}


async def test_a_story_of_a_closed_campaign_can_still_be_corrected(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    story = await newsroom.live(campaign_id=campaign["campaign_id"])
    await closed(newsroom, campaign)

    await newsroom.do("ana", story, "revise")
    await newsroom.approve(await newsroom.do("ana", story, "submit"))
    corrected = await newsroom.do("ana", story, "publish")

    assert corrected["live"]["version"] == 2


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"purpose": "fame"}, "validation-failed"),
        ({"name": ""}, "validation-failed"),
        ({"ends_at": "2021-05-04T08:00:00Z"}, "dates-out-of-order"),
        (
            {"starts_at": "2101-05-04T08:00:00Z", "ends_at": "2100-05-04T08:00:00Z"},
            "dates-out-of-order",
        ),
    ],
)
async def test_what_cannot_be_a_campaign_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    answer = await quiet_newsroom.as_("pia").post("/v1/campaigns", {**SPRING, **fields})

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_only_a_program_manager_opens_and_closes(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)

    answers = [
        await newsroom.as_("ravi").post("/v1/campaigns", SPRING),
        await newsroom.as_("ravi").post(f"/v1/campaigns/{campaign['campaign_id']}/close"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(403, "role-missing")}


async def test_another_companys_campaign_is_not_there(world: World, newsroom: Newsroom) -> None:
    campaign_id = (await opened(newsroom))["campaign_id"]
    elsewhere = world.new_tenant()
    await newsroom.content.hire(elsewhere, "nina", "employee", "program_manager")
    nina = newsroom.content.as_(elsewhere, "nina")

    answers = [
        await nina.get(f"/v1/campaigns/{campaign_id}"),
        await nina.post(f"/v1/campaigns/{campaign_id}/close"),
    ]
    naming = await nina.post("/v1/stories", a_story(campaign_id=campaign_id))

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "campaign-not-found")}
    assert (naming.status_code, problem_of(naming)) == (422, "campaign-unknown")
