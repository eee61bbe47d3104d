"""Counting: quarters of an hour in UTC, days in the tenant's zone, robots apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from contracts.engagement import EngagementKind
from contracts.metrics import SharePerformed

WINDOW = timedelta(minutes=SharePerformed.WINDOW_MINUTES)

SubjectKind = Literal["share", "story", "campaign", "person"]
"""What figures are about."""

WindowKey = tuple[UUID, EngagementKind, datetime]
"""Share, kind, and the instant at which the quarter of an hour begins."""

DayKey = tuple[SubjectKind, UUID, date, EngagementKind, str]
"""Subject, day, kind, and the source of the number (M2)."""


class TimeZoneMissing(Refusal):
    """An instant without a zone cannot be put in any window."""

    kind = "invalid"
    title = "Time has no zone"


@dataclass(frozen=True)
class Share:
    """Whose share of what it is: where its engagement counts."""

    share_id: UUID
    story_id: UUID
    campaign_id: UUID | None
    person_id: UUID


@dataclass(frozen=True)
class Engagement:
    """One thing that somebody did with a share. `event_id` makes it exist once."""

    event_id: UUID
    share_id: UUID
    kind: EngagementKind
    source: str
    happened_at: datetime
    suspected_robot: bool


@dataclass
class Count:
    """How often: by people, and, told apart, by what looks like a robot."""

    counted: int = 0
    robots: int = 0

    def add(self, engagement: Engagement) -> None:
        """Count one."""
        if engagement.suspected_robot:
            self.robots += 1
        else:
            self.counted += 1


def window_of(instant: datetime) -> datetime:
    """Answer when the instant's quarter of an hour began, in UTC; raises TimeZoneMissing."""
    if instant.tzinfo is None:
        raise TimeZoneMissing("An engagement happened at an instant: with its zone.")
    at = instant.astimezone(UTC)
    return at.replace(
        minute=at.minute - at.minute % SharePerformed.WINDOW_MINUTES, second=0, microsecond=0
    )


def day_of(instant: datetime, zone: tzinfo) -> date:
    """Answer the calendar day of an instant in a zone; it may have 23 or 25 hours."""
    return instant.astimezone(zone).date()


def tally_windows(engagements: Iterable[Engagement]) -> dict[WindowKey, Count]:
    """Count per share, kind and window."""
    tally: dict[WindowKey, Count] = {}
    for one in engagements:
        key = (one.share_id, one.kind, window_of(one.happened_at))
        tally.setdefault(key, Count()).add(one)
    return tally


def tally_days(
    engagements: Iterable[Engagement], shares: Mapping[UUID, Share], zone: tzinfo
) -> dict[DayKey, Count]:
    """Count per day of the zone, for the share and for everything that it belongs to."""
    tally: dict[DayKey, Count] = {}
    for one in engagements:
        day = day_of(one.happened_at, zone)
        for subject_kind, subject_id in _subjects_of(shares[one.share_id]):
            key = (subject_kind, subject_id, day, one.kind, one.source)
            tally.setdefault(key, Count()).add(one)
    return tally


def _subjects_of(share: Share) -> list[tuple[SubjectKind, UUID]]:
    subjects: list[tuple[SubjectKind, UUID]] = [
        ("share", share.share_id),
        ("story", share.story_id),
        ("person", share.person_id),
    ]
    if share.campaign_id is not None:
        subjects.append(("campaign", share.campaign_id))
    return subjects
