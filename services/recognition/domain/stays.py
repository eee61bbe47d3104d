"""Who earns for what happened when: whoever took part at that moment, and nobody else (V1).

There is no order between topics, and what was parked may be replayed late, so news may be read
before the news that someone joined or left, and that may itself be late. What counts is when
something happened: but for a day's cap, the outcome is the same in whatever order it is read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from chassis.ids import derived_id
from services.recognition.domain.ledger import Entry, Happening, TallyKey, first_of
from services.recognition.domain.rules import Rule, Trigger

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """A person joined a program, or left it."""

    program_id: UUID
    joined: bool
    at: datetime


@dataclass(frozen=True)
class Stay:
    """A time in which a person takes part in one program or more.

    It has no beginning when only its end was heard of, and no end while it goes on.
    """

    joined_at: datetime | None
    left_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Answer whether an instant is in it; both ends are."""
        begun = self.joined_at is None or self.joined_at <= at
        return begun and (self.left_at is None or at <= self.left_at)


@dataclass(frozen=True)
class History:
    """When a person took part, and in which programs they do now."""

    stays: list[Stay]
    programs: frozenset[UUID]


def history(steps: Sequence[Step]) -> History:
    """Answer what a person's steps, in the order in which they were taken, amount to."""
    by_program: defaultdict[UUID, list[Step]] = defaultdict(list)
    for step in steps:
        by_program[step.program_id].append(step)
    found = [stay for taken in by_program.values() for stay in _in_one_program(taken)]
    current = frozenset(program for program, taken in by_program.items() if taken[-1].joined)
    return History(_merged(found), current)


def earns(at: datetime, *, shared: bool, stays: Sequence[Stay]) -> bool:
    """Answer whether a person with these stays (in their order) earns for what happened.

    Only an advocate can share, so a share earns unless its owner is known to have left before.
    Anybody can write a story, so an author must be known to have joined before.
    """
    if any(stay.holds(at) for stay in stays):
        return True
    # A window begins up to a quarter of an hour before what happened in it.
    before_all = not stays or (stays[0].joined_at is not None and at < stays[0].joined_at)
    return shared and before_all


def differ_since(before: Sequence[Stay], after: Sequence[Stay]) -> datetime | None:
    """Answer from which instant on two histories may tell different things, or None."""
    bounds = [
        {bound for stay in stays for bound in (stay.joined_at or _EVER, stay.left_at or _NEVER)}
        for stays in (before, after)
    ]
    return min(bounds[0] ^ bounds[1], default=None)


def undo(
    entries: Iterable[Entry], rules: Mapping[UUID, Rule], because: UUID
) -> list[tuple[Happening, Rule, TallyKey]]:
    """Answer what takes entries back, as corrections of the same days; each rule by itself."""
    found = []
    for (rule_id, one), units in _sums(entries):
        if units > 0:
            key = TallyKey(one.person_id, rule_id, one.day, one.subject_id)
            found.append((one.happening(because, "left", -units), rules[rule_id], key))
    return found


def again(entries: Iterable[Entry], because: UUID) -> list[Happening]:
    """Answer what happened, according to entries that are taken back: it may count once more."""
    units_of: dict[_Matter, int] = {}
    for (_, one), units in _sums(entries):
        # Several rules may have rewarded the same.
        units_of[one] = max(units, units_of.get(one, 0))
    return [one.happening(because, "again", units) for one, units in units_of.items() if units > 0]


@dataclass(frozen=True)
class _Matter:
    """What entries are about: the same thing, in the same way, at the same time."""

    person_id: UUID
    trigger: Trigger
    share_id: UUID | None
    story_id: UUID | None
    day: date
    happened_at: datetime
    lesson_id: UUID | None

    @property
    def subject_id(self) -> UUID:
        return first_of(self.share_id, self.story_id, self.lesson_id)

    def happening(self, because: UUID, word: str, units: int) -> Happening:
        # Another cause than the first one: under that, each rule has an entry already.
        at = self.happened_at.isoformat()
        return Happening(
            cause_id=derived_id(because, word, self.trigger, self.subject_id, at),
            trigger=self.trigger,
            person_id=self.person_id,
            units=units,
            share_id=self.share_id,
            story_id=self.story_id,
            happened_at=self.happened_at,
            lesson_id=self.lesson_id,
        )


def _in_one_program(steps: Sequence[Step]) -> list[Stay]:
    found: list[Stay] = []
    joined_at: datetime | None = None
    for step in steps:
        if step.joined:
            joined_at = joined_at or step.at
        elif joined_at is not None or not found:
            # If only leaving was heard of, they had joined before.
            found.append(Stay(joined_at, step.at))
            joined_at = None
    return found if joined_at is None else [*found, Stay(joined_at, None)]


def _merged(stays: Iterable[Stay]) -> list[Stay]:
    merged: list[Stay] = []
    for stay in sorted(stays, key=lambda one: one.joined_at or _EVER):
        last = merged[-1] if merged else None
        if last is None or (last.left_at or _NEVER) <= (stay.joined_at or _EVER):
            merged.append(stay)
        elif (last.left_at or _NEVER) < (stay.left_at or _NEVER):
            merged[-1] = Stay(last.joined_at, stay.left_at)
    return merged


def _sums(entries: Iterable[Entry]) -> list[tuple[tuple[UUID, _Matter], int]]:
    units: Counter[tuple[UUID, _Matter]] = Counter()
    for one in entries:
        matter = _Matter(
            person_id=one.person_id,
            trigger=one.trigger,
            share_id=one.share_id,
            story_id=one.story_id,
            day=one.day,
            happened_at=one.happened_at,
            lesson_id=one.lesson_id,
        )
        units[one.rule_id, matter] += one.units
    return list(units.items())
