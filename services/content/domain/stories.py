"""What a story is, and how much of it who may see."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import texts
from services.content.domain.texts import Content

State = Literal[
    "draft", "in_review", "changes_requested", "approved", "rejected", "live", "withdrawn"
]
Act = Literal[
    "created",
    "edited",
    "submitted",
    "approved",
    "changes_requested",
    "rejected",
    "published",
    "revised",
    "withdrawn",
]
"""What the trail tells that somebody did."""

OVERSEERS = frozenset({"reviewer", "program_manager", "admin"})
"""They see whatever was ever submitted; whoever may stop a story must be able to find it."""


class StoryNotFound(Refusal):
    """There is no such story in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Story not found"


class Actor(Protocol):
    """Whoever does something to a story."""

    @property
    def person_id(self) -> UUID:
        """Answer who it is."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Answer what they may do."""
        ...


@dataclass(frozen=True)
class Author:
    """Who is credited (C2). The name is None once the directory has forgotten the person."""

    person_id: UUID
    display_name: str | None


@dataclass(frozen=True)
class Version:
    """One version of a story, and what it says."""

    version: int
    content: Content

    @property
    def content_hash(self) -> str:
        """Answer the hash that a review of this version is bound to."""
        return texts.content_hash(self.content)


@dataclass(frozen=True)
class Story:
    """A story: the version being worked on, and the one that is live, often the same."""

    story_id: UUID
    author: Author
    state: State
    working: Version
    live: Version | None
    approved_hash: str | None
    submitted: bool
    created_at: datetime


@dataclass(frozen=True)
class StoryLine:
    """A story in a list, as whoever asks may see it."""

    story_id: UUID
    author: Author
    state: State
    version: int
    live_version: int | None
    content_hash: str
    title: str
    link: str | None
    language: str
    topics: tuple[str, ...]
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class TrailEntry:
    """Who did what to a story when, on which version and hash, and why."""

    position: int
    act: Act
    actor: Author
    version: int
    content_hash: str
    reasons: tuple[str, ...]
    happened_at: datetime


def wrote(story: Story, actor: Actor) -> bool:
    """Answer whether a story is somebody's own."""
    return story.author.person_id == actor.person_id


def sees_all(story: Story, actor: Actor) -> bool:
    """Answer whether somebody sees the working version too, and what was done to it."""
    overseer = story.submitted and bool(actor.roles & OVERSEERS)
    return overseer or wrote(story, actor)


def seen_by(story: Story, actor: Actor) -> Story:
    """Answer the story as somebody may see it: most see what is live, and nothing besides."""
    if sees_all(story, actor):
        return story
    if story.live is None:
        raise StoryNotFound(f"No story {story.story_id}.")
    return replace(story, state="live", working=story.live)
