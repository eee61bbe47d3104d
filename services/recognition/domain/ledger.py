"""How points are booked: each cause once, within the day's cap, and never taken back twice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Refusal
from chassis.ids import derived_id
from contracts.content import LessonCompleted, StoryPublished
from contracts.metrics import SharePerformed
from contracts.sharing import SharePublished
from services.recognition.domain.rules import Rule, Trigger

UNITS_MAX = 1_000_000
"""In one piece of news: a quarter of an hour with more is a fault of whoever counts."""


class NewsUnbelievable(Refusal):
    """News with more than a million happenings, or at no certain time, is not booked."""

    kind = "invalid"
    title = "News cannot be believed"


class SpanUpsideDown(Refusal):
    """A span of time must begin before it ends."""

    kind = "invalid"
    title = "Span ends before it begins"


@dataclass(frozen=True)
class Happening:
    """Something that happened `units` times; negative units correct what was told before.

    `happened_at` decides the day it counts for: of a correction, the day that is corrected.
    """

    cause_id: UUID
    trigger: Trigger
    person_id: UUID
    units: int
    share_id: UUID | None
    story_id: UUID | None
    happened_at: datetime
    lesson_id: UUID | None = None

    @property
    def subject_id(self) -> UUID:
        """Answer what it happened to."""
        return first_of(self.share_id, self.story_id, self.lesson_id)


@dataclass(frozen=True)
class Entry:
    """One line of the ledger; negative points take an award back."""

    entry_id: UUID
    person_id: UUID
    points: int
    units: int
    cut: bool
    rule_id: UUID
    rule_name: str
    trigger: Trigger
    cause_id: UUID
    share_id: UUID | None
    story_id: UUID | None
    day: date
    happened_at: datetime
    lesson_id: UUID | None = None

    @property
    def cause(self) -> str:
        """Answer in words what the points were for."""
        return describe(self.trigger, self.units, cut=self.cut)


class TallyKey(NamedTuple):
    """Whose tally it is: a person's, for one rule, day and share (or story)."""

    person_id: UUID
    rule_id: UUID
    day: date
    subject_id: UUID


@dataclass(frozen=True)
class Tally:
    """What is known of a key: how often it happened, worth how much, and how much was given.

    `awarded` is `earned` without what the day's cap cut off.
    """

    units: int = 0
    earned: int = 0
    awarded: int = 0


@dataclass(frozen=True)
class Booking:
    """The new entries, and the tallies as they are after them."""

    entries: list[Entry]
    tallies: dict[TallyKey, Tally]


def of_performance(event: SharePerformed, cause_id: UUID) -> Happening:
    """Answer what metrics says that others did with a share; raises NewsUnbelievable."""
    if abs(event.delta) > UNITS_MAX:
        raise NewsUnbelievable(f"A quarter of an hour changed by more than {UNITS_MAX}.")
    if event.window_start.tzinfo is None:
        raise NewsUnbelievable("The window's start has no time zone.")
    return Happening(
        cause_id=cause_id,
        trigger=event.kind,
        person_id=event.person_id,
        units=event.delta,
        share_id=event.share_id,
        story_id=event.story_id,
        happened_at=event.window_start,
    )


def of_share(event: SharePublished, cause_id: UUID, at: datetime) -> Happening:
    """Answer that an advocate shared; call it for shares in own words (S2)."""
    return Happening(
        cause_id=cause_id,
        trigger="own_words",
        person_id=event.person_id,
        units=1,
        share_id=event.share_id,
        story_id=event.story_id,
        happened_at=at,
    )


def of_story(event: StoryPublished, cause_id: UUID, at: datetime) -> Happening:
    """Answer that somebody's story went live for the first time (C2)."""
    return Happening(
        cause_id=cause_id,
        trigger="story_written",
        person_id=event.author_id,
        units=1,
        share_id=None,
        story_id=event.story_id,
        happened_at=at,
    )


def of_lesson(event: LessonCompleted, cause_id: UUID, at: datetime) -> Happening:
    """Answer that somebody completed a lesson, which is told once for each (C6)."""
    return Happening(
        cause_id=cause_id,
        trigger="lesson_completed",
        person_id=event.person_id,
        units=1,
        share_id=None,
        story_id=None,
        happened_at=at,
        lesson_id=event.lesson_id,
    )


def first_of(share_id: UUID | None, story_id: UUID | None, lesson_id: UUID | None) -> UUID:
    """Answer what something happened to: the share, else the story, else the lesson."""
    subject_id = share_id or story_id or lesson_id
    assert subject_id is not None
    return subject_id


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Answer the day that an instant is in, in the tenant's time zone (design 10.13)."""
    return at.astimezone(zone).date()


def month_of(day: date) -> date:
    """Answer the first day of a day's month."""
    return day.replace(day=1)


def check_span(begins: datetime | None, ends: datetime | None) -> None:
    """Refuse a span that ends before it begins; an open end is fine."""
    if begins is not None and ends is not None and ends < begins:
        raise SpanUpsideDown("`to` is before `from`.", parameter="to")


def matches(
    happenings: Iterable[Happening], rules: Sequence[Rule], zone: ZoneInfo
) -> list[tuple[Happening, Rule, TallyKey]]:
    """Answer which rules each happening is held against, and in which tally.

    A rule that is switched off gives nothing, but what it gave can still be corrected.
    """
    found = []
    for happening in happenings:
        day = day_of(happening.happened_at, zone)
        for rule in rules:
            if rule.trigger == happening.trigger and (rule.active or happening.units < 0):
                key = TallyKey(happening.person_id, rule.rule_id, day, happening.subject_id)
                found.append((happening, rule, key))
    return found


def book(
    matched: Iterable[tuple[Happening, Rule, TallyKey]],
    tallies: Mapping[TallyKey, Tally],
    booked: Set[tuple[UUID, UUID]],
) -> Booking:
    """Book happenings in order. `booked` holds each (rule, cause) that has an entry already.

    `tallies` must hold every tally of each person, rule and day concerned: the cap is theirs.
    """
    changed: dict[TallyKey, Tally] = {}
    spent: Counter[tuple[UUID, UUID, date]] = Counter()
    for key, tally in tallies.items():
        spent[key[:3]] += tally.awarded
    seen = set(booked)
    entries: list[Entry] = []
    for happening, rule, key in matched:
        if (rule.rule_id, happening.cause_id) in seen:
            continue
        seen.add((rule.rule_id, happening.cause_id))
        before = changed.get(key) or tallies.get(key) or Tally()
        after, cut = settle(rule, happening.units, before, spent=spent[key[:3]])
        changed[key] = after
        points = after.awarded - before.awarded
        spent[key[:3]] += points
        if points:
            entries.append(_entry(happening, rule, key.day, points, cut=cut))
    return Booking(entries, changed)


def settle(rule: Rule, units: int, tally: Tally, *, spent: int) -> tuple[Tally, bool]:
    """Answer a tally after `units` more (or fewer), and whether the day's cap cut the points.

    `spent` is what the rule has given the person that day. A correction takes back at the price
    that was given, and only what is not covered by what remains: never more than was awarded.
    """
    if units > 0:
        worth = units * rule.points
        given = worth if rule.daily_points_max is None else min(worth, _room(rule, spent))
        after = Tally(tally.units + units, tally.earned + worth, tally.awarded + given)
        return after, given < worth
    gone = min(-units, tally.units)
    if gone == 0:
        return tally, False
    earned = tally.earned - tally.earned * gone // tally.units
    return Tally(tally.units - gone, earned, min(tally.awarded, earned)), False


def describe(trigger: Trigger, units: int, *, cut: bool) -> str:
    """Answer in words what an entry is for, such as `3 clicks on your share`."""
    if trigger == "own_words":
        words = "You shared in your own words"
    elif trigger == "story_written":
        words = "A story that you wrote was published"
    elif trigger == "lesson_completed":
        words = "You completed a lesson"
    else:
        count = abs(units)
        words = f"{count} {trigger if count == 1 else trigger + 's'} on your share"
    if units < 0:
        return f"{words}: taken back, the count was corrected or you had left"
    return f"{words}: up to the day's maximum" if cut else words


def _room(rule: Rule, spent: int) -> int:
    assert rule.daily_points_max is not None
    # A cap that was lowered during the day gives nothing more, and takes nothing back.
    return max(0, rule.daily_points_max - spent)


def _entry(happening: Happening, rule: Rule, day: date, points: int, *, cut: bool) -> Entry:
    return Entry(
        # The same cause under the same rule is the same entry, whoever books it.
        entry_id=derived_id(rule.rule_id, happening.cause_id),
        person_id=happening.person_id,
        points=points,
        units=happening.units,
        cut=cut,
        rule_id=rule.rule_id,
        rule_name=rule.name,
        trigger=rule.trigger,
        cause_id=happening.cause_id,
        share_id=happening.share_id,
        story_id=happening.story_id,
        day=day,
        happened_at=happening.happened_at,
        lesson_id=happening.lesson_id,
    )
