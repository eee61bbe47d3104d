"""What content announces: the life of a story and of a campaign."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.events import Event
from contracts.topics import CONTENT


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


class StorySubmitted(
    Event,
    type="fortaler.story.submitted.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """An author asked for a review of exactly this content."""

    story_id: UUID
    version: int
    author_id: UUID
    content_hash: str


class StoryReviewed(
    Event,
    type="fortaler.story.reviewed.v1",
    topic=CONTENT,
    about=("story", "story_id"),
):
    """A reviewer decided on exactly this content (C3)."""

    story_id: UUID
    version: int
    reviewer_id: UUID
    decision: Literal["approved", "changes_requested", "rejected"]
    content_hash: str


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


class _CampaignState(Event):
    campaign_id: UUID
    name: str
    purpose: Literal[
        "visibility", "traffic", "social_actions", "leads", "conversions", "applications"
    ]
    starts_at: datetime | None
    ends_at: datetime | None


class CampaignOpened(
    _CampaignState,
    type="fortaler.campaign.opened.v1",
    topic=CONTENT,
    public=True,
    about=("campaign", "campaign_id"),
):
    """A campaign was opened; stories may name it and figures roll up by it."""


class CampaignClosed(
    _CampaignState,
    type="fortaler.campaign.closed.v1",
    topic=CONTENT,
    public=True,
    about=("campaign", "campaign_id"),
):
    """A campaign takes no more stories; what was shared keeps counting."""
