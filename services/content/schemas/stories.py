"""The shapes of stories."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from chassis import markdown
from chassis.schemas import InShape, OutShape
from services.content.domain.life import Decision
from services.content.domain.pictures import PICTURES_MAX
from services.content.domain.stories import Act, Author, State, Story, Version, shown
from services.content.domain.texts import CommunicationClass, Kind, Network
from services.content.schemas.fields import (
    AltText,
    Body,
    Copy,
    Country,
    DecidedStage,
    Hash,
    Instant,
    Language,
    Link,
    PreviewText,
    Reason,
    Region,
    ReviewComment,
    SiteName,
    Title,
    Topic,
)

VARIANTS_MAX = 30
"""Eight networks in three or four languages."""


AUDIENCE_ENTRIES_MAX = 100
"""An audience of more parts than this is everybody."""


REASONS_MAX = 20
"""Nobody mends a text by a longer list."""


EXAMPLES_MAX = 20
"""Whoever wants to learn reads a handful."""

CONTRIBUTORS_MAX = 50
"""A whole department may have helped; a company has not."""


_EMBARGO = (
    "Until when it must not be shared. Once it is live, colleagues read and find it before that."
)

EmbargoUntil = Annotated[Instant, Field(description=_EMBARGO)]

_EXPIRY = "From when on it is offered and shared no more; later than the embargo's end."

ExpiresAt = Annotated[Instant, Field(description=_EXPIRY)]


class VariantIn(InShape):
    """Suggested copy for one network and language."""

    network: Network
    language: Language
    text: Copy


class AudienceIn(InShape):
    """For whom a story is. An empty list asks for nothing; several lists must all fit."""

    team_ids: list[UUID] = Field(
        default_factory=list,
        max_length=AUDIENCE_ENTRIES_MAX,
        description="Teams of the directory.",
    )
    regions: list[Region] = Field(
        default_factory=list,
        max_length=AUDIENCE_ENTRIES_MAX,
        description="Regions as the directory names them, to the letter.",
        examples=[["Syddanmark"]],
    )
    countries: list[Country] = Field(
        default_factory=list,
        max_length=AUDIENCE_ENTRIES_MAX,
        description="Countries of work, ISO 3166-1 alpha-2.",
        examples=[["DK"]],
    )
    languages: list[Language] = Field(
        default_factory=list,
        max_length=AUDIENCE_ENTRIES_MAX,
        description="Languages that people read, BCP 47: `da` is for `da-DK`, too.",
        examples=[["da"]],
    )
    interests: list[Topic] = Field(
        default_factory=list,
        max_length=AUDIENCE_ENTRIES_MAX,
        description=(
            "What people follow, named as topics are. Nobody can say yet what they follow, so"
            " until then this narrows searches (`interest`), and not whose feed it is in."
        ),
        examples=[["wind"]],
    )


class PreviewIn(InShape):
    """What a network shows of the link."""

    title: Title
    description: PreviewText | None = None
    site_name: SiteName | None = None


class ExampleIn(InShape):
    """How a colleague has shared it well, and why that was good."""

    network: Network
    language: Language
    text: Copy
    why: Reason | None = None


class PictureIn(InShape):
    """A picture to show; where no words are given, its own in the story's language are taken."""

    media_id: UUID
    alt_text: AltText | None = None


Pictures = Annotated[
    list[PictureIn],
    Field(
        max_length=PICTURES_MAX,
        description="Pictures to show, in order, each ready; "
        "who is shown has to permit it by publication.",
    ),
]

Examples = Annotated[
    list[ExampleIn],
    Field(max_length=EXAMPLES_MAX, description="Good shares by colleagues, to learn from."),
]

Contributors = Annotated[
    list[UUID],
    Field(
        max_length=CONTRIBUTORS_MAX,
        description="People of the company who are credited beside the author.",
    ),
]


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
    embargo_until: EmbargoUntil | None = None
    expires_at: ExpiresAt | None = None
    kind: Kind = "article"
    preview: PreviewIn | None = None
    media: Pictures = Field(default_factory=list)
    examples: Examples = Field(default_factory=list)
    contributor_ids: Contributors = Field(default_factory=list)


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
    embargo_until: EmbargoUntil | None = None
    expires_at: ExpiresAt | None = None
    kind: Kind = Field(default_factory=lambda: "article")
    communication_class: CommunicationClass = Field(default_factory=lambda: "static")
    preview: PreviewIn | None = None
    media: Pictures = Field(default_factory=list)
    examples: Examples = Field(default_factory=list)
    contributor_ids: Contributors = Field(default_factory=list)


class ReviewIn(InShape):
    """A decision on exactly what was read."""

    decision: Decision
    content_hash: Hash
    stage: DecidedStage = None
    reasons: list[Reason] = Field(default_factory=list, max_length=REASONS_MAX)
    comment: ReviewComment | None = None


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
    interests: list[str]


class PreviewView(OutShape):
    """What a network shows of the link."""

    title: str
    description: str | None
    site_name: str | None


class PictureView(OutShape):
    """A picture: which, the SHA-256 of its bytes in hex, and what it shows in words.

    One that was `withdrawn` has no words any more, and is to be taken out. It is shown only to who
    sees the version being worked on.
    """

    media_id: UUID
    sha256: str
    alt_text: str | None
    withdrawn: bool


class ExampleView(OutShape):
    """How a colleague has shared it well, and why that was good."""

    network: str
    language: str
    text: str
    why: str | None


class VersionView(OutShape):
    """What one version of a story says, and the hash that a review of it must name.

    `body_html` is the body, rendered: it holds nothing that runs.
    """

    version: int
    content_hash: str
    title: str
    body: str
    body_html: str
    link: str | None
    language: str
    topics: list[str]
    variants: list[VariantView]
    audience: AudienceView
    campaign_id: UUID | None
    embargo_until: Annotated[datetime | None, Field(description=_EMBARGO)]
    expires_at: datetime | None
    kind: Kind
    communication_class: CommunicationClass
    preview: PreviewView | None
    media: list[PictureView]
    examples: list[ExampleView]
    contributor_ids: list[UUID]
    contributors: list[AuthorView]


class StoryView(OutShape):
    """A story: `working` is the version being worked on, `live` the one that may be shared.

    `state` and `content_hash` are those of `working`. To most people a story is only what is live.
    `expired` says that the end of what is live is over: nobody can share it until it is revised.
    `origin_id` is of which story it is a duplicate. `author` is whose the story is, and to whoever
    sees only what is live who is credited for that: `live_author`.
    """

    story_id: UUID
    author: AuthorView
    live_author: AuthorView | None
    state: State
    expired: bool
    content_hash: str
    working: VersionView
    live: VersionView | None
    created_at: datetime
    archived_at: datetime | None
    origin_id: UUID | None


class TrailEntryView(OutShape):
    """Who did what to a story when, on which version and hash, and why.

    `actor` is null only where time did it: `reminded`, `overdue`, `escalated`. `on_behalf_of` is in
    whose name somebody decided. From whom to whom is said where it was handed over. `entry_hash`
    seals the entry and all that came before it.
    """

    position: int
    act: Act
    actor: AuthorView | None
    version: int
    content_hash: str
    reasons: list[str]
    happened_at: datetime
    stage: str | None
    on_behalf_of: UUID | None
    comment: str | None
    from_person_id: UUID | None
    to_person_id: UUID | None
    entry_hash: str | None


def view_story(story: Story) -> StoryView:
    """Show a story with its versions flat, as they were written."""
    return StoryView.model_validate(
        {
            "story_id": story.story_id,
            "author": story.author,
            "live_author": story.credited if story.live else None,
            "state": story.state,
            "expired": story.expired,
            "content_hash": story.working.content_hash,
            "working": _fields_of(story.working, story),
            "live": _fields_of(story.live, story) if story.live else None,
            "created_at": story.created_at,
            "archived_at": story.archived_at,
            "origin_id": story.origin_id,
        }
    )


def _fields_of(version: Version, story: Story) -> dict[str, Any]:
    # The hash is of all that was approved, so also of a picture that is shown no more.
    content = shown(version.content, story)
    return {
        **asdict(content),
        "media": [
            {
                "media_id": one.media_id,
                "sha256": one.sha256,
                "alt_text": one.alt_text or None,
                "withdrawn": one.media_id in story.withdrawn_pictures,
            }
            for one in content.media
        ],
        "contributors": [
            Author(person_id, story.names.get(person_id)) for person_id in content.contributor_ids
        ],
        "body_html": markdown.render(content.body),
        "version": version.version,
        "content_hash": version.content_hash,
    }
