"""The editorial calendar: what is planned, beside what stands in stories and campaigns (C2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Refusal
from services.content.domain.campaigns import Campaign
from services.content.domain.stories import Actor
from services.content.domain.texts import Audience

ItemState = Literal["planned", "linked", "dropped"]
EntryKind = Literal[
    "item", "story_embargo", "story_live", "story_expires", "campaign_starts", "campaign_ends"
]

PLANNERS = frozenset({"author", "program_manager", "admin"})
"""The roles that plan."""

READERS = PLANNERS | {"reviewer"}
"""They see all that is planned; others what they take part in, carry or own."""

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Nobody plans beyond, and every zone can say what day it is within."""

SPAN_DAYS_DEFAULT = 31

SPAN_DAYS_MAX = 100
"""A quarter, with a week on either side."""


class ItemNotFound(Refusal):
    """There is no such plan item in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Plan item not found"


class NotYoursToPlan(Refusal):
    """Planning is for authors, program managers, admins, and owners in their own campaigns.

    Whoever is responsible for an item may change it, too.
    """

    kind = "forbidden"
    title = "Not yours to plan"


class WhenUnclear(Refusal):
    """An item is planned for an instant, or for a whole day: one of the two."""

    kind = "invalid"
    title = "Neither or both of instant and day"


class NetworkRepeated(Refusal):
    """A network is named once."""

    kind = "invalid"
    title = "Network is named twice"


class ResponsibleUnknown(Refusal):
    """Whoever is responsible is an active person of your tenant."""

    kind = "invalid"
    title = "Person is unknown"


class ItemDropped(Refusal):
    """What was dropped is not planned any more: plan it anew."""

    kind = "conflict"
    title = "Plan item was dropped"


class SpanUnusable(Refusal):
    """A calendar is asked from a day until a later one, for a quarter or so at once."""

    kind = "invalid"
    title = "Span cannot be used"


class CalendarTooFull(Refusal):
    """There is more in this span than one answer holds: ask for fewer days."""

    kind = "invalid"
    title = "Too much in this span"


@dataclass(frozen=True)
class PlanItem:
    """Something that is planned: for an instant, or for a whole day in the tenant's zone."""

    item_id: UUID
    title: str
    campaign_id: UUID | None
    planned_at: datetime | None
    planned_on: date | None
    networks: tuple[str, ...]
    language: str | None
    audience: Audience
    responsible_id: UUID | None
    story_id: UUID | None
    created_by: UUID
    created_at: datetime
    changed_at: datetime
    revision: int
    dropped_at: datetime | None

    @property
    def state(self) -> ItemState:
        """Answer whether it still is planned, and has a story."""
        if self.dropped_at is not None:
            return "dropped"
        return "planned" if self.story_id is None else "linked"


@dataclass(frozen=True)
class Entry:
    """One line of the calendar, on a day in the tenant's zone, and at an instant if it has one."""

    kind: EntryKind
    title: str
    on: date
    at: datetime | None
    campaign_id: UUID | None
    story_id: UUID | None
    item_id: UUID | None
    networks: tuple[str, ...]
    languages: tuple[str, ...]
    person_ids: frozenset[UUID]
    state: ItemState | None
    revision: int
    changed_at: datetime
    audience: Audience | None = None
    story_expires_at: datetime | None = None


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see of a calendar; None is all."""

    campaign_id: UUID | None = None
    network: str | None = None
    language: str | None = None
    mine: UUID | None = None


@dataclass(frozen=True)
class Span:
    """Days in a zone: the first is included, the last is not."""

    begin: date
    end: date
    zone: ZoneInfo

    def widened(self, days: int) -> "Span":
        """Answer the span with so many days more on either side, as far as anybody plans."""
        more = timedelta(days=days)
        return Span(max(self.begin - more, FIRST_DAY), min(self.end + more, LAST_DAY), self.zone)

    @property
    def begins_at(self) -> datetime:
        """Answer the instant at which the first day begins."""
        return midnight(self.begin, self.zone)

    @property
    def ends_at(self) -> datetime:
        """Answer the instant at which the last day is over."""
        return midnight(self.end, self.zone)


def span(begin: date | None, end: date | None, zone: ZoneInfo, *, today: date) -> Span:
    """Make a span of days that can be asked for; if nothing is said, of a month from today on."""
    begin = begin or today
    end = end or begin + timedelta(days=SPAN_DAYS_DEFAULT)
    if not FIRST_DAY <= begin < end <= LAST_DAY:
        raise SpanUnusable("Ask from a day until a later one.", parameter="until")
    if (end - begin).days > SPAN_DAYS_MAX:
        raise SpanUnusable(f"Ask for at most {SPAN_DAYS_MAX} days.", parameter="until")
    return Span(begin, end, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Answer the instant at which a day begins there, whatever its clocks do that night."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Answer which day it is there at an instant; what lies beyond all plans is cut off."""
    day = at.astimezone(UTC).date()
    if not FIRST_DAY <= day <= LAST_DAY:
        return min(max(day, FIRST_DAY), LAST_DAY)
    return at.astimezone(zone).date()


def plan(fields: Mapping[str, Any], item_id: UUID, actor: Actor, *, at: datetime) -> PlanItem:
    """Plan something."""
    return _composed(
        {
            **fields,
            "item_id": item_id,
            "created_by": actor.person_id,
            "created_at": at,
            "changed_at": at,
            "revision": 0,
            "dropped_at": None,
        }
    )


def change(item: PlanItem, changes: Mapping[str, Any], *, at: datetime) -> PlanItem:
    """Put other values in the place of some; if nothing is another, the item comes back.

    Naming an instant takes the day away, or back.
    """
    check_planned(item)
    when = {"planned_at", "planned_on"} & {name for name, value in changes.items() if value}
    cleared = dict.fromkeys({"planned_at", "planned_on"} - when) if when else {}
    changed = _composed({**asdict(item), **cleared, **changes})
    if changed == item:
        return item
    return replace(changed, changed_at=at, revision=item.revision + 1)


def drop(item: PlanItem, *, at: datetime) -> PlanItem:
    """Give a plan up. Doing so twice is the same as once: the item itself comes back."""
    if item.dropped_at is not None:
        return item
    return replace(item, dropped_at=at, changed_at=at, revision=item.revision + 1)


def check_may_plan(actor: Actor, campaign: Campaign | None, item: PlanItem | None = None) -> None:
    """Check that somebody may plan in a campaign, or in none, or change an item there is."""
    owns = campaign is not None and actor.person_id in campaign.owner_ids
    carries = item is not None and item.responsible_id == actor.person_id
    if not (owns or carries or actor.roles & PLANNERS):
        raise NotYoursToPlan("This is for those who plan.")


def fits(campaign: Campaign, wanted: Wanted) -> bool:
    """Answer whether a campaign's own days are wanted: they concern every network and language."""
    return (wanted.campaign_id in {None, campaign.campaign_id}) and (
        wanted.mine is None or wanted.mine in campaign.owner_ids
    )


def in_order(entry: Entry) -> tuple[date, bool, datetime, str, str]:
    """Answer where an entry stands: by day, whole days first, then by instant."""
    whole = entry.at is None
    at = entry.at or datetime.min.replace(tzinfo=UTC)
    return (entry.on, not whole, at, entry.kind, str(entry.item_id or entry.story_id))


def feed_span(now: datetime, zone: ZoneInfo) -> Span:
    """Answer the days that a feed holds: a month back, and a year ahead."""
    today = day_of(now, zone)
    return Span(today - timedelta(days=31), today + timedelta(days=366), zone)


def check_planned(item: PlanItem) -> None:
    """Check that an item was not dropped."""
    if item.dropped_at is not None:
        raise ItemDropped("It was dropped.", dropped_at=item.dropped_at.isoformat())


def _composed(fields: Mapping[str, Any]) -> PlanItem:
    networks = tuple(fields["networks"])
    audience = {name: tuple(entries) for name, entries in fields["audience"].items()}
    item = PlanItem(**{**fields, "networks": networks, "audience": Audience(**audience)})
    if (item.planned_at is None) == (item.planned_on is None):
        raise WhenUnclear("Say planned_at or planned_on.", field="/planned_at")
    if len(set(networks)) < len(networks):
        raise NetworkRepeated("Name each network once.", field="/networks")
    return item
