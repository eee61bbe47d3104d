"""The shapes of campaigns, their objectives, and those who take part."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.campaigns import CampaignState, Purpose
from services.content.domain.contributing import Answer
from services.content.domain.objectives import ObjectiveKind
from services.content.schemas.fields import Instant
from services.content.schemas.stories import AuthorView

OWNERS_MAX = 10
"""What more people own, nobody does."""

OBJECTIVES_MAX = 20
"""A campaign for more than this is for nothing in particular."""

AMOUNT_MAX = 10**12
"""More than the world has people, or a company has money; JSON's numbers hold it exactly."""

CampaignName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Spring recruiting"])
]

Description = Annotated[
    str,
    StringConstraints(min_length=1, max_length=5000),
    Field(examples=["Twelve fitters for the new park, found by those who would work with them."]),
]

Unit = Annotated[
    str,
    StringConstraints(min_length=1, max_length=50),
    Field(description="What is counted, in your words.", examples=["applications"]),
]

_OWNERS = "Who may change it besides program managers. Whoever opens it, if nobody is named."


class ObjectiveIn(InShape):
    """What is to be reached. One with its id is that one, and any other is new."""

    objective_id: UUID | None = None
    kind: ObjectiveKind
    target: int = Field(ge=1, le=AMOUNT_MAX, examples=[12])
    unit: Unit
    baseline: int | None = Field(
        default=None, ge=0, le=AMOUNT_MAX, description="Where it began.", examples=[3]
    )
    starts_at: Instant | None = Field(default=None, description="Null is the campaign's start.")
    ends_at: Instant | None = Field(default=None, description="Null is the campaign's end.")


class CampaignIn(InShape):
    """A campaign to open."""

    name: CampaignName
    purpose: Purpose
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    description: Description | None = None
    owner_ids: list[UUID] = Field(default_factory=list, max_length=OWNERS_MAX, description=_OWNERS)
    objectives: list[ObjectiveIn] = Field(default_factory=list, max_length=OBJECTIVES_MAX)


class CampaignChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away."""

    # Made by factories, since a default in the document would say what leaving out does not do.
    name: CampaignName = Field(default_factory=str)
    purpose: Purpose = Field(default_factory=lambda: "visibility")
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    description: Description | None = None
    owner_ids: list[UUID] = Field(
        default_factory=list, min_length=1, max_length=OWNERS_MAX, description=_OWNERS
    )
    objectives: list[ObjectiveIn] = Field(
        default_factory=list,
        max_length=OBJECTIVES_MAX,
        description="All that there are to be: what is not named is no objective any more.",
    )


class ContributorIn(InShape):
    """Whom to ask to take part."""

    person_id: UUID


class ObjectiveView(OutShape):
    """What is to be reached; no date is the campaign's own."""

    objective_id: UUID
    kind: ObjectiveKind
    target: int
    unit: str
    baseline: int | None
    starts_at: datetime | None
    ends_at: datetime | None


class CampaignView(OutShape):
    """A campaign."""

    campaign_id: UUID
    name: str
    purpose: Purpose
    state: CampaignState
    starts_at: datetime | None
    ends_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    description: str | None
    owner_ids: list[UUID]
    objectives: list[ObjectiveView]
    changed_at: datetime


class ContributorView(OutShape):
    """Somebody who takes part, and since when."""

    person: AuthorView
    since: datetime


class ContributorsView(OutShape):
    """Who takes part. `invited` counts the others who were asked, whether or not they answered."""

    accepted: list[ContributorView]
    invited: int


class InvitationView(OutShape):
    """That you are asked to take part in a plan. What you answer is shown to others if it is yes.

    Of `campaign_id` and `item_id` one says which plan it is.
    """

    invitation_id: UUID
    campaign_id: UUID | None
    item_id: UUID | None
    title: str
    answer: Answer
    invited_at: datetime
    answered_at: datetime | None
