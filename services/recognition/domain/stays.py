"""Who earns for what happened when: whoever took part at that moment, and nobody else (V1).

There is no order between topics, so news may be read before the news that someone joined or left.
What counts is when something happened: but for a day's cap, the outcome is the same in whatever
order it is read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from chassis.ids import derived_id
from services.recognition.domain.ledger import Entry, Happening, TallyKey
from services.recognition.domain.rules import Rule, Trigger

Standing = Literal["earns", "waits", "earns_nothing"]
"""What becomes of a happening: `waits` until its person may be heard to have joined before it."""


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


def standing(happening: Happening, stays: Sequence[Stay]) -> Standing:
    """Answer whether a person with these stays (in their order) earns for a happening.

    Only an advocate can share, so a share earns unless its owner is known to have left before.
    Anybody can write a story, so an author must be known to have joined before.
    """
    at = happening.happened_at
    shared = happening.share_id is not None
    if any(stay.holds(at) for stay in stays):
        return "earns"
    if not stays:
        return "earns" if shared else "waits"
    last, first = stays[-1], stays[0]
    if last.left_at is not None and last.left_at < at:
        return "waits"
    # A window begins up to a quarter of an hour before what happened in it.
    before_all = first.joined_at is not None and at < first.joined_at
    return "earns" if shared and before_all else "earns_nothing"


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
    """What entries are about: the same share (or story), in the same way, at the same time."""

    person_id: UUID
    trigger: Trigger
    share_id: UUID | None
    story_id: UUID
    day: date
    happened_at: datetime

    @property
    def subject_id(self) -> UUID:
        return self.share_id or self.story_id

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
        )


def _sums(entries: Iterable[Entry]) -> list[tuple[tuple[UUID, _Matter], int]]:
    units: Counter[tuple[UUID, _Matter]] = Counter()
    for one in entries:
        matter = _Matter(
            one.person_id, one.trigger, one.share_id, one.story_id, one.day, one.happened_at
        )
        units[one.rule_id, matter] += one.units
    return list(units.items())
