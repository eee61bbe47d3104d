"""What a campaign is for: objectives keep their ids, and their time is the campaign's."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import Refusal
from contracts.content import CampaignChanged, CampaignClosed, CampaignOpened
from services.content.domain import objectives
from services.content.domain.objectives import (
    Objective,
    ObjectiveKindFixed,
    ObjectiveOutsideCampaign,
    ObjectiveRepeated,
    ObjectiveUnknown,
)
from services.content.domain.texts import DatesOutOfOrder
from tests.content.conftest import Newsroom, done
from tests.world import problem_of

MARCH, APRIL, MAY, JUNE = (datetime(2031, month, 1, tzinfo=UTC) for month in (3, 4, 5, 6))
LEADS = {"kind": "leads", "target": 12, "unit": "leads"}
SPRING: dict[str, Any] = {
    "name": "Spring recruiting",
    "purpose": "applications",
    "starts_at": "2031-03-01T00:00:00Z",
    "ends_at": "2031-06-01T00:00:00Z",
    "description": "Twelve fitters for the new park.",
    "objectives": [LEADS],
}


def ids() -> Callable[[], UUID]:
    numbers = itertools.count(1)
    return lambda: UUID(int=next(numbers))


def wanted(**fields: Any) -> dict[str, Any]:
    given = {"objective_id": None, "baseline": None, "starts_at": None, "ends_at": None}
    return {**LEADS, **given, **fields}


def composed(*entries: dict[str, Any], before: tuple[Objective, ...] = ()) -> tuple[Objective, ...]:
    return objectives.compose(entries, before, ids())


def test_an_objective_that_names_its_id_stays_the_one_it_is() -> None:
    before = composed(wanted(), wanted(kind="traffic"))

    after = objectives.compose(
        [wanted(objective_id=before[0].objective_id, target=20), wanted(kind="visibility")],
        before,
        lambda: UUID(int=99),
    )

    assert [(one.objective_id.int, one.kind, one.target) for one in after] == [
        (1, "leads", 20),
        (99, "visibility", 12),
    ]


@pytest.mark.parametrize(
    ("entry", "refusal", "field"),
    [
        (wanted(objective_id=UUID(int=7)), ObjectiveUnknown, "/objectives/0/objective_id"),
        (
            wanted(objective_id=UUID(int=1), kind="traffic"),
            ObjectiveKindFixed,
            "/objectives/0/kind",
        ),
    ],
    ids=["an id of nothing", "another kind"],
)
def test_an_id_says_which_objective_of_which_kind(
    entry: dict[str, Any], refusal: type[Refusal], field: str
) -> None:
    before = composed(wanted())

    with pytest.raises(refusal) as told:
        composed(entry, before=before)

    assert told.value.field == field


@pytest.mark.parametrize(
    "entries",
    [
        [wanted(), wanted(kind="traffic")],
        [wanted(ends_at=APRIL), wanted(starts_at=APRIL)],
        [wanted(starts_at=MARCH, ends_at=JUNE)],
    ],
    ids=["two kinds", "one kind after the other", "as long as the campaign"],
)
def test_what_fits_a_campaign(entries: list[dict[str, Any]]) -> None:
    made = composed(*entries)

    objectives.check(made, starts_at=MARCH, ends_at=JUNE)

    assert len(made) == len(entries)


@pytest.mark.parametrize(
    ("entries", "refusal", "field"),
    [
        ([wanted(starts_at=MAY, ends_at=APRIL)], DatesOutOfOrder, "/objectives/0/ends_at"),
        ([wanted(starts_at=MAY, ends_at=MAY)], DatesOutOfOrder, "/objectives/0/ends_at"),
        ([wanted(starts_at=MARCH)], ObjectiveOutsideCampaign, "/objectives/0/starts_at"),
        ([wanted(), wanted(ends_at=JUNE)], ObjectiveOutsideCampaign, "/objectives/1/ends_at"),
        ([wanted(), wanted(target=13)], ObjectiveRepeated, "/objectives"),
        # No date is the campaign's own, so to say it makes no difference.
        ([wanted(), wanted(starts_at=APRIL, ends_at=MAY)], ObjectiveRepeated, "/objectives"),
    ],
    ids=["backwards", "no time at all", "too early", "too late", "twice", "twice in other words"],
)
def test_what_does_not_fit_a_campaign(
    entries: list[dict[str, Any]], refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as told:
        objectives.check(composed(*entries), starts_at=APRIL, ends_at=MAY)

    assert told.value.field == field


async def opened(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post("/v1/campaigns", {**SPRING, **fields}), 201)


def path_of(campaign: dict[str, Any], rest: str = "") -> str:
    return f"/v1/campaigns/{campaign['campaign_id']}{rest}"


async def test_the_others_hear_what_a_campaign_is_for(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    [leads] = campaign["objectives"]
    changes = {"objectives": [{**leads, "target": 20}], "ends_at": "2031-05-01T00:00:00Z"}

    changed = done(await newsroom.as_("pia").patch(path_of(campaign), changes))
    done(await newsroom.as_("pia").post(path_of(campaign, "/close")))

    assert changed["objectives"] == [{**leads, "target": 20}]
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [CampaignOpened, CampaignChanged, CampaignClosed]
    assert [event.revision for event in heard] == [0, 1, 2]  # type: ignore[attr-defined]
    told = heard[1]
    assert isinstance(told, CampaignChanged)
    assert [(str(one.objective_id), one.target) for one in told.objectives] == [
        (leads["objective_id"], 20)
    ]


async def test_what_changes_nothing_of_a_campaign_is_no_news(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    given = ("name", "purpose", "starts_at", "ends_at", "description", "owner_ids", "objectives")
    same = {name: campaign[name] for name in given}

    answers = [
        done(await newsroom.as_("pia").patch(path_of(campaign), changes))
        for changes in ({}, {"name": campaign["name"]}, same)
    ]

    assert answers == [campaign] * 3
    assert done(await newsroom.as_("pia").get(path_of(campaign))) == campaign
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [CampaignOpened]
    entries = done(await newsroom.as_("pia").get(path_of(campaign, "/trail")))["items"]
    assert [one["act"] for one in entries] == ["opened"]


async def test_a_campaign_belongs_to_whoever_opened_it_and_its_owners_change_it(
    newsroom: Newsroom,
) -> None:
    emil = await newsroom.content.hire(newsroom.tenant, "eva", "employee")
    mine, evas = await opened(newsroom), await opened(newsroom, owner_ids=[str(emil.person_id)])

    answers = [
        await newsroom.as_("eva").patch(path_of(one), {"name": "Spring"}) for one in (mine, evas)
    ]

    assert (answers[0].status_code, problem_of(answers[0])) == (403, "not-your-campaign")
    assert done(answers[1])["name"] == "Spring"
    assert mine["owner_ids"] != evas["owner_ids"] == [str(emil.person_id)]


async def test_a_closed_campaign_is_not_changed(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    done(await newsroom.as_("pia").post(path_of(campaign, "/close")))

    answer = await newsroom.as_("pia").patch(path_of(campaign), {"name": "Autumn"})

    assert (answer.status_code, problem_of(answer)) == (409, "campaign-not-open")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"objectives": [{**LEADS, "target": 0}]}, "validation-failed"),
        ({"objectives": [{**LEADS, "target": -5}]}, "validation-failed"),
        ({"objectives": [{**LEADS, "target": "12"}]}, "validation-failed"),
        ({"objectives": [{**LEADS, "kind": "fame"}]}, "validation-failed"),
        ({"objectives": [{**LEADS, "unit": "\x00"}]}, "validation-failed"),
        ({"objectives": [LEADS] * 21}, "validation-failed"),
        ({"objectives": [LEADS, LEADS]}, "objective-repeated"),
        ({"objectives": [{**LEADS, "ends_at": "2031-07-01T00:00:00Z"}]},
         "objective-outside-campaign"),
        ({"ends_at": "2031-02-01T00:00:00Z"}, "dates-out-of-order"),
        ({"ends_at": "2021-02-01T00:00:00Z", "starts_at": None}, "dates-out-of-order"),
        ({"owner_ids": []}, "validation-failed"),
        ({"owner_ids": ["01920000-0000-7000-8000-000000000001"]}, "owner-unknown"),
    ],
)  # fmt: skip
async def test_what_cannot_be_planned_is_refused_and_nothing_is_changed(
    newsroom: Newsroom, changes: dict[str, Any], problem: str
) -> None:
    campaign = await opened(newsroom)

    answer = await newsroom.as_("pia").patch(path_of(campaign), changes)

    assert (answer.status_code, problem_of(answer)) == (422, problem)
    assert done(await newsroom.as_("pia").get(path_of(campaign))) == campaign


async def test_campaigns_are_found_by_purpose_name_and_time(newsroom: Newsroom) -> None:
    await opened(newsroom)
    await opened(newsroom, name="100% wind", purpose="traffic", starts_at=None)
    asked: dict[str, dict[str, Any]] = {
        "purpose": {"purpose": "traffic"},
        "part of a name": {"q": "0% W"},
        "no wildcard": {"q": "1_0"},
        "now": {"running_at": "2031-02-01T00:00:00+01:00"},
        "both": {"running_at": "2031-04-01T00:00:00Z"},
        "after the end": {"running_at": "2031-06-01T00:00:00Z"},
    }

    found = {
        words: [
            one["name"]
            for one in done(await newsroom.as_("emil").get("/v1/campaigns", **query))["items"]
        ]
        for words, query in asked.items()
    }

    assert found == {
        "purpose": ["100% wind"],
        "part of a name": ["100% wind"],
        "no wildcard": [],
        "now": ["100% wind"],
        "both": ["100% wind", "Spring recruiting"],
        "after the end": [],
    }


async def test_who_decided_about_a_campaign_is_kept_for_managers(newsroom: Newsroom) -> None:
    campaign = await opened(newsroom)
    done(await newsroom.as_("pia").patch(path_of(campaign), {"name": "Spring"}))
    done(await newsroom.as_("pia").post(path_of(campaign, "/close")))
    done(await newsroom.as_("pia").post(path_of(campaign, "/close")))

    entries = done(await newsroom.as_("pia").get(path_of(campaign, "/trail")))["items"]
    stranger = await newsroom.as_("emil").get(path_of(campaign, "/trail"))

    assert [(one["act"], one["actor"]["display_name"]) for one in entries] == [
        ("opened", "Pia"),
        ("changed", "Pia"),
        ("closed", "Pia"),
    ]
    assert (stranger.status_code, problem_of(stranger)) == (403, "role-missing")
