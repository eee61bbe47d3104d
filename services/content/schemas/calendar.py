"""The shapes of the editorial calendar, of what is planned, and of feeds."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.calendar import FIRST_DAY, LAST_DAY, Entry, EntryKind, ItemState, Span
from services.content.domain.findings import Finding, FindingRule
from services.content.domain.texts import Network
from services.content.schemas.fields import Instant, Language, Title
from services.content.schemas.stories import AudienceIn, AudienceView

NETWORKS_MAX = 8
"""As many as there are."""

Day = Annotated[
    date, Field(ge=FIRST_DAY, le=LAST_DAY, examples=["2031-05-04"], description="In your zone.")
]

PlannedInstant = Annotated[
    Instant, Field(description="When it is to go out. Or `planned_on` says the day.")
]

FeedName = Annotated[
    str, StringConstraints(min_length=1, max_length=100), Field(examples=["Redaktionen"])
]


class PlanItemIn(InShape):
    """Something to plan, for an instant or for a whole day."""

    title: Title
    campaign_id: UUID | None = None
    planned_at: PlannedInstant | None = None
    planned_on: Day | None = None
    networks: list[Network] = Field(default_factory=list, max_length=NETWORKS_MAX)
    language: Language | None = None
    audience: AudienceIn = Field(default_factory=AudienceIn)
    responsible_id: UUID | None = None
    story_id: UUID | None = None


class PlanItemChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away.

    Naming an instant takes the day away, and the other way round.
    """

    # Made by factories, since a default in the document would say what leaving out does not do.
    title: Title = Field(default_factory=str)
    campaign_id: UUID | None = None
    planned_at: PlannedInstant | None = None
    planned_on: Day | None = None
    networks: list[Network] = Field(default_factory=list, max_length=NETWORKS_MAX)
    language: Language | None = None
    audience: AudienceIn = Field(default_factory=AudienceIn)
    responsible_id: UUID | None = None
    story_id: UUID | None = None


class PlanItemView(OutShape):
    """Something that is planned. It is `linked` once it has a story."""

    item_id: UUID
    title: str
    state: ItemState
    campaign_id: UUID | None
    planned_at: datetime | None
    planned_on: date | None
    networks: list[str]
    language: str | None
    audience: AudienceView
    responsible_id: UUID | None
    story_id: UUID | None
    created_by: UUID
    created_at: datetime
    changed_at: datetime
    dropped_at: datetime | None


class EntryView(OutShape):
    """One line of the calendar, on a day in your company's zone. `at` is null for a whole day.

    `state` is an item's. `languages` and `networks` are those of the item, or of the story's copy.
    """

    kind: EntryKind
    title: str
    on: date
    at: datetime | None
    campaign_id: UUID | None
    story_id: UUID | None
    item_id: UUID | None
    networks: list[str]
    languages: list[str]
    state: ItemState | None


class FindingView(OutShape):
    """What was found by which rule, on which days (both included). It stops nobody.

    `gap`: a campaign runs, and for so many days nothing is planned or goes live in it.
    `collision`: two items for the same audience on one network come on one day, or within so many
    hours. `outside_campaign`: an item is planned when its campaign does not run.
    `story_expires_before`: an item's story is over by then.
    """

    rule: FindingRule
    begins_on: date
    ends_on: date
    campaign_id: UUID | None
    item_ids: list[UUID]
    networks: list[str]


class CalendarView(OutShape):
    """A span of the calendar as you may see it, in order, and what was found in it."""

    begins_on: date
    until: date
    time_zone: str
    entries: list[EntryView]
    findings: list[FindingView]


class FeedIn(InShape):
    """What of the calendar to follow from another program."""

    name: FeedName
    campaign_id: UUID | None = None
    network: Network | None = None
    language: Language | None = None
    mine: bool = Field(default=False, description="Only what you carry, made or take part in.")


class FeedView(OutShape):
    """What of the calendar you follow. Its address is shown only when it is made."""

    feed_id: UUID
    name: str
    campaign_id: UUID | None
    network: str | None
    language: str | None
    mine: bool
    created_at: datetime
    renewed_at: datetime


class FeedOpenedView(FeedView):
    """A feed with its address. Whoever has the address sees what you may see: it is shown once."""

    address: str


class FeedsView(OutShape):
    """Your feeds: never more than a handful."""

    items: list[FeedView]


def view_calendar(span: Span, entries: list[Entry], findings: list[Finding]) -> CalendarView:
    """Show a span of the calendar."""
    return CalendarView.model_validate(
        {
            "begins_on": span.begin,
            "until": span.end,
            "time_zone": span.zone.key,
            "entries": entries,
            "findings": findings,
        }
    )
