"""Stories as sharing knows them, and when one may be shared."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.errors import Refusal
from contracts.content import Picture, Variant


class StoryNotFound(Refusal):
    """There is no such story for you."""

    kind = "not_found"
    title = "Story not found"


class StoryNotLive(Refusal):
    """The story must not be shared any more: it was withdrawn, or it expired."""

    kind = "conflict"
    title = "Story is not live"


class StoryUnderEmbargo(Refusal):
    """The story can be read, and must not be shared before its embargo ends."""

    kind = "conflict"
    title = "Story is under embargo"


@dataclass(frozen=True)
class Story:
    """The live version of a story."""

    story_id: UUID
    version: int
    author_id: UUID
    campaign_id: UUID | None
    title: str
    body: str
    link: str | None
    language: str
    topics: tuple[str, ...]
    variants: tuple[Variant, ...]
    media: tuple[Picture, ...]
    embargo_until: datetime | None
    expires_at: datetime | None
    published_at: datetime
    live_from: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Reader:
    """What decides which stories are for a person; the tenant's word where hers is missing."""

    person_id: UUID
    employer: str
    country: str
    language: str
    region: str | None
    team_id: UUID | None

    @property
    def languages(self) -> list[str]:
        """Answer the languages that fit: `da-DK` reads what is for `da` (RFC 4647, 3.3.1)."""
        whole = self.language.lower()
        return sorted({whole, whole.partition("-")[0]})


def why_not_live(story: Story, *, at: datetime, version: int | None = None) -> str | None:
    """Answer why a story must not be shared now, as it was in a version, or None when it may."""
    if story.withdrawn_at is not None:
        return "story_withdrawn"
    if story.embargo_until is not None and at < story.embargo_until:
        return "story_under_embargo"
    if story.expires_at is not None and at >= story.expires_at:
        return "story_expired"
    if version is not None and version != story.version:
        return "story_revised"
    return None


def pictures_left(story: Story, withdrawn: Collection[UUID]) -> list[Picture]:
    """Answer the pictures of a story that may still be shown.

    Asked whenever a story is shown, so that it does not matter which was heard of first: the
    story, or that its picture was withdrawn (C4).
    """
    return [picture for picture in story.media if picture.media_id not in withdrawn]


def variants_first(
    variants: tuple[Variant, ...], *, network: str | None, language: str
) -> list[Variant]:
    """Order suggested copy: the chosen network first, then the reader's language."""
    wanted = language.partition("-")[0].lower()

    def distance(variant: Variant) -> tuple[bool, bool]:
        spoken = variant.language.partition("-")[0].lower()
        return (network is not None and variant.network != network, spoken != wanted)

    return sorted(variants, key=distance)
