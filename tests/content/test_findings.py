"""What a look at the calendar finds, in a zone whose clocks change in March and in October."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.content.domain import calendar, findings
from services.content.domain.calendar import Entry, Span, Wanted, day_of, midnight
from services.content.domain.campaigns import Campaign
from services.content.domain.findings import Finding, Thresholds
from services.content.domain.texts import Audience

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MARCH = Span(date(2031, 3, 1), date(2031, 4, 1), COPENHAGEN)
SPRING = UUID(int=1)
LONG_AGO = date(2030, 1, 1)


def at(text: str) -> datetime:
    """Answer an instant of 2031, as clocks in Copenhagen show it."""
    return datetime.fromisoformat(f"2031-{text}").replace(tzinfo=COPENHAGEN).astimezone(UTC)


def campaign(**fields: Any) -> Campaign:
    opened = {
        "campaign_id": SPRING,
        "name": "Spring",
        "purpose": "leads",
        "starts_at": at("03-01 00:00"),
        "ends_at": at("04-01 00:00"),
        "opened_at": at("01-01 00:00"),
        "description": None,
        "owner_ids": (),
        "objectives": (),
        "revision": 0,
        "changed_at": at("01-01 00:00"),
    }
    return Campaign(**{**opened, **fields})


def item(number: int, when: str, **fields: Any) -> Entry:
    """Answer a planned item: for an instant if a time is said, else for a day."""
    instant = at(when) if ":" in when else None
    on = day_of(instant, COPENHAGEN) if instant else date.fromisoformat(f"2031-{when}")
    entry = Entry(
        kind="item",
        title=f"Item {number}",
        on=on,
        at=instant,
        campaign_id=SPRING,
        story_id=None,
        item_id=UUID(int=100 + number),
        networks=("linkedin",),
        languages=(),
        person_ids=frozenset(),
        state="planned",
        revision=0,
        changed_at=at("01-01 00:00"),
        audience=Audience(),
    )
    return replace(entry, **fields)


def found(
    *entries: Entry, campaigns: tuple[Campaign, ...] = (), span: Span = MARCH, **more: Any
) -> list[Finding]:
    thresholds = more.pop("thresholds", Thresholds())
    return findings.find_all(entries, campaigns, span, thresholds, **{"today": LONG_AGO, **more})


def gaps(*entries: Entry, **more: Any) -> list[tuple[str, str]]:
    plan = more.pop("campaign", campaign())
    told = found(*entries, campaigns=(plan,), **more)
    return [(f"{one.begins_on:%m-%d}", f"{one.ends_on:%m-%d}") for one in told if one.rule == "gap"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ([], [("03-01", "03-31")]),
        (["03-07"], [("03-08", "03-31")]),
        (["03-08"], [("03-01", "03-07"), ("03-09", "03-31")]),
        (["03-07", "03-14", "03-21", "03-28"], []),
        # The 30th has 23 hours, and is one day.
        (["03-07", "03-14", "03-21", "03-31"], [("03-22", "03-30")]),
        # Half past eleven in the evening in UTC is the next day there.
        (["03-07", "03-14", "03-21", "03-29 00:30"], [("03-22", "03-28")]),
    ],
    ids=["nothing", "six before", "seven before", "each week", "over the change", "at night"],
)
def test_a_week_of_which_nothing_is_heard_is_a_gap(
    when: list[str], expected: list[tuple[str, str]]
) -> None:
    entries = [item(number, day) for number, day in enumerate(when)]

    assert gaps(*entries) == expected


@pytest.mark.parametrize(
    ("plan", "more", "expected"),
    [
        ({"starts_at": at("03-20 12:00")}, {}, [("03-20", "03-31")]),
        ({"ends_at": at("03-10 00:00")}, {}, [("03-01", "03-09")]),
        ({"ends_at": at("03-10 00:01")}, {}, [("03-01", "03-10")]),
        ({"closed_at": at("03-07 18:00")}, {}, [("03-01", "03-07")]),
        ({"ends_at": None}, {}, [("03-01", "03-31")]),
        ({"starts_at": None, "opened_at": at("03-25 08:00")}, {}, [("03-25", "03-31")]),
        ({"starts_at": at("05-01 00:00"), "ends_at": None}, {}, []),
        ({}, {"today": date(2031, 3, 12)}, [("03-12", "03-31")]),
        ({}, {"wanted": UUID(int=2)}, []),
        ({}, {"thresholds": Thresholds(gap_days=32)}, []),
    ],
    ids=[
        "it begins within", "it ends at midnight", "it ends after midnight", "it was closed",
        "it has no end", "it has no beginning", "it has not begun", "what is over", "another one",
        "a longer threshold",
    ],
)  # fmt: skip
def test_a_gap_is_where_a_campaign_runs(
    plan: dict[str, Any], more: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert gaps(campaign=campaign(**plan), **more) == expected


MAY = Span(date(2031, 5, 1), date(2031, 6, 1), COPENHAGEN)


@pytest.mark.parametrize(
    ("begins_on", "ends_on", "told"),
    [
        ("04-20", "04-30", False),
        ("04-20", "05-01", True),
        ("05-01", "05-31", True),
        ("05-31", "06-07", True),
        ("06-01", "06-07", False),
        ("04-01", "06-30", True),
    ],
)
def test_what_is_found_on_one_of_its_days_touches_a_span(
    begins_on: str, ends_on: str, told: bool
) -> None:
    first, last = (date.fromisoformat(f"2031-{one}") for one in (begins_on, ends_on))
    one = Finding("gap", first, last, SPRING, (), ())

    assert findings.touching([one], MAY) == ([one] if told else [])


def test_a_span_is_widened_as_far_as_anybody_plans() -> None:
    first = Span(calendar.FIRST_DAY, date(2000, 1, 5), COPENHAGEN)
    last = Span(date(2199, 12, 1), calendar.LAST_DAY, COPENHAGEN)

    assert MAY.widened(7) == Span(date(2031, 4, 24), date(2031, 6, 8), COPENHAGEN)
    assert first.widened(7) == Span(calendar.FIRST_DAY, date(2000, 1, 12), COPENHAGEN)
    assert last.widened(7) == Span(date(2199, 11, 24), calendar.LAST_DAY, COPENHAGEN)


@pytest.mark.parametrize(
    ("thresholds", "days"),
    [
        (Thresholds(), 7),
        (Thresholds(gap_days=1, collision_hours=0), 1),
        (Thresholds(gap_days=1, collision_hours=25), 2),
    ],
)
def test_the_longer_threshold_says_how_far_one_looks(thresholds: Thresholds, days: int) -> None:
    assert thresholds.reach_days == days


@pytest.mark.parametrize(
    ("entry", "fills"),
    [
        (item(1, "03-16"), True),
        (item(1, "03-16", kind="story_live", state=None), True),
        (item(1, "03-16", kind="story_embargo", state=None), True),
        (item(1, "03-16", kind="story_expires", state=None), False),
        (item(1, "03-16", kind="campaign_starts", state=None), False),
        (item(1, "03-16", state="dropped"), False),
        (item(1, "03-16", campaign_id=UUID(int=2)), False),
        (item(1, "03-16", campaign_id=None), False),
    ],
    ids=lambda value: value.kind if isinstance(value, Entry) else None,
)
def test_what_gives_people_something_to_share_fills_a_gap(entry: Entry, fills: bool) -> None:
    whole = [("03-01", "03-31")]

    assert gaps(entry) == ([("03-01", "03-15"), ("03-17", "03-31")] if fills else whole)


@given(days=st.sets(st.integers(0, 30)), least=st.integers(1, 31))
def test_every_empty_day_is_in_a_gap_or_in_too_short_a_run(days: set[int], least: int) -> None:
    entries = [item(day, f"03-{day + 1:02}") for day in days]

    told = found(*entries, campaigns=(campaign(),), thresholds=Thresholds(gap_days=least))

    runs = [(one.begins_on.day - 1, one.ends_on.day - 1) for one in told if one.rule == "gap"]
    told_days = {day for begin, end in runs for day in range(begin, end + 1)}
    assert not told_days & days
    assert all(end - begin + 1 >= least for begin, end in runs)
    for day in set(range(31)) - days - told_days:
        before = max((one for one in days if one < day), default=-1)
        after = min((one for one in days if one > day), default=31)
        assert after - before - 1 < least


PEOPLE_OF_FYN = Audience(regions=("Fyn",))


@pytest.mark.parametrize(
    ("one", "other", "collides"),
    [
        (item(1, "03-10 08:00"), item(2, "03-10 18:00"), True),
        (item(1, "03-10"), item(2, "03-10 18:00"), True),
        (item(1, "03-10"), item(2, "03-10"), True),
        (item(1, "03-10"), item(2, "03-11"), False),
        (item(1, "03-10 22:00"), item(2, "03-11 01:59"), True),
        (item(1, "03-10 22:00"), item(2, "03-11 02:00"), False),
        # The clocks on the wall say more than has passed in March, and less in October.
        (item(1, "03-30 23:30"), item(2, "03-31 03:00"), True),
        (item(1, "03-29 23:30"), item(2, "03-30 04:00"), True),
        (item(1, "10-24 23:00"), item(2, "10-25 03:00"), False),
        (item(1, "10-25 23:00"), item(2, "10-26 02:30"), True),
        (item(1, "10-25 23:30"), item(2, "10-26 03:00"), False),
        (item(1, "03-10 08:00"), item(2, "03-10 08:00", networks=("x",)), False),
        (item(1, "03-10 08:00"), item(2, "03-10 08:00", networks=()), False),
        (item(1, "03-10 08:00"), item(2, "03-10 08:00", audience=PEOPLE_OF_FYN), False),
        (item(1, "03-10 08:00"), item(2, "03-10 08:00", state="dropped"), False),
    ],
    ids=[
        "one day", "a day and an hour of it", "two days that are one", "two days",
        "just within", "just not", "after the change", "the hour that is not there",
        "an ordinary night", "before the hour that comes twice", "over the hour that comes twice",
        "another network", "no network", "another audience", "one was dropped",
    ],
)  # fmt: skip
def test_two_items_for_the_same_people_collide(one: Entry, other: Entry, collides: bool) -> None:
    told = [finding for finding in found(one, other) if finding.rule == "collision"]

    assert [finding.item_ids for finding in told] == (
        [(one.item_id, other.item_id)] if collides else []
    )


def test_a_whole_day_does_not_part_two_that_are_hours_apart() -> None:
    late, day, early = item(1, "03-10 23:00"), item(2, "03-11"), item(3, "03-11 01:00")

    told = {finding.item_ids for finding in found(late, day, early)}

    assert told == {(late.item_id, early.item_id), (day.item_id, early.item_id)}


def test_an_audience_is_the_same_in_any_order() -> None:
    there, back = (Audience(regions=regions) for regions in (("Fyn", "Als"), ("Als", "Fyn")))

    told = found(item(1, "03-10", audience=there), item(2, "03-10", audience=back))

    assert [finding.rule for finding in told] == ["collision"]


def test_a_crowded_day_is_told_item_by_item_and_not_pair_by_pair() -> None:
    crowd = [
        item(number, f"03-10 {number:02}:00", networks=("x", "linkedin")) for number in range(24)
    ]

    told = found(*crowd)

    assert len(told) == 23
    assert {finding.networks for finding in told} == {("linkedin", "x")}


@pytest.mark.parametrize(
    ("entry", "outside"),
    [
        (item(1, "03-01 00:00"), False),
        (item(1, "02-28 23:59"), True),
        (item(1, "03-31 23:59"), False),
        (item(1, "04-01 00:00"), True),
        (item(1, "03-01"), False),
        (item(1, "02-28"), True),
        (item(1, "03-31"), False),
        (item(1, "04-01"), True),
        (item(1, "05-01", campaign_id=None), False),
        (item(1, "05-01", state="dropped"), False),
    ],
)
def test_an_item_is_planned_while_its_campaign_runs(entry: Entry, outside: bool) -> None:
    told = {finding.rule for finding in found(entry, campaigns=(campaign(),))}

    assert ("outside_campaign" in told) is outside


@pytest.mark.parametrize(
    ("when", "ends", "over"),
    [
        ("03-30 12:00", "03-30 12:00", True),
        ("03-30 12:00", "03-30 12:01", False),
        ("03-30", "03-30 00:00", True),
        ("03-30", "03-30 00:01", False),
        # The day of the change has 23 hours, so the next one begins an hour earlier.
        ("03-31", "03-30 23:59", True),
        ("03-31", "03-31 00:01", False),
    ],
)
def test_an_item_comes_before_its_story_is_over(when: str, ends: str, over: bool) -> None:
    told = {finding.rule for finding in found(item(1, when, story_expires_at=at(ends)))}

    assert ("story_expires_before" in told) is over


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2031, 3, 29, 23, 30, tzinfo=UTC), date(2031, 3, 30)),
        (datetime(2031, 3, 30, 21, 59, tzinfo=UTC), date(2031, 3, 30)),
        (datetime(2031, 3, 30, 22, 0, tzinfo=UTC), date(2031, 3, 31)),
        (datetime(2031, 10, 26, 22, 59, tzinfo=UTC), date(2031, 10, 26)),
        (datetime(2031, 10, 26, 23, 0, tzinfo=UTC), date(2031, 10, 27)),
        (datetime.max.replace(tzinfo=UTC), calendar.LAST_DAY),
        (datetime.min.replace(tzinfo=UTC), calendar.FIRST_DAY),
    ],
)
def test_which_day_it_is(instant: datetime, day: date) -> None:
    assert day_of(instant, COPENHAGEN) == day


@given(
    st.dates(calendar.FIRST_DAY + timedelta(days=1), calendar.LAST_DAY - timedelta(days=1)),
    st.sampled_from(["Europe/Copenhagen", "America/Santiago", "Asia/Beirut", "UTC"]),
)
def test_a_day_begins_on_that_day_and_a_moment_before_it_is_another(day: date, name: str) -> None:
    zone = ZoneInfo(name)

    begins = midnight(day, zone)

    assert day_of(begins, zone) == day
    assert day_of(begins - timedelta(hours=2), zone) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(), True),
        (Wanted(network="x"), True),
        (Wanted(language="da"), True),
        (Wanted(campaign_id=SPRING), True),
        (Wanted(campaign_id=UUID(int=2)), False),
        (Wanted(mine=UUID(int=7)), True),
        (Wanted(mine=UUID(int=8)), False),
    ],
)
def test_whose_days_are_wanted_of_a_calendar(wanted: Wanted, fits: bool) -> None:
    assert calendar.fits(campaign(owner_ids=(UUID(int=7),)), wanted) == fits
