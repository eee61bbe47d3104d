"""The shapes of approval policies, reviews, delegations and regulation."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis import problems
from chassis.errors import Refusal
from chassis.schemas import InShape, OutShape
from contracts.directory import Role
from services.content.domain.deadlines import Deadline
from services.content.domain.deciders import Deciders
from services.content.domain.life import Decision, Verdict
from services.content.domain.policies import Stage
from services.content.domain.rounds import RoundState
from services.content.domain.stories import State, Story
from services.content.domain.texts import CommunicationClass, Kind
from services.content.schemas.fields import (
    DecidedStage,
    Hash,
    Instant,
    Reason,
    ReviewComment,
    StageName,
)
from services.content.schemas.stories import REASONS_MAX, AuthorView

STAGES_MAX = 10
"""Whoever needs more wants no story to be told."""

DECIDERS_MAX = 50
"""Of a kind and stage: each is looked up, and told, by itself. More of them are a role."""

QUORUM_MAX = 20

SCOPE_MAX = 100

HOURS_MAX = 1_000
"""Half a working year."""

REMINDERS_MAX = 5

RETENTION_YEARS_MAX = 50

DECISIONS_MAX = 50
"""In one go: each holds its story's lock until all are decided, a third of a second."""

PolicyName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Product news"])
]

Hours = Annotated[int, Field(ge=1, le=HOURS_MAX)]


class DecidersIn(InShape):
    """Who may decide: whoever has one of the roles, is in one of the teams, or is named."""

    roles: list[Role] = Field(default_factory=list, max_length=DECIDERS_MAX)
    team_ids: list[UUID] = Field(default_factory=list, max_length=DECIDERS_MAX)
    person_ids: list[UUID] = Field(default_factory=list, max_length=DECIDERS_MAX)

    def to_domain(self) -> Deciders:
        """Answer them as the rules know them."""
        return Deciders(
            tuple(dict.fromkeys(self.roles)),
            tuple(dict.fromkeys(self.team_ids)),
            tuple(dict.fromkeys(self.person_ids)),
        )


class DeadlineIn(InShape):
    """Until when a stage waits, in hours since it began."""

    hours: Hours
    working: bool = Field(
        default=True,
        description="Whether only Monday to Friday, 9 to 17, in your company's time zone counts.",
    )
    remind_after_hours: list[Hours] = Field(
        default_factory=list,
        max_length=REMINDERS_MAX,
        description="When a reminder is announced: each later than the one before.",
        examples=[[8, 16]],
    )
    escalate_after_hours: Hours | None = None
    escalate_to: DecidersIn = Field(
        default_factory=DecidersIn, description="Who may decide too from then on."
    )

    def to_domain(self) -> Deadline:
        """Answer it as the rules know it."""
        return Deadline(
            self.hours,
            self.working,
            tuple(self.remind_after_hours),
            self.escalate_after_hours,
            self.escalate_to.to_domain(),
        )


class StageIn(InShape):
    """One step of an approval."""

    name: StageName
    deciders: DecidersIn
    quorum: int = Field(
        default=1, ge=1, le=QUORUM_MAX, description="How many different people must approve."
    )
    deadline: DeadlineIn | None = None

    def to_domain(self) -> Stage:
        """Answer it as the rules know it."""
        deadline = self.deadline.to_domain() if self.deadline else None
        return Stage(self.name, self.deciders.to_domain(), self.quorum, deadline)


class PolicyIn(InShape):
    """A policy to make. Without kinds and campaigns it holds for every story."""

    name: PolicyName
    kinds: list[Kind] = Field(default_factory=list, max_length=SCOPE_MAX)
    campaign_ids: list[UUID] = Field(default_factory=list, max_length=SCOPE_MAX)
    stages: list[StageIn] = Field(max_length=STAGES_MAX)
    comments_must_be_resolved: bool = False


class PolicyChangesIn(InShape):
    """What to change; what is left out stays."""

    name: PolicyName = Field(default_factory=str)
    kinds: list[Kind] = Field(default_factory=list, max_length=SCOPE_MAX)
    campaign_ids: list[UUID] = Field(default_factory=list, max_length=SCOPE_MAX)
    stages: list[StageIn] = Field(default_factory=list, max_length=STAGES_MAX)
    comments_must_be_resolved: bool = Field(default_factory=bool)


class DecidersView(OutShape):
    """Who may decide."""

    roles: list[str]
    team_ids: list[UUID]
    person_ids: list[UUID]


class DeadlineView(OutShape):
    """Until when a stage waits."""

    hours: int
    working: bool
    remind_after_hours: list[int]
    escalate_after_hours: int | None
    escalate_to: DecidersView


class StageView(OutShape):
    """One step of an approval."""

    name: str
    deciders: DecidersView
    quorum: int
    deadline: DeadlineView | None


class PolicyView(OutShape):
    """An approval policy. It holds for rounds that begin; archived ones hold for none."""

    policy_id: UUID
    name: str
    kinds: list[Kind]
    campaign_ids: list[UUID]
    stages: list[StageView]
    comments_must_be_resolved: bool
    created_at: datetime
    archived_at: datetime | None


class RegulationIn(InShape):
    """Whether your company is regulated, and how."""

    regulated: bool
    retention_years: int = Field(ge=1, le=RETENTION_YEARS_MAX, examples=[3])
    principals: DecidersIn = Field(
        default_factory=DecidersIn,
        description="Who approves static content before its use, after all stages of its policy.",
    )


class RegulationView(OutShape):
    """Whether your company is regulated, and how, and who said so when."""

    version: int
    regulated: bool
    retention_years: int
    principals: DecidersView
    changed_by: UUID | None
    changed_at: datetime | None


class RegulationChangesView(OutShape):
    """Every version there was, newest first."""

    items: list[RegulationView]


class DelegationIn(InShape):
    """Whom you let decide in your name, and for how long."""

    to_person_id: UUID
    begins_at: Instant | None = Field(default=None, description="Without it: now.")
    ends_at: Instant
    policy_id: UUID | None = Field(default=None, description="Only in rounds of this policy.")
    stage: StageName | None = Field(default=None, description="Only at stages of this name.")


class DelegationView(OutShape):
    """That one person decides in another's name for a time. It makes no chain."""

    delegation_id: UUID
    from_person_id: UUID
    to_person_id: UUID
    begins_at: datetime
    ends_at: datetime
    policy_id: UUID | None
    stage: str | None
    created_at: datetime
    ended_at: datetime | None


class ReviewLineView(OutShape):
    """A review in a list: what it is about, and since when it waits for how many people.

    `on_behalf_of` is in whose name you could decide, where it is not in your own.
    """

    story_id: UUID
    round: int
    version: int
    content_hash: str
    title: str
    author: AuthorView
    kind: Kind
    campaign_id: UUID | None
    communication_class: CommunicationClass
    state: RoundState
    stage: str
    submitted_at: datetime
    stage_since: datetime
    due_at: datetime | None
    overdue: bool
    approvals_missing: int
    on_behalf_of: UUID | None


class VerdictIn(InShape):
    """A decision on exactly what was read of one story."""

    story_id: UUID
    decision: Decision
    content_hash: Hash
    stage: DecidedStage = None
    reasons: list[Reason] = Field(default_factory=list, max_length=REASONS_MAX)
    comment: ReviewComment | None = None


class VerdictsIn(InShape):
    """Decisions on many stories; each is answered by itself."""

    items: list[VerdictIn] = Field(min_length=1, max_length=DECISIONS_MAX)

    def to_domain(self) -> list[Verdict]:
        """Answer them as the use case takes them."""
        return [Verdict(**item.model_dump()) for item in self.items]


class VerdictView(OutShape):
    """What came of one decision: the story's state, or the problem for which nothing was done."""

    story_id: UUID
    outcome: Literal["decided", "refused"]
    state: State | None
    problem: problems.Problem | None


class VerdictsView(OutShape):
    """What came of each decision, in the order asked."""

    items: list[VerdictView]


class ClassIn(InShape):
    """The class that a principal gives to exactly what they have read."""

    communication_class: CommunicationClass
    content_hash: Hash


class TrailVerificationView(OutShape):
    """Whether a trail is whole: recomputed from what it says, and compared with what was told.

    `broken_at` is the first position that is not as it was. `retained_until` is until when the
    database refuses to lose it, in a regulated company.
    """

    story_id: UUID
    intact: bool
    broken_at: int | None
    entries: int
    head_hash: str | None
    retained_until: datetime | None


def policy_fields(body: PolicyIn | PolicyChangesIn) -> dict[str, Any]:
    """Answer what a body says of a policy, as the rules know it."""
    named = body.model_fields_set if isinstance(body, PolicyChangesIn) else None
    fields = body.model_dump(include=named)
    if "stages" in fields:
        fields["stages"] = tuple(stage.to_domain() for stage in body.stages)
    for name in {"kinds", "campaign_ids"} & set(fields):
        fields[name] = tuple(dict.fromkeys(fields[name]))
    return fields


def view_verdicts(
    asked: VerdictsIn, outcomes: Sequence[Story | Refusal], *, base: str
) -> VerdictsView:
    """Show what came of each decision; `base` is the address that explains problems."""
    items: list[dict[str, Any]] = []
    for item, outcome in zip(asked.items, outcomes, strict=True):
        refused = isinstance(outcome, Refusal)
        instance = f"/v1/stories/{item.story_id}/review"
        items.append(
            {
                "story_id": item.story_id,
                "outcome": "refused" if refused else "decided",
                "state": None if isinstance(outcome, Refusal) else outcome.state,
                "problem": problems.body_of(outcome, base=base, instance=instance)
                if isinstance(outcome, Refusal)
                else None,
            }
        )
    return VerdictsView.model_validate({"items": items})


def view_verification(found: Any) -> TrailVerificationView:
    """Show what came of recomputing a trail."""
    return TrailVerificationView(
        story_id=found.story_id,
        retained_until=found.retained_until,
        **asdict(found.verification),
    )
