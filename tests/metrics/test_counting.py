"""Rules of counting: windows, days that are not 24 hours long, and that order does not matter."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.counting import (
    Count,
    DayKey,
    Engagement,
    Share,
    TimeZoneMissing,
    day_of,
    tally_days,
    tally_windows,
    window_of,
)

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CAMPAIGN = UUID(int=200)
SHARES = {
    UUID(int=n): Share(UUID(int=n), UUID(int=100 + n % 2), CAMPAIGN if n else None, UUID(int=n))
    for n in range(3)
}

engagements = st.builds(
    Engagement,
    event_id=st.integers(0, 30).map(lambda n: UUID(int=n)),
    share_id=st.sampled_from(sorted(SHARES)),
    kind=st.sampled_from(["click", "reaction", "comment", "reshare"]),
    source=st.sampled_from(["link", "export"]),
    happened_at=st.integers(0, 4 * 24 * 60 * 60 - 1).map(
        lambda seconds: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    suspected_robot=st.booleans(),
)


@pytest.mark.parametrize(
    ("instant", "begins"),
    [
        ("2026-03-10T12:00:00+00:00", "2026-03-10T12:00:00+00:00"),
        ("2026-03-10T12:14:59.999999+00:00", "2026-03-10T12:00:00+00:00"),
        ("2026-03-10T12:15:00+00:00", "2026-03-10T12:15:00+00:00"),
        ("2026-03-10T12:44:00+05:45", "2026-03-10T06:45:00+00:00"),
    ],
)
def test_a_window_is_a_quarter_of_an_hour_in_utc(instant: str, begins: str) -> None:
    assert window_of(datetime.fromisoformat(instant)) == datetime.fromisoformat(begins)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TimeZoneMissing):
        window_of(datetime(2026, 3, 10, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # Winter: midnight in Copenhagen is 23:00 UTC; from 29 March on it is 22:00.
        ("2026-03-28T22:59:59+00:00", date(2026, 3, 28)),
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_a_day_in_copenhagen_has_23_hours_in_spring_and_25_in_autumn(
    instant: str, day: date
) -> None:
    assert day_of(datetime.fromisoformat(instant), COPENHAGEN) == day


def test_every_hour_of_the_longest_day_counts_for_that_day() -> None:
    begin = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    share = SHARES[UUID(int=1)]
    hourly = [
        Engagement(UUID(int=n), share.share_id, "click", "link", begin + timedelta(hours=n), False)
        for n in range(25)
    ]

    tally = tally_days(hourly, SHARES, COPENHAGEN)

    key: DayKey = ("share", share.share_id, date(2026, 10, 25), "click", "link")
    assert tally[key] == Count(counted=25, robots=0)


@given(st.lists(engagements, max_size=40), st.lists(st.integers(1, 7), max_size=40))
def test_any_split_with_repeats_counts_each_engagement_once(
    told: list[Engagement], sizes: list[int]
) -> None:
    distinct = {one.event_id: one for one in reversed(told)}
    seen: set[UUID] = set()
    summed: dict[object, Count] = {}
    rest = list(told)

    for size in [*sizes, len(told)]:
        batch, rest = rest[:size], rest[size:]
        # The chassis's inbox claims each id once, within a batch and across batches.
        new = list({one.event_id: one for one in reversed(batch)}.values())
        new = [one for one in new if one.event_id not in seen]
        seen |= {one.event_id for one in new}
        counted = [*tally_windows(new).items(), *tally_days(new, SHARES, COPENHAGEN).items()]
        for key, count in counted:
            before = summed.get(key, Count())
            summed[key] = Count(before.counted + count.counted, before.robots + count.robots)

    whole = list(distinct.values())
    recount = dict([*tally_windows(whole).items(), *tally_days(whole, SHARES, COPENHAGEN).items()])
    assert summed == recount


@given(st.lists(engagements, max_size=40))
def test_windows_and_days_of_shares_add_up_to_the_same(told: list[Engagement]) -> None:
    days = tally_days(told, SHARES, COPENHAGEN)

    for kind in ("share", "story", "person"):
        assert sum(c.counted for key, c in days.items() if key[0] == kind) == sum(
            count.counted for count in tally_windows(told).values()
        )
    assert sum(count.robots for count in tally_windows(told).values()) == sum(
        one.suspected_robot for one in told
    )
