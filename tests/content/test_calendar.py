"""The editorial calendar: what is planned beside what stands in stories and campaigns (C2)."""

from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.content.store.calendar import ENTRIES_MAX
from tests.content.approving import delegated, hired, trail
from tests.content.conftest import Newsroom, done
from tests.tenants.conftest import Look
from tests.tenants.conftest import look_into as look_into
from tests.world import World, problem_of

ITEMS = "/v1/calendar/items"
CROWD = """
    insert into plan_items
    select tenant_id, gen_random_uuid(), title, campaign_id, planned_at, planned_on, networks,
           language, audience, responsible_id, story_id, created_by, created_at, changed_at,
           revision, dropped_at
    from plan_items, generate_series(1, $2::integer) where tenant_id = $1
"""
MAY = {"from": "2031-05-01", "until": "2031-06-01"}


async def planned(newsroom: Newsroom, who: str = "pia", **fields: Any) -> dict[str, Any]:
    item = {"title": "Calm day", "planned_at": "2031-05-04T08:00:00Z", "networks": ["linkedin"]}
    when = {"planned_at": None} if "planned_on" in fields else {}
    return done(await newsroom.as_(who).post(ITEMS, {**item, **when, **fields}), 201)


async def a_campaign(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    campaign = {
        "name": "Spring",
        "purpose": "leads",
        "starts_at": "2031-05-03T22:00:00Z",
        "ends_at": "2031-05-20T22:00:00Z",
    }
    return done(await newsroom.as_("pia").post("/v1/campaigns", {**campaign, **fields}), 201)


async def look(newsroom: Newsroom, who: str = "pia", **query: Any) -> dict[str, Any]:
    return done(await newsroom.as_(who).get("/v1/calendar", **{**MAY, **query}))


async def lines(newsroom: Newsroom, who: str = "pia", **query: Any) -> list[tuple[str, str, str]]:
    entries = (await look(newsroom, who, **query))["entries"]
    return [(one["on"], one["kind"], one["title"]) for one in entries]


async def test_plans_stories_and_campaigns_stand_in_one_calendar_in_order(
    newsroom: Newsroom,
) -> None:
    spring = (await a_campaign(newsroom))["campaign_id"]
    await planned(newsroom, campaign_id=spring)
    await planned(newsroom, title="Open day", planned_on="2031-05-04", networks=["x"])
    await newsroom.live(
        title="Turbines",
        embargo_until="2031-05-05T22:30:00Z",
        expires_at="2031-05-31T21:59:59Z",
        campaign_id=spring,
    )
    await planned(newsroom, title="In June", planned_at="2031-05-31T22:00:00Z")

    read = await look(newsroom)

    assert [(one["on"], one["kind"], one["title"]) for one in read["entries"]] == [
        ("2031-05-04", "item", "Open day"),
        ("2031-05-04", "campaign_starts", "Spring"),
        ("2031-05-04", "item", "Calm day"),
        # Half past midnight there.
        ("2031-05-06", "story_embargo", "Turbines"),
        ("2031-05-21", "campaign_ends", "Spring"),
        ("2031-05-31", "story_expires", "Turbines"),
    ]
    assert read["time_zone"] == "Europe/Copenhagen"
    assert [(one["rule"], one["begins_on"], one["ends_on"]) for one in read["findings"]] == [
        ("gap", "2031-05-07", "2031-05-20")
    ]


async def test_what_went_live_stands_where_it_did(newsroom: Newsroom) -> None:
    story = await newsroom.live(title="Turbines")
    at = datetime.fromisoformat((await trail(newsroom, story))[-1]["happened_at"])
    # By the company's clocks, for which the new year comes sooner than for UTC.
    day = at.astimezone(ZoneInfo("Europe/Copenhagen")).date()
    quarters = [f"{day.year}-{month:02}-01" for month in (1, 4, 7, 10)] + [f"{day.year + 1}-01-01"]

    found = [
        line
        for first, last in pairwise(quarters)
        for line in await lines(newsroom, "emil", **{"from": first, "until": last})
    ]

    assert found == [(f"{day}", "story_live", "Turbines")]


async def test_nobody_sees_by_the_calendar_what_they_may_not_see(newsroom: Newsroom) -> None:
    dates = {"embargo_until": "2031-05-05T08:00:00Z"}
    await newsroom.written("ana", title="Drafted", **dates)
    await newsroom.submitted("ana", title="Submitted", **dates)
    story = await newsroom.live("ana", title="Live", **dates)
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.as_("ana").patch(path, {"title": "Revised"})
    await planned(newsroom)

    seen = {
        who: {title for _, _, title in await lines(newsroom, who)}
        for who in ("ana", "ravi", "emil")
    }

    assert seen == {
        "ana": {"Drafted", "Submitted", "Revised"},
        "ravi": {"Submitted", "Revised", "Calm day"},
        "emil": {"Live"},
    }


async def test_what_goes_nowhere_any_more_stands_in_no_calendar(newsroom: Newsroom) -> None:
    dates = {"embargo_until": "2031-05-05T08:00:00Z", "expires_at": "2031-05-30T08:00:00Z"}
    gone = await newsroom.live("ana", title="Withdrawn", **dates)
    await newsroom.do("ana", gone, "withdraw")
    shelved = await newsroom.written("ana", title="Shelved", **dates)
    await newsroom.do("ana", shelved, "archive")
    refused = await newsroom.submitted("ana", title="Rejected", **dates)
    no = {"decision": "reject", "content_hash": refused["content_hash"], "reasons": ["Not now."]}
    await newsroom.do("ravi", refused, "review", no)
    await newsroom.live("ana", title="Turbines", **dates)

    seen = {who: {title for _, _, title in await lines(newsroom, who)} for who in ("ana", "ravi")}

    assert seen == {"ana": {"Turbines"}, "ravi": {"Turbines"}}


async def test_an_items_finding_tells_no_end_that_is_not_shown(newsroom: Newsroom) -> None:
    story = await newsroom.live("ana", title="Turbines", expires_at="2031-05-30T08:00:00Z")
    bo = await newsroom.content.hire(newsroom.tenant, "bo", "employee")
    await planned(newsroom, story_id=story["story_id"], responsible_id=str(bo.person_id))
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.as_("ana").patch(path, {"expires_at": "2031-05-02T08:00:00Z"})

    rules = {
        who: [finding["rule"] for finding in (await look(newsroom, who))["findings"]]
        for who in ("pia", "bo")
    }

    assert rules == {"pia": ["story_expires_before"], "bo": []}


async def test_what_is_not_wanted_takes_no_room(newsroom: Newsroom, look_into: Look) -> None:
    await planned(newsroom, planned_on="2031-05-03")
    async with look_into("content") as connection:
        tenant_id = newsroom.tenant.tenant_id
        await connection.execute(CROWD, tenant_id, ENTRIES_MAX)
    await planned(newsroom, title="Open day", planned_on="2031-05-09", networks=["x"])

    whole = await newsroom.as_("pia").get("/v1/calendar", **MAY)
    found = [title for _, _, title in await lines(newsroom, network="x")]

    assert problem_of(whole) == "calendar-too-full"
    assert found == ["Open day"]


async def test_whoever_takes_part_carries_or_owns_sees_what_is_planned(newsroom: Newsroom) -> None:
    people = {
        name: str((await newsroom.content.hire(newsroom.tenant, name, "employee")).person_id)
        for name in ("bo", "lis", "eva", "kim")
    }
    spring = (await a_campaign(newsroom, owner_ids=[people["eva"]]))["campaign_id"]
    item = await planned(newsroom, campaign_id=spring, responsible_id=people["lis"])
    contributors = f"{ITEMS}/{item['item_id']}/contributors"
    done(await newsroom.as_("eva").post(contributors, {"person_id": people["bo"]}), 201)

    seen = {
        name: (await newsroom.as_(name).get(f"{ITEMS}/{item['item_id']}")).status_code
        for name in people
    }
    [asked] = done(await newsroom.as_("bo").get("/v1/campaigns/invitations/mine"))["items"]
    await newsroom.as_("bo").post(f"/v1/campaigns/invitations/{asked['invitation_id']}/decline")

    assert seen == {"bo": 200, "lis": 200, "eva": 200, "kim": 404}
    assert (asked["title"], asked["item_id"]) == ("Calm day", item["item_id"])
    assert (await newsroom.as_("bo").get(contributors)).status_code == 404
    assert done(await newsroom.as_("lis").get(contributors)) == {"accepted": [], "invited": 1}


async def test_a_delegate_plans_with_a_story_that_whoever_is_away_would_see(
    newsroom: Newsroom,
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    item = await planned(newsroom, responsible_id=lea)
    story = await newsroom.submitted()
    path, body = f"{ITEMS}/{item['item_id']}", {"story_id": story["story_id"]}
    before = await newsroom.as_("lea").patch(path, body)

    await delegated(newsroom, "ravi", lea)
    linked = done(await newsroom.as_("lea").patch(path, body))

    assert problem_of(before) == "story-unknown"
    assert linked["story_id"] == story["story_id"]


async def test_an_item_is_moved_linked_and_dropped(newsroom: Newsroom) -> None:
    item = await planned(newsroom)
    story = await newsroom.submitted()
    path = f"{ITEMS}/{item['item_id']}"

    moved = done(await newsroom.as_("pia").patch(path, {"planned_on": "2031-05-05"}))
    linked = done(await newsroom.as_("pia").patch(path, {"story_id": story["story_id"]}))
    once, twice = [done(await newsroom.as_("pia").post(f"{path}/drop")) for _ in range(2)]
    late = await newsroom.as_("pia").patch(path, {"title": "Another"})

    assert (moved["planned_at"], moved["planned_on"]) == (None, "2031-05-05")
    assert [one["state"] for one in (item, moved, linked, once)] == [
        "planned",
        "planned",
        "linked",
        "dropped",
    ]
    assert once == twice
    assert (late.status_code, problem_of(late)) == (409, "item-dropped")


async def test_items_are_listed_by_state_campaign_and_who_carries_them(newsroom: Newsroom) -> None:
    spring = (await a_campaign(newsroom))["campaign_id"]
    bo = await newsroom.content.hire(newsroom.tenant, "bo", "author")
    await planned(newsroom, title="First", campaign_id=spring)
    await planned(newsroom, title="Second", responsible_id=str(bo.person_id))
    dropped = await planned(newsroom, title="Third")
    await newsroom.as_("pia").post(f"{ITEMS}/{dropped['item_id']}/drop")
    asked: dict[str, dict[str, Any]] = {
        "all": {},
        "planned": {"state": "planned"},
        "dropped": {"state": "dropped"},
        "spring": {"campaign_id": spring},
        "mine": {"mine": True},
    }

    found = {
        words: [one["title"] for one in done(await newsroom.as_("bo").get(ITEMS, **query))["items"]]
        for words, query in asked.items()
    }

    assert found == {
        "all": ["Third", "Second", "First"],
        "planned": ["Second", "First"],
        "dropped": ["Third"],
        "spring": ["First"],
        "mine": ["Second"],
    }


async def test_a_calendar_is_looked_at_by_network_language_campaign_and_whose(
    newsroom: Newsroom,
) -> None:
    spring = (await a_campaign(newsroom, starts_at=None, ends_at=None))["campaign_id"]
    await planned(newsroom, title="Danish", networks=["x"], language="da", campaign_id=spring)
    await newsroom.live(title="Turbines", embargo_until="2031-05-05T08:00:00Z")

    found = {
        words: [title for _, _, title in await lines(newsroom, "pia", **query)]
        for words, query in {
            "network": {"network": "linkedin"},
            "language": {"language": "da"},
            "campaign": {"campaign_id": spring},
            "mine": {"mine": True},
        }.items()
    }
    anas = [title for _, _, title in await lines(newsroom, "ana", mine=True)]

    assert found == {
        "network": ["Turbines"],
        "language": ["Danish"],
        "campaign": ["Danish"],
        "mine": ["Danish"],
    }
    assert anas == ["Turbines"]


async def test_collisions_and_other_findings_are_told_and_stop_nobody(newsroom: Newsroom) -> None:
    spring = (await a_campaign(newsroom))["campaign_id"]
    story = await newsroom.live(expires_at="2031-05-10T08:00:00Z")
    one = await planned(newsroom, planned_at="2031-05-21T08:00:00Z", campaign_id=spring)
    two = await planned(newsroom, planned_at="2031-05-21T12:00:00Z", story_id=story["story_id"])

    told = (await look(newsroom, gap_days=40))["findings"]

    assert [(finding["rule"], finding["item_ids"]) for finding in told] == [
        ("collision", [one["item_id"], two["item_id"]]),
        ("outside_campaign", [one["item_id"]]),
        ("story_expires_before", [two["item_id"]]),
    ]


async def test_who_may_plan(newsroom: Newsroom) -> None:
    eva = await newsroom.content.hire(newsroom.tenant, "eva", "employee")
    await newsroom.content.hire(newsroom.tenant, "odin", "author")
    spring = (await a_campaign(newsroom, owner_ids=[str(eva.person_id)]))["campaign_id"]
    item = {"title": "Calm day", "planned_on": "2031-05-04"}
    hers = {**item, "campaign_id": spring}

    answers = {
        who: (await newsroom.as_(who).post(ITEMS, body)).status_code
        for who, body in {
            "odin": item,
            "ada": item,
            "eva": hers,
            "emil": hers,
            "ravi": item,
        }.items()
    }
    outside = await newsroom.as_("eva").post(ITEMS, item)

    assert answers == {"odin": 201, "ada": 201, "eva": 201, "emil": 403, "ravi": 403}
    assert problem_of(outside) == "not-yours-to-plan"


NOBODY = "01920000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, "validation-failed"),
        ({"title": "a\x00b"}, "validation-failed"),
        ({"planned_at": None}, "when-unclear"),
        ({"planned_on": "2031-05-04"}, "when-unclear"),
        ({"planned_at": "2031-05-04"}, "validation-failed"),
        ({"planned_at": "2031-05-04T08:00:00"}, "validation-failed"),
        ({"planned_at": None, "planned_on": "9999-12-31"}, "validation-failed"),
        ({"planned_at": None, "planned_on": "2031-02-29"}, "validation-failed"),
        ({"networks": ["linkedin", "linkedin"]}, "network-repeated"),
        ({"networks": ["myspace"]}, "validation-failed"),
        ({"campaign_id": NOBODY}, "campaign-unknown"),
        ({"responsible_id": NOBODY}, "responsible-unknown"),
        ({"story_id": NOBODY}, "story-unknown"),
    ],
)
async def test_what_cannot_be_planned_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    item = {"title": "Calm day", "planned_at": "2031-05-04T08:00:00Z"}

    answer = await quiet_newsroom.as_("pia").post(ITEMS, {**item, **fields})

    assert (answer.status_code, problem_of(answer)) == (422, problem)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"until": "2031-05-01"}, "span-unusable"),
        ({"until": "2031-04-01"}, "span-unusable"),
        ({"until": "2031-08-10"}, "span-unusable"),
        ({"until": "9999-12-31"}, "validation-failed"),
        ({"from": "0001-01-01"}, "validation-failed"),
        ({"from": "2199-12-31", "until": None}, "span-unusable"),
        ({"from": "yesterday"}, "validation-failed"),
        ({"gap_days": 0}, "validation-failed"),
        ({"collision_hours": 1000}, "validation-failed"),
        ({"network": "myspace"}, "validation-failed"),
    ],
)
async def test_a_span_that_is_none_is_refused(
    quiet_newsroom: Newsroom, query: dict[str, Any], problem: str
) -> None:
    asked = {name: value for name, value in {**MAY, **query}.items() if value is not None}
    answer = await quiet_newsroom.as_("pia").get("/v1/calendar", **asked)

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_campaigns_beyond_all_calendars_break_none(newsroom: Newsroom) -> None:
    await a_campaign(newsroom, starts_at=None, ends_at="9999-12-31T23:59:59Z")

    read = await look(newsroom)

    assert [one["rule"] for one in read["findings"]] == ["gap"]


async def test_another_companys_plans_are_not_there(world: World, newsroom: Newsroom) -> None:
    item = await planned(newsroom)
    elsewhere = world.new_tenant()
    await newsroom.content.hire(elsewhere, "nina", "employee", "program_manager")
    nina = newsroom.content.as_(elsewhere, "nina")

    answers = [
        await nina.get(f"{ITEMS}/{item['item_id']}"),
        await nina.patch(f"{ITEMS}/{item['item_id']}", {"title": "Hers"}),
        await nina.post(f"{ITEMS}/{item['item_id']}/drop"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "item-not-found")}
    assert done(await nina.get("/v1/calendar", **MAY))["entries"] == []
