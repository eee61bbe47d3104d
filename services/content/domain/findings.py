"""What a look at the calendar finds: gaps and collisions, which are told and stop nobody."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from math import ceil
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.content.domain.calendar import Entry, Span, day_of, in_order, midnight
from services.content.domain.campaigns import Campaign

FindingRule = Literal["gap", "collision", "outside_campaign", "story_expires_before"]

GAP_DAYS_DEFAULT = 7
"""A running campaign of which nothing is heard for a week is forgotten."""

COLLISION_HOURS_DEFAULT = 4
"""Two stories to the same people on one network within half a working day compete."""

_FILLS = frozenset({"item", "story_embargo", "story_live"})
"""What gives people something to share."""


@dataclass(frozen=True)
class Thresholds:
    """From how many empty days on there is a gap, and within how many hours a collision."""

    gap_days: int = GAP_DAYS_DEFAULT
    collision_hours: int = COLLISION_HOURS_DEFAULT

    @property
    def reach_days(self) -> int:
        """Answer how many days around a span decide on what is found at its edges."""
        return max(self.gap_days, ceil(self.collision_hours / 24))


@dataclass(frozen=True)
class Finding:
    """What was found by which rule, on which days (both included), about which items."""

    rule: FindingRule
    begins_on: date
    ends_on: date
    campaign_id: UUID | None
    item_ids: tuple[UUID, ...]
    networks: tuple[str, ...]


def find_all(
    entries: Sequence[Entry],
    campaigns: Iterable[Campaign],
    span: Span,
    thresholds: Thresholds,
    *,
    today: date,
    wanted: UUID | None = None,
) -> list[Finding]:
    """Find all that there is to be told, in the order of days.

    `wanted` is the one campaign that is looked at, or None. A gap that is over cannot be filled.
    """
    known = {campaign.campaign_id: campaign for campaign in campaigns}
    items = [one for one in entries if one.kind == "item" and one.state != "dropped"]
    found = [*_collisions(items, span.zone, thresholds.collision_hours)]
    for item in items:
        found += _of_item(item, known, span.zone)
    for campaign in known.values():
        if wanted in {None, campaign.campaign_id}:
            filled = _filled(entries, campaign.campaign_id)
            found += _gaps(campaign, filled, span, thresholds.gap_days, today)
    return sorted(found, key=lambda one: (one.begins_on, one.rule, one.ends_on, str(one)))


def touching(found: Iterable[Finding], span: Span) -> list[Finding]:
    """Answer what was found on any of the days of a span."""
    return [one for one in found if one.begins_on < span.end and one.ends_on >= span.begin]


def _filled(entries: Iterable[Entry], campaign_id: UUID) -> set[date]:
    return {
        entry.on
        for entry in entries
        if entry.campaign_id == campaign_id and entry.kind in _FILLS and entry.state != "dropped"
    }


def _gaps(
    campaign: Campaign, filled: set[date], span: Span, days_min: int, today: date
) -> Iterator[Finding]:
    """Answer each run of empty days in the time that a campaign runs, as far as one looks."""
    first = day_of(campaign.starts_at or campaign.opened_at, span.zone)
    last = span.end - timedelta(days=1)
    if campaign.over_at is not None:
        # Over at midnight, it has nothing of the day that begins then.
        last = min(last, day_of(campaign.over_at - timedelta(microseconds=1), span.zone))
    begin = max(first, span.begin, today)
    days = [begin + timedelta(days=number) for number in range((last - begin).days + 1)]
    for is_filled, run in groupby(days, filled.__contains__):
        empty = list(run)
        if not is_filled and len(empty) >= days_min:
            yield Finding("gap", empty[0], empty[-1], campaign.campaign_id, (), ())


def _collisions(items: Iterable[Entry], zone: ZoneInfo, hours: int) -> Iterator[Finding]:
    """Answer each item that comes too near to the next for the same people on the same network."""
    lanes: dict[tuple[str, object], list[Entry]] = {}
    for item in sorted(items, key=in_order):
        for network in item.networks:
            lanes.setdefault((network, _people_of(item)), []).append(item)
    shared: dict[tuple[UUID, UUID], list[str]] = {}
    pairs: dict[tuple[UUID, UUID], tuple[Entry, Entry]] = {}
    for (network, _audience), lane in lanes.items():
        timed = [one for one in lane if one.at is not None]
        # A whole day stands before the hours of it, and would part two that are hours apart.
        for earlier, later in {*pairwise(lane), *pairwise(timed)}:
            if _is_near(earlier, later, timedelta(hours=hours)):
                assert earlier.item_id is not None
                assert later.item_id is not None
                pair = (earlier.item_id, later.item_id)
                shared.setdefault(pair, []).append(network)
                pairs[pair] = (earlier, later)
    for pair, (earlier, later) in pairs.items():
        campaign_id = earlier.campaign_id if earlier.campaign_id == later.campaign_id else None
        networks = tuple(sorted(shared[pair]))
        yield Finding("collision", earlier.on, later.on, campaign_id, pair, networks)


def _people_of(item: Entry) -> object:
    """Answer for whom an item is, in whatever order its audience says so."""
    audience = item.audience
    return audience and tuple(frozenset(getattr(audience, one.name)) for one in fields(audience))


def _is_near(earlier: Entry, later: Entry, apart: timedelta) -> bool:
    if earlier.on == later.on:
        return True
    return earlier.at is not None and later.at is not None and later.at - earlier.at < apart


def _of_item(item: Entry, known: dict[UUID, Campaign], zone: ZoneInfo) -> Iterator[Finding]:
    assert item.item_id is not None
    about = (item.on, item.on, item.campaign_id, (item.item_id,), item.networks)
    campaign = known.get(item.campaign_id) if item.campaign_id else None
    if campaign is not None and _is_outside(item, campaign, zone):
        yield Finding("outside_campaign", *about)
    if item.story_expires_at is not None and item.story_expires_at <= _begins_at(item, zone):
        yield Finding("story_expires_before", *about)


def _is_outside(item: Entry, campaign: Campaign, zone: ZoneInfo) -> bool:
    starts_at, over_at = campaign.starts_at, campaign.over_at
    if item.at is not None:
        early = starts_at is not None and item.at < starts_at
        return early or (over_at is not None and item.at >= over_at)
    # A whole day is within as long as any of it is.
    early = starts_at is not None and item.on < day_of(starts_at, zone)
    return early or (over_at is not None and midnight(item.on, zone) >= over_at)


def _begins_at(item: Entry, zone: ZoneInfo) -> datetime:
    return item.at or midnight(item.on, zone)
