"""The shapes that content takes in and gives out."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.campaigns import CampaignState, Purpose
from services.content.domain.life import Decision
from services.content.domain.stories import Act, State, Story
from services.content.domain.texts import Network

VARIANTS_MAX = 30
"""Eight networks in three or four languages."""

AUDIENCE_ENTRIES_MAX = 100
"""An audience of more parts than this is everybody."""

REASONS_MAX = 20
"""Nobody mends a text by a longer list."""


def _as_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this instant is beyond all calendars") from error


Instant = Annotated[
    AwareDatetime, AfterValidator(_as_utc), Field(examples=["2031-05-04T08:00:00Z"])
]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(examples=["What a wind turbine does on a calm day"]),
]
Body = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Link = Annotated[str, Field(max_length=2000, examples=["https://nordlys.example/stories/calm-day"])]
Language = Annotated[
    str,
    StringConstraints(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    Field(description="BCP 47", examples=["da", "en-GB"]),
]
Topic = Annotated[
    str,
    StringConstraints(max_length=50, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(examples=["wind-power"]),
]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    Field(description="ISO 3166-1 alpha-2", examples=["DK"]),
]
Region = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Copy = Annotated[
    str,
    StringConstraints(min_length=1, max_length=3000),
    Field(examples=["I climbed our tallest turbine today. It was not turning. Here is why."]),
]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(examples=["Say where the figure comes from."]),
]
Hash = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(description="SHA-256 of what was read, in hex", examples=["0f" * 32]),
]
CampaignName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Spring recruiting"])
]


class VariantIn(InShape):
    """Suggested copy for one network and language."""

    network: Network
    language: Language
    text: Copy


class AudienceIn(InShape):
    """For whom a story is. An empty list asks for nothing; several lists must all fit."""

    team_ids: list[UUID] = Field(default_factory=list, max_length=AUDIENCE_ENTRIES_MAX)
    regions: list[Region] = Field(default_factory=list, max_length=AUDIENCE_ENTRIES_MAX)
    countries: list[Country] = Field(default_factory=list, max_length=AUDIENCE_ENTRIES_MAX)
    languages: list[Language] = Field(default_factory=list, max_length=AUDIENCE_ENTRIES_MAX)


class StoryIn(InShape):
    """A story to begin."""

    title: Title
    body: Body
    link: Link | None = None
    language: Language
    topics: list[Topic] = Field(default_factory=list, max_length=10)
    variants: list[VariantIn] = Field(default_factory=list, max_length=VARIANTS_MAX)
    audience: AudienceIn = Field(default_factory=AudienceIn)
    campaign_id: UUID | None = None
    embargo_until: Instant | None = None
    expires_at: Instant | None = None


class StoryChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away."""

    # Made by factories, since a default in the document would say what leaving out does not do.
    title: Title = Field(default_factory=str)
    body: Body = Field(default_factory=str)
    link: Link | None = None
    language: Language = Field(default_factory=str)
    topics: list[Topic] = Field(default_factory=list, max_length=10)
    variants: list[VariantIn] = Field(default_factory=list, max_length=VARIANTS_MAX)
    audience: AudienceIn = Field(default_factory=AudienceIn)
    campaign_id: UUID | None = None
    embargo_until: Instant | None = None
    expires_at: Instant | None = None


class ReviewIn(InShape):
    """A decision on exactly what was read."""

    decision: Decision
    content_hash: Hash
    reasons: list[Reason] = Field(default_factory=list, max_length=REASONS_MAX)


class CampaignIn(InShape):
    """A campaign to open."""

    name: CampaignName
    purpose: Purpose
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class AuthorView(OutShape):
    """Who is credited. The name is null once the directory has forgotten the person."""

    person_id: UUID
    display_name: str | None


class VariantView(OutShape):
    """Suggested copy for one network and language."""

    network: str
    language: str
    text: str


class AudienceView(OutShape):
    """For whom a story is."""

    team_ids: list[UUID]
    regions: list[str]
    countries: list[str]
    languages: list[str]


class VersionView(OutShape):
    """What one version of a story says, and the hash that a review of it must name."""

    version: int
    content_hash: str
    title: str
    body: str
    link: str | None
    language: str
    topics: list[str]
    variants: list[VariantView]
    audience: AudienceView
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None


class StoryView(OutShape):
    """A story: `working` is the version being worked on, `live` the one that may be shared.

    `state` and `content_hash` are those of `working`. To most people a story is only what is live.
    """

    story_id: UUID
    author: AuthorView
    state: State
    content_hash: str
    working: VersionView
    live: VersionView | None
    created_at: datetime


class StoryLineView(OutShape):
    """A story in a list: the version that you may see, without its longer texts."""

    story_id: UUID
    author: AuthorView
    state: State
    version: int
    live_version: int | None
    content_hash: str
    title: str
    link: str | None
    language: str
    topics: list[str]
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None
    created_at: datetime


class TrailEntryView(OutShape):
    """Who did what to a story when, on which version and hash, and why."""

    position: int
    act: Act
    actor: AuthorView
    version: int
    content_hash: str
    reasons: list[str]
    happened_at: datetime


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


def view_story(story: Story) -> StoryView:
    """Show a story with its versions flat, as they were written."""
    working, live = (
        {**asdict(one.content), "version": one.version, "content_hash": one.content_hash}
        if one
        else None
        for one in (story.working, story.live)
    )
    return StoryView.model_validate(
        {
            "story_id": story.story_id,
            "author": story.author,
            "state": story.state,
            "content_hash": story.working.content_hash,
            "working": working,
            "live": live,
            "created_at": story.created_at,
        }
    )
