"""What figures say, to whom, and what they never say."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from services.metrics.domain.figures import DAYS_MAX, PeriodUnusable, period
from tests.metrics.advocacy import (
    NOON,
    a_campaign,
    a_share,
    done_with,
    published,
)
from tests.news import a_story_is_live
from tests.world import OpenService, Tenant, World, problem_of

TODAY = NOON.date()


async def a_company(world: World, metrics: OpenService) -> Tenant:
    tenant = world.new_tenant()
    await metrics.hire(tenant, "bo")
    return tenant


async def test_a_story_tells_what_came_of_it_and_from_whom_the_numbers_are(
    world: World, metrics: OpenService
) -> None:
    tenant = await a_company(world, metrics)
    share = a_share()
    for event in (
        a_story_is_live(story_id=share.story_id),
        share,
        done_with(share),
        done_with(share),
        done_with(share, suspected_robot=True),
        done_with(share, "comment"),
        done_with(share, "comment", source="crm"),
    ):
        await metrics.hear(tenant, event)

    answer = await metrics.as_(tenant, "bo").get(f"/v1/metrics/stories/{share.story_id}")

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told["story_id"] == str(share.story_id)
    assert told["totals"] == {
        "click": {"count": 2, "suspected_robots": 1, "sources": ["link"]},
        "reaction": {"count": None, "suspected_robots": None, "sources": []},
        "comment": {"count": 2, "suspected_robots": 0, "sources": ["crm", "export"]},
        "reshare": {"count": None, "suspected_robots": None, "sources": []},
    }
    assert told["coverage"]["sources"] == ["crm", "export", "link"]
    assert told["updated_at"] is not None


async def test_what_nobody_has_told_is_null_and_said_so(world: World, metrics: OpenService) -> None:
    tenant = await a_company(world, metrics)
    story_id = new_id()
    await metrics.hear(tenant, a_story_is_live(story_id=story_id))

    told = (await metrics.as_(tenant, "bo").get(f"/v1/metrics/stories/{story_id}")).json()

    assert (told["impressions"], told["reach"], told["updated_at"]) == (None, None, None)
    assert told["totals"]["click"]["count"] is None
    assert {day["click"] for day in told["daily"]} == {None}
    unknown = {one["figure"] for one in told["coverage"]["unknown"]}
    assert unknown >= {"impressions", "reach", "click", "reaction", "comment", "reshare"}


async def test_a_link_that_nobody_followed_has_no_clicks_and_that_is_known(
    world: World, metrics: OpenService
) -> None:
    tenant = await a_company(world, metrics)
    share = a_share()
    await metrics.hear(tenant, a_story_is_live(story_id=share.story_id))
    await metrics.hear(tenant, share)

    told = (await metrics.as_(tenant, "bo").get(f"/v1/metrics/stories/{share.story_id}")).json()

    assert told["totals"]["click"] == {"count": 0, "suspected_robots": 0, "sources": ["link"]}
    assert {day["click"] for day in told["daily"]} == {0}


async def test_days_are_the_companys_and_totals_follow_the_days_asked_for(
    world: World, metrics: OpenService
) -> None:
    tenant = await a_company(world, metrics)
    share = a_share()
    await metrics.hear(tenant, a_campaign(share.campaign_id or new_id()))
    await metrics.hear(tenant, share)
    for instant in ("2026-03-28T22:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:00Z"):
        at = datetime.fromisoformat(instant)
        await metrics.hear(tenant, done_with(share, happened_at=at))

    answer = await metrics.as_(tenant, "bo").get(
        f"/v1/metrics/campaigns/{share.campaign_id}", **{"from": "2026-03-29", "to": "2026-03-30"}
    )

    told = answer.json()
    assert (told["from_day"], told["to_day"]) == ("2026-03-29", "2026-03-30")
    assert told["time_zone"] == "Europe/Copenhagen"
    assert told["totals"]["click"]["count"] == 2
    assert [(day["day"], day["click"]) for day in told["daily"]] == [
        ("2026-03-29", 2),
        ("2026-03-30", 0),
    ]


async def test_how_many_shared_is_told_from_five_on(world: World, metrics: OpenService) -> None:
    tenant = await a_company(world, metrics)
    story_id = new_id()
    await metrics.hear(tenant, a_story_is_live(story_id=story_id))
    bo = metrics.as_(tenant, "bo")
    shares = [a_share(story_id=story_id) for _ in range(5)]
    told = []

    for share in shares:
        await metrics.hear(tenant, share)
        await metrics.hear(tenant, published(share))
        answer = (await bo.get(f"/v1/metrics/stories/{story_id}")).json()
        told.append((answer["advocates"], answer["shares"]))

    assert told == [(None, None)] * 4 + [(5, 5)]


async def test_one_advocate_who_shares_often_is_one(world: World, metrics: OpenService) -> None:
    tenant = await a_company(world, metrics)
    share = a_share()
    await metrics.hear(tenant, a_story_is_live(story_id=share.story_id))
    for _ in range(6):
        one = a_share(share.person_id, story_id=share.story_id)
        await metrics.hear(tenant, one)
        await metrics.hear(tenant, published(one))

    told = (await metrics.as_(tenant, "bo").get(f"/v1/metrics/stories/{share.story_id}")).json()

    assert (told["advocates"], told["shares"]) == (None, None)


async def test_my_figures_are_of_my_shares_and_nobody_elses(
    world: World, metrics: OpenService
) -> None:
    tenant = await a_company(world, metrics)
    ana = await metrics.hire(tenant, "ana")
    mine, theirs = a_share(ana.person_id), a_share()
    for share in (mine, theirs):
        await metrics.hear(tenant, share)
        await metrics.hear(tenant, published(share))
        await metrics.hear(tenant, done_with(share))

    told = (await metrics.as_(tenant, "ana").get("/v1/metrics/people/me")).json()

    assert (told["person_id"], told["shares"]) == (str(ana.person_id), 1)
    assert told["totals"]["click"]["count"] == 1


@pytest.mark.parametrize("role", ["analyst", "program_manager", "admin"])
async def test_a_share_is_its_advocates_alone_whatever_anybodys_role(
    world: World, metrics: OpenService, role: Any
) -> None:
    tenant = await a_company(world, metrics)
    ana = await metrics.hire(tenant, "ana")
    await metrics.hire(tenant, "chef", role)
    share = a_share(ana.person_id)
    await metrics.hear(tenant, share)
    path = f"/v1/metrics/shares/{share.share_id}"

    own, other = [await metrics.as_(tenant, who).get(path) for who in ("ana", "chef")]

    assert (own.status_code, own.json()["share_id"]) == (200, str(share.share_id))
    assert (other.status_code, problem_of(other)) == (404, "share-not-found")


async def test_nobody_reads_another_persons_figures(world: World, metrics: OpenService) -> None:
    tenant = await a_company(world, metrics)
    await metrics.hire(tenant, "ida", "admin", "analyst")

    answer = await metrics.as_(tenant, "ida").get(f"/v1/metrics/people/{new_id()}")

    assert (answer.status_code, problem_of(answer)) == (404, "not-found")


@pytest.mark.parametrize("noun", ["stories", "campaigns", "shares"])
async def test_another_tenants_figures_do_not_exist(
    world: World, metrics: OpenService, noun: str
) -> None:
    ours, theirs = await a_company(world, metrics), await a_company(world, metrics)
    share = a_share()
    for event in (
        a_story_is_live(story_id=share.story_id),
        a_campaign(share.campaign_id or new_id()),
        share,
    ):
        await metrics.hear(theirs, event)
    subject = {
        "stories": share.story_id,
        "campaigns": share.campaign_id,
        "shares": share.share_id,
    }[noun]

    answer = await metrics.as_(ours, "bo").get(f"/v1/metrics/{noun}/{subject}")

    assert answer.status_code == 404
    assert problem_of(answer) in {"story-not-found", "campaign-not-found", "share-not-found"}


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "2025-01-01", "to": "2026-03-01"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(
    world: World, metrics: OpenService, query: dict[str, str]
) -> None:
    tenant = await a_company(world, metrics)

    answer = await metrics.as_(tenant, "bo").get("/v1/metrics/people/me", **query)

    assert (answer.status_code, problem_of(answer)) == (422, "period-unusable")
    assert answer.json()["parameter"] == "from"


async def test_a_day_that_is_none_is_refused(world: World, metrics: OpenService) -> None:
    tenant = await a_company(world, metrics)

    answer = await metrics.as_(tenant, "bo").get("/v1/metrics/people/me", **{"from": "monday"})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


def test_without_days_the_series_is_the_last_thirty_and_totals_are_of_all_time() -> None:
    found = period(None, None, today=TODAY)

    assert (found.asked_first, found.asked_last) == (None, None)
    assert (found.days()[0], found.days()[-1]) == (TODAY - timedelta(days=29), TODAY)


def test_a_leap_year_fits_into_a_period_and_a_day_more_does_not() -> None:
    assert len(period(date(2028, 1, 1), date(2028, 12, 31), today=TODAY).days()) == DAYS_MAX
    with pytest.raises(PeriodUnusable):
        period(date(2028, 1, 1), date(2029, 1, 1), today=TODAY)
