"""What figures may say: where a number comes from, and that unknown is not zero (M2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import UUID

from chassis.errors import Refusal
from contracts.engagement import EngagementKind
from services.metrics.domain.counting import SubjectKind
from services.metrics.domain.reports import OWN_SOURCE

KINDS: tuple[EngagementKind, ...] = get_args(EngagementKind)

DAYS_MAX = 366
"""A year at a time, leap years too."""

DAYS_DEFAULT = 30
YEARS = range(2000, 3000)
"""Days that a clock can have shown; calendars end badly."""

SHOWN_FROM = 5
"""k: fewer advocates than this are not counted in public, or the number would name them."""


class PeriodUnusable(Refusal):
    """A period begins before it ends, and has at most 366 days."""

    kind = "invalid"
    title = "Period cannot be used"


class StoryNotFound(Refusal):
    """There is no such story, or it was never published."""

    kind = "not_found"
    title = "Story not found"


class CampaignNotFound(Refusal):
    """There is no such campaign."""

    kind = "not_found"
    title = "Campaign not found"


class ShareNotFound(Refusal):
    """There is no such share, or it is not yours."""

    kind = "not_found"
    title = "Share not found"


@dataclass(frozen=True)
class Period:
    """Totals are of the days asked for, or of all time; the daily series always has an end."""

    asked_first: date | None
    asked_last: date | None
    first: date
    last: date

    def days(self) -> list[date]:
        """Answer the days of the daily series."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Reported:
    """What one source ever reported of one kind, summed over the days asked for."""

    kind: EngagementKind
    source: str
    counted: int
    robots: int
    updated_at: datetime


@dataclass(frozen=True)
class Sharing:
    """Who shared a subject: people, published posts, and how many tracked links exist."""

    advocates: int
    shares: int
    links: int


@dataclass(frozen=True)
class KindFigure:
    """A total with its sources; None when no source has ever told."""

    count: int | None
    suspected_robots: int | None
    sources: list[str]


@dataclass(frozen=True)
class Unknown:
    """A figure that is null, and why."""

    figure: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """Where the numbers come from, and which there are none of."""

    sources: list[str]
    unknown: list[Unknown]


@dataclass(frozen=True)
class DayFigures:
    """One day's numbers; None where the total is None."""

    day: date
    click: int | None
    reaction: int | None
    comment: int | None
    reshare: int | None


@dataclass(frozen=True)
class Figures:
    """All that is known of how something did."""

    subject_kind: SubjectKind
    subject_id: UUID
    from_day: date | None
    to_day: date | None
    time_zone: str
    totals: dict[EngagementKind, KindFigure]
    impressions: None
    reach: None
    advocates: int | None
    shares: int | None
    daily: list[DayFigures]
    coverage: Coverage
    updated_at: datetime | None


def period(first: date | None, last: date | None, *, today: date) -> Period:
    """Settle which days are meant; raises PeriodUnusable."""
    if any(one is not None and one.year not in YEARS for one in (first, last)):
        raise PeriodUnusable("There is nothing to tell of that year.", parameter="from")
    end = last or max(today, first or today)
    begin = first or end - timedelta(days=DAYS_DEFAULT - 1)
    if begin > end:
        raise PeriodUnusable("`from` is after `to`.", parameter="from")
    if (end - begin).days >= DAYS_MAX:
        raise PeriodUnusable(f"A period has at most {DAYS_MAX} days.", parameter="from")
    return Period(first, last, begin, end)


def figures(
    subject: tuple[SubjectKind, UUID],
    time_zone: str,
    days: Period,
    *,
    reported: Sequence[Reported],
    by_day: Mapping[tuple[date, EngagementKind], int],
    sharing: Sharing,
) -> Figures:
    """Put together what is known of a subject, and say what is not."""
    totals = {kind: _total(kind, reported, has_links=sharing.links > 0) for kind in KINDS}
    hidden = subject[0] in {"story", "campaign"} and sharing.advocates < SHOWN_FROM
    return Figures(
        subject_kind=subject[0],
        subject_id=subject[1],
        from_day=days.asked_first,
        to_day=days.asked_last,
        time_zone=time_zone,
        totals=totals,
        impressions=None,
        reach=None,
        advocates=None if hidden else sharing.advocates,
        shares=None if hidden else sharing.shares,
        daily=[_day(day, totals, by_day) for day in days.days()],
        coverage=_coverage(totals, hidden=hidden),
        updated_at=max((one.updated_at for one in reported), default=None),
    )


def _total(kind: EngagementKind, reported: Sequence[Reported], *, has_links: bool) -> KindFigure:
    own = [one for one in reported if one.kind == kind]
    sources = {one.source for one in own}
    if kind == "click" and has_links:
        # A tracked link that nobody followed is a measured nought.
        sources.add(OWN_SOURCE)
    if not sources:
        return KindFigure(None, None, [])
    return KindFigure(
        count=sum(one.counted for one in own),
        suspected_robots=sum(one.robots for one in own),
        sources=sorted(sources),
    )


def _day(
    day: date,
    totals: Mapping[EngagementKind, KindFigure],
    by_day: Mapping[tuple[date, EngagementKind], int],
) -> DayFigures:
    def of(kind: EngagementKind) -> int | None:
        return None if totals[kind].count is None else by_day.get((day, kind), 0)

    return DayFigures(day, of("click"), of("reaction"), of("comment"), of("reshare"))


def _coverage(totals: Mapping[EngagementKind, KindFigure], *, hidden: bool) -> Coverage:
    unknown = [
        Unknown("impressions", "No network has told us."),
        Unknown("reach", "No network has told us; followers are not reach."),
    ]
    unknown += [
        Unknown(kind, "No source has reported any.")
        for kind, total in totals.items()
        if total.count is None
    ]
    if hidden:
        few = f"Fewer than {SHOWN_FROM} advocates: their number is not shown."
        unknown += [Unknown("advocates", few), Unknown("shares", few)]
    sources = {source for total in totals.values() for source in total.sources}
    return Coverage(sorted(sources), unknown)
