"""How points are booked: each cause once, within the day's cap; no database needed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import derived_id
from services.recognition.domain.ledger import (
    Entry,
    Happening,
    SpanUpsideDown,
    Tally,
    TallyKey,
    book,
    check_span,
    describe,
    first_of,
    matches,
    settle,
)
from services.recognition.domain.rules import Rule, Trigger

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
NAMES = UUID("01890000-0000-7000-8000-0000000000dd")

CLICK = Rule(derived_id(NAMES, "click"), "click", "Clicks", points=2, daily_points_max=10)
COMMENT = Rule(derived_id(NAMES, "comment"), "comment", "Comments", 5, None)


def happening(
    cause: object,
    units: int = 1,
    *,
    person: str = "ana",
    share: str = "share",
    trigger: Trigger = "click",
    at: datetime = NOON,
) -> Happening:
    return Happening(
        cause_id=derived_id(NAMES, "cause", cause),
        trigger=trigger,
        person_id=derived_id(NAMES, person),
        units=units,
        share_id=derived_id(NAMES, share),
        story_id=NAMES,
        happened_at=at,
    )


class Book:
    """A ledger in memory: what the store keeps between one batch and the next."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.tallies: dict[TallyKey, Tally] = {}
        self.entries: list[Entry] = []

    def take(self, *happenings: Happening) -> list[Entry]:
        booked = {(entry.rule_id, entry.cause_id) for entry in self.entries}
        matched = matches(happenings, self.rules, COPENHAGEN)
        booking = book(matched, self.tallies, booked)
        self.tallies |= booking.tallies
        self.entries += booking.entries
        return booking.entries

    def points(self) -> int:
        return sum(entry.points for entry in self.entries)


def test_each_unit_is_worth_the_rules_points() -> None:
    entries = Book(CLICK).take(happening("a", 3))

    assert [(entry.points, entry.cause) for entry in entries] == [(6, "3 clicks on your share")]


def test_a_cause_is_booked_once_however_often_it_is_told() -> None:
    book = Book(CLICK)

    book.take(happening("a"), happening("a"))
    book.take(happening("a"))

    assert [entry.points for entry in book.entries] == [2]


def test_two_rules_on_one_trigger_both_reward_it() -> None:
    book = Book(CLICK, replace(CLICK, rule_id=NAMES, points=1))

    book.take(happening("a"))

    assert sorted(entry.points for entry in book.entries) == [1, 2]


def test_what_exceeds_the_days_cap_is_cut_and_then_nothing_is_booked() -> None:
    book = Book(CLICK)

    first = book.take(happening("a", 4), happening("b", 4, share="other"))
    later = book.take(happening("c", 1))

    assert [(entry.points, entry.cut) for entry in first] == [(8, False), (2, True)]
    assert first[1].cause.endswith("up to the day's maximum")
    assert later == []


def test_the_cap_is_a_persons_own() -> None:
    book = Book(CLICK)

    book.take(happening("a", 9), happening("b", 9, person="bo"))

    assert [entry.points for entry in book.entries] == [10, 10]


# 2026: summer time begins on 29 March (a day of 23 hours) and ends on 25 October (25 hours).
@pytest.mark.parametrize(
    ("first", "second", "same_day"),
    [
        ("2026-03-28T23:00+00:00", "2026-03-29T21:59+00:00", True),
        ("2026-03-28T22:59+00:00", "2026-03-28T23:00+00:00", False),
        ("2026-03-29T21:59+00:00", "2026-03-29T22:00+00:00", False),
        ("2026-10-24T22:00+00:00", "2026-10-25T22:59+00:00", True),
        ("2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00", True),
        ("2026-10-25T22:59+00:00", "2026-10-25T23:00+00:00", False),
    ],
)
def test_the_cap_counts_the_tenants_days_when_clocks_change(
    first: str, second: str, *, same_day: bool
) -> None:
    book = Book(CLICK)

    book.take(happening("a", 5, at=datetime.fromisoformat(first)))
    book.take(happening("b", 5, at=datetime.fromisoformat(second)))

    assert book.points() == (10 if same_day else 20)


def test_a_correction_takes_back_what_was_given() -> None:
    book = Book(CLICK)
    book.take(happening("a", 3))

    entries = book.take(happening("b", -2))

    assert [entry.points for entry in entries] == [-4]
    cause = "2 clicks on your share: taken back, the count was corrected or you had left"
    assert entries[0].cause == cause


def test_a_correction_never_takes_more_than_was_given_for_that_share_and_kind() -> None:
    book = Book(CLICK, COMMENT)
    book.take(happening("a", 1), happening("b", 3, share="other"))
    book.take(happening("c", 1, trigger="comment"))

    entries = book.take(happening("d", -9))

    assert [entry.points for entry in entries] == [-2]


def test_a_correction_of_what_the_cap_had_cut_off_costs_nothing() -> None:
    book = Book(CLICK)
    book.take(happening("a", 100))

    assert book.take(happening("b", -60)) == []
    assert [entry.points for entry in book.take(happening("c", -38))] == [-6]


def test_a_correction_makes_room_below_the_cap_again() -> None:
    book = Book(CLICK)
    book.take(happening("a", 5))
    book.take(happening("b", -5))

    assert [entry.points for entry in book.take(happening("c", 5, share="other"))] == [10]


def test_a_correction_takes_back_at_the_price_that_was_given() -> None:
    book = Book(CLICK)
    book.take(happening("a", 2))
    book.rules = (replace(CLICK, points=500),)

    assert [entry.points for entry in book.take(happening("b", -1))] == [-2]


def test_a_rule_that_is_off_gives_nothing_but_still_corrects() -> None:
    book = Book(CLICK)
    book.take(happening("a", 2))
    book.rules = (replace(CLICK, active=False),)

    assert book.take(happening("b", 2)) == []
    assert [entry.points for entry in book.take(happening("c", -2))] == [-4]


def test_a_cap_that_was_lowered_during_the_day_takes_nothing_back() -> None:
    book = Book(CLICK)
    book.take(happening("a", 5))
    book.rules = (replace(CLICK, daily_points_max=3),)

    assert book.take(happening("b", 1)) == []


HAPPENINGS = st.builds(
    happening,
    st.integers(0, 30),
    st.integers(-6, 6).filter(bool),
    person=st.sampled_from(["ana", "bo"]),
    share=st.sampled_from(["one", "two"]),
    trigger=st.sampled_from(["click", "comment"]),
    at=st.sampled_from([NOON, NOON.replace(day=7)]),
)


@given(st.lists(HAPPENINGS, max_size=40), st.randoms(use_true_random=False))
def test_ledger_and_tallies_agree_whatever_comes_in_whatever_order(
    told: list[Happening], chance: object
) -> None:
    book = Book(CLICK, COMMENT)

    for batch in _batches(told, chance):
        book.take(*batch)

    by_key: Counter[TallyKey] = Counter()
    by_day: Counter[tuple[UUID, UUID, date]] = Counter()
    for entry in book.entries:
        subject = first_of(entry.share_id, entry.story_id, entry.lesson_id)
        by_key[TallyKey(entry.person_id, entry.rule_id, entry.day, subject)] += entry.points
        by_day[entry.person_id, entry.rule_id, entry.day] += entry.points
    assert {key: tally.awarded for key, tally in book.tallies.items() if tally.awarded} == {
        key: points for key, points in by_key.items() if points
    }
    assert all(0 <= one.awarded <= one.earned and one.units >= 0 for one in book.tallies.values())
    assert all(points <= 10 for (_, rule, _), points in by_day.items() if rule == CLICK.rule_id)
    causes = [(entry.rule_id, entry.cause_id) for entry in book.entries]
    assert len(causes) == len(set(causes))


def _batches(told: Sequence[Happening], chance: object) -> list[list[Happening]]:
    """Tell everything twice, shuffled, in batches of any size."""
    twice = [*told, *told]
    chance.shuffle(twice)  # type: ignore[attr-defined]
    size = chance.randint(1, 9)  # type: ignore[attr-defined]
    return [twice[start : start + size] for start in range(0, len(twice), size)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_correcting_everything_leaves_nothing(deltas: list[int]) -> None:
    tally = Tally()
    for points, delta in enumerate(deltas, start=1):
        tally, _ = settle(replace(CLICK, points=points), delta, tally, spent=tally.awarded)

    for delta in deltas:
        tally, _ = settle(CLICK, -delta, tally, spent=tally.awarded)

    assert tally == Tally()


@pytest.mark.parametrize(
    ("trigger", "units", "words"),
    [
        ("click", 1, "1 click on your share"),
        ("reshare", 2, "2 reshares on your share"),
        ("own_words", 1, "You shared in your own words"),
        ("story_written", 1, "A story that you wrote was published"),
        ("lesson_completed", 1, "You completed a lesson"),
    ],
)
def test_every_entry_says_its_cause_in_words(trigger: Trigger, units: int, words: str) -> None:
    assert describe(trigger, units, cut=False) == words


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SpanUpsideDown):
        check_span(NOON, NOON.replace(day=5))
