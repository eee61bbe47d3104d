"""The shapes that recognition takes in and gives out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.recognition.domain.board import Period, SwitchedBy
from services.recognition.domain.rules import DAILY_POINTS_MAX, POINTS_MAX, TRIGGERS, Trigger

YEAR_MIN = 2000
YEAR_MAX = 2100
"""No platform of ours is older, and years at the calendar's ends overflow when zones are added."""


def _in_living_memory(at: datetime) -> datetime:
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise ValueError(f"the year must be {YEAR_MIN} to {YEAR_MAX}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_living_memory)]
"""An instant with its zone, in years that a statement can have."""

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
RulePoints = Annotated[
    int, Field(ge=1, le=POINTS_MAX, description="For one happening.", examples=[5])
]
DailyPoints = Annotated[
    int,
    Field(
        ge=1,
        le=DAILY_POINTS_MAX,
        description="The most that the rule gives a person in one day of the tenant's time zone;"
        " null for no cap. What goes beyond is cut off.",
        examples=[100],
    ),
]


class RuleIn(InShape):
    """A rule to add. It rewards beside the rules that are there already."""

    trigger: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        # Text on purpose: a rule on reach is refused with the reason, not as a misspelling.
        description=f"What is rewarded, one of: {', '.join(TRIGGERS)}.",
        examples=["comment"],
    )
    name: RuleName = Field(examples=["Somebody commented"])
    points: RulePoints
    daily_points_max: DailyPoints | None = None
    active: bool = True


class RuleChangesIn(InShape):
    """What to change; what is left out stays. A null cap takes the cap away."""

    # Factories, so that the document shows no default: what is left out is not set to one.
    name: RuleName = Field(default_factory=str)
    points: RulePoints = Field(default_factory=int)
    daily_points_max: DailyPoints | None = None
    active: bool = Field(default_factory=bool)


class RuleView(OutShape):
    """A rule. A rule that is switched off gives nothing, and takes nothing back by that."""

    rule_id: UUID
    trigger: Trigger
    name: str
    points: int
    daily_points_max: int | None
    active: bool


class PointsView(OutShape):
    """Your points in all, and of this month in your company's time zone."""

    balance: int
    this_month: int


class EntryView(OutShape):
    """One line of your statement; negative points took an award back."""

    entry_id: UUID
    points: int
    trigger: Trigger
    rule_id: UUID
    rule_name: str
    cause: str = Field(examples=["3 clicks on your share"])
    cause_id: UUID
    share_id: UUID | None
    story_id: UUID | None
    lesson_id: UUID | None
    happened_at: datetime


class PlaceView(OutShape):
    """Somebody's place, who asked to be ranked. Equal points share a rank."""

    rank: int
    person_id: UUID
    display_name: str
    points: int
    me: bool


class BoardView(OutShape):
    """A board of those who asked to be on it; leaders are ranked apart.

    `since` is the first day that counts, null for all time. A team's board with fewer than five
    people on it is suppressed: it says so and shows nobody.
    """

    period: Period
    since: date | None
    team_id: UUID | None
    suppressed: bool
    people: list[PlaceView]
    leaders: list[PlaceView]


class BoardSettingsIn(InShape):
    """Whether rankings are shown at all."""

    enabled: bool


class BoardSettingsView(OutShape):
    """Whether rankings are shown at all, and who last decided it (null: nobody yet)."""

    enabled: bool
    switched_by: SwitchedBy | None
