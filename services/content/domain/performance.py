"""How stories did, as metrics tells it: what of it is shown to whom; null is not 0 (M2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, get_args
from uuid import UUID

from contracts.engagement import EngagementKind
from contracts.metrics import SharePerformed
from services.content.domain.stories import State

KINDS: tuple[EngagementKind, ...] = get_args(EngagementKind)

SHOWN_FROM = 5
"""k: the figures of fewer who shared would be those of persons (V1, design 4.6)."""

SOURCE = SharePerformed.type

COVERS = (
    "What others did with shares of this story that were published here: clicks on their tracked "
    "links, and what integrators have reported. Robots are left out. Nothing else is known."
)


class Subject(NamedTuple):
    """What a figure is of."""

    story_id: UUID
    kind: EngagementKind


@dataclass(frozen=True)
class Change:
    """By how much a figure changes, what it reaches back to, and when that was told."""

    delta: int
    since: datetime
    as_of: datetime

    def and_then(self, other: "Change") -> "Change":
        """Answer both as one. In which order they are told makes no difference."""
        return Change(
            self.delta + other.delta,
            min(self.since, other.since),
            max(self.as_of, other.as_of),
        )


@dataclass(frozen=True)
class Performance:
    """What others did with the shares of a story. A kind of which nothing was told is not there."""

    totals: Mapping[EngagementKind, int] = field(default_factory=dict)
    since: datetime | None = None
    as_of: datetime | None = None
    people: int = 0
    """How many shared it, of those with whose share somebody did something; from five on no more
    are remembered."""


@dataclass(frozen=True)
class Shown:
    """A performance as somebody may see it."""

    story_id: UUID
    performance: Performance
    suppressed: bool


@dataclass(frozen=True)
class OwnStory:
    """A story of one's own that was live, and how it did."""

    story_id: UUID
    title: str
    state: State
    performance: Performance


def tally(told: Iterable[tuple[SharePerformed, datetime]]) -> dict[Subject, Change]:
    """Add up what metrics told, each with the time at which it was."""
    changes: dict[Subject, Change] = {}
    for event, at in told:
        subject = Subject(event.story_id, event.kind)
        change = Change(event.delta, event.window_start, at)
        changes[subject] = changes[subject].and_then(change) if subject in changes else change
    return changes


def shown(story_id: UUID, performance: Performance, *, to_author: bool) -> Shown:
    """Answer what somebody sees of a performance: the author all, others from five people on.

    Whether nobody shared it or some did looks the same to others.
    """
    if to_author or performance.people >= SHOWN_FROM:
        return Shown(story_id, performance, suppressed=False)
    return Shown(story_id, Performance(), suppressed=True)
