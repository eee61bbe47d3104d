"""What content announces: the life of a story and of a campaign."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.checks.rules import Rule
from contracts.events import Event
from contracts.topics import CONTENT

MEDIA_BYTES_MAX = 20_000_000
"""Of one upload: twice what a camera of 24 megapixels makes. The gateway lets as much through."""


class Variant(BaseModel):
    """Suggested copy for one network and language; a start, not a text to repeat (S2)."""

    model_config = ConfigDict(frozen=True)

    network: str
    language: str
    text: str


class Audience(BaseModel):
    """For whom a story is. An empty list asks for nothing; several lists must all fit (S1)."""

    model_config = ConfigDict(frozen=True)

    team_ids: list[UUID]
    regions: list[str]
    countries: list[str]
    languages: list[str]
    interests: list[str] = Field(default_factory=list)


class Preview(BaseModel):
    """What a network shows of a story's link: its title, description and site (Open Graph)."""

    model_config = ConfigDict(frozen=True)

    title: str
    description: str | None
    site_name: str | None


class Picture(BaseModel):
    """A picture of a story, by its id in the store that content and sharing share (design 10.4)."""

    model_config = ConfigDict(frozen=True)

    media_id: UUID
    sha256: str
    alt_text: str


class Example(BaseModel):
    """How a colleague has shared a story well: an example to learn from, not to repeat (C1, S2)."""

    model_config = ConfigDict(frozen=True)

    network: str
    language: str
    text: str
    why: str | None


class StorySubmitted(
    Event,
    type="fortaler.story.submitted.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """An author asked for a review of exactly this content, or a principal has made it this.

    Whoever gives a story in review another class begins its round anew. The trail's length and the
    hash of its last entry are told, so that Kafka witnesses them.
    """

    story_id: UUID
    version: int
    author_id: UUID
    content_hash: str
    trail_entries: int | None = None
    trail_head: str | None = None


class _ReviewDecision(Event):
    story_id: UUID
    version: int
    reviewer_id: UUID
    content_hash: str
    round: int | None = None
    stage: str | None = None
    on_behalf_of: UUID | None = None
    trail_entries: int | None = None
    trail_head: str | None = None


class StoryReviewed(
    _ReviewDecision,
    type="fortaler.story.reviewed.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """A review of exactly this content was decided: by a no, or by the last approval (C3)."""

    decision: Literal["approved", "changes_requested", "rejected"]


class StoryStageApproved(
    _ReviewDecision,
    type="fortaler.story.stage_approved.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """A reviewer approved exactly this content at one stage, and the review goes on (C3).

    `approvals_missing` is how many others this stage still needs; with none, the next one waits.
    """

    approvals_missing: int


class _ReviewWaits(Event):
    story_id: UUID
    version: int
    round: int
    stage: str
    due_at: datetime | None
    waits_for: list[str] = Field(
        default_factory=list, description="Who may decide now: `role:`, `team:`, `person:` and id."
    )


class StoryReviewReminded(
    _ReviewWaits,
    type="fortaler.story.review_reminded.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """A stage of a review still waits, some time before its deadline."""


class StoryReviewOverdue(
    _ReviewWaits,
    type="fortaler.story.review_overdue.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """The deadline of a stage has passed, and it still waits."""


class StoryReviewEscalated(
    _ReviewWaits,
    type="fortaler.story.review_escalated.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """A stage waited for so long that others may decide on it too, as its policy says."""


class StoryState(Event):
    """The whole live version of a story (design 10.3), so that nobody has to ask for it."""

    story_id: UUID
    version: int
    content_hash: str
    author_id: UUID
    campaign_id: UUID | None
    title: str
    body: str
    link: str | None
    language: str
    topics: list[str]
    variants: list[Variant]
    audience: Audience
    embargo_until: datetime | None
    expires_at: datetime | None
    kind: str = "article"
    communication_class: str = "static"
    preview: Preview | None = None
    media: list[Picture] = Field(default_factory=list)
    examples: list[Example] = Field(default_factory=list)
    contributor_ids: list[UUID] = Field(default_factory=list)


class StoryPublished(
    StoryState,
    type="fortaler.story.published.v1",
    topic=CONTENT,
    public=True,
    about=("story", "story_id"),
):
    """An approved story went live in the hub for the first time."""


class StoryRevised(
    StoryState,
    type="fortaler.story.revised.v1",
    topic=CONTENT,
    public=True,
    about=("story", "story_id"),
):
    """A newer approved version took the place of the live one."""


class StoryWithdrawn(
    Event,
    type="fortaler.story.withdrawn.v1",
    topic=CONTENT,
    public=True,
    about=("story", "story_id"),
):
    """A story must not be shared any more, anywhere (C3)."""

    story_id: UUID


class Objective(BaseModel):
    """What a campaign is to reach; no date is the campaign's. Metrics owns progress (M1)."""

    model_config = ConfigDict(frozen=True)

    objective_id: UUID
    kind: str
    target: int
    unit: str
    baseline: int | None
    starts_at: datetime | None
    ends_at: datetime | None


class StoryExpired(
    Event,
    type="fortaler.story.expired.v1",
    topic=CONTENT,
    public=True,
    about=("story", "story_id"),
):
    """The end of a story's live version is over; a later version with a later end may follow."""

    story_id: UUID
    version: int
    expires_at: datetime


class PublishingPaused(
    Event,
    type="fortaler.publishing.paused.v1",
    topic=CONTENT,
    public=True,
    about=("pause", "pause_id"),
):
    """The company publishes nothing, until `until` or until it resumes; told again when prolonged.

    A pause is only ever made longer, and its end is final: news of it is safe in any order.
    """

    pause_id: UUID
    until: datetime | None


class PublishingResumed(
    Event,
    type="fortaler.publishing.resumed.v1",
    topic=CONTENT,
    public=True,
    about=("pause", "pause_id"),
):
    """A pause was lifted, or its end is over."""

    pause_id: UUID


class MediaWithdrawn(
    Event,
    type="fortaler.media.withdrawn.v1",
    topic=CONTENT,
    public=True,
    about=("media", "media_id"),
):
    """A picture must not be shown any more, anywhere; why is for nobody to know (C4)."""

    media_id: UUID


class _CampaignState(Event):
    campaign_id: UUID
    name: str
    purpose: Literal[
        "visibility", "traffic", "social_actions", "leads", "conversions", "applications"
    ]
    starts_at: datetime | None
    ends_at: datetime | None
    description: str | None = None
    owner_ids: list[UUID] = Field(default_factory=list)
    objectives: list[Objective] = Field(default_factory=list)
    revision: int = 0
    """Grows by one with every change, so that what comes late is known to be old."""


class CampaignOpened(
    _CampaignState,
    type="fortaler.campaign.opened.v1",
    topic=CONTENT,
    public=True,
    about=("campaign", "campaign_id"),
):
    """A campaign was opened; stories may name it and figures roll up by it."""


class CampaignChanged(
    _CampaignState,
    type="fortaler.campaign.changed.v1",
    topic=CONTENT,
    public=True,
    about=("campaign", "campaign_id"),
):
    """A campaign's plan changed: its name, dates, owners or objectives. This is all of it now."""


class CampaignClosed(
    _CampaignState,
    type="fortaler.campaign.closed.v1",
    topic=CONTENT,
    public=True,
    about=("campaign", "campaign_id"),
):
    """A campaign takes no more stories; what was shared keeps counting."""


class LessonCompleted(
    Event,
    type="fortaler.lesson.completed.v1",
    topic=CONTENT,
    about=("lesson", "lesson_id"),
):
    """Somebody completed a lesson for the first time (C6); later versions do not undo it.

    It is told once for a person and lesson. Who has learned is nobody else's to know (V1).
    """

    lesson_id: UUID
    version: int
    person_id: UUID


class IdeaSubmitted(
    Event,
    type="fortaler.idea.submitted.v1",
    topic=CONTENT,
    about=("idea", "idea_id"),
):
    """Somebody put an idea for a story into the box (C2)."""

    idea_id: UUID
    author_id: UUID
    campaign_id: UUID | None


class GuidelinePublished(
    Event,
    type="fortaler.guideline.published.v1",
    topic=CONTENT,
    about=("guideline", "guideline_id"),
):
    """A guideline's next version holds from now on; internal, for its rules name secrets (C4)."""

    guideline_id: UUID
    version: int
    rules: tuple[Rule, ...]


class GuidelineRetired(
    Event,
    type="fortaler.guideline.retired.v1",
    topic=CONTENT,
    about=("guideline", "guideline_id"),
):
    """A guideline holds no more, for good."""

    guideline_id: UUID
    version: int


class GuidelineAcknowledged(
    Event,
    type="fortaler.guideline.acknowledged.v1",
    topic=CONTENT,
    about=("acknowledgement", "acknowledgement_id"),
):
    """A person has read a guideline's version; internal, as who has not is nobody's business."""

    acknowledgement_id: UUID
    guideline_id: UUID
    version: int
    person_id: UUID
