"""The shapes of stories in lists, of what was found in them, and of what they have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.schemas import OutShape
from services.content.domain.searching import FacetName, Facets
from services.content.domain.stories import State
from services.content.domain.texts import Kind
from services.content.schemas.stories import AuthorView, PreviewView


class SegmentView(OutShape):
    """A piece of a text, and whether it is what was asked for. Texts are plain, never HTML."""

    text: str
    hit: bool


class HitsView(OutShape):
    """Where a story says what was asked for: the whole title, and what stands around the first hit.

    The excerpt is of the body and the variants, and empty where only the title or a label has it.
    """

    title: list[SegmentView]
    excerpt: list[SegmentView]


class CardPictureView(OutShape):
    """A picture on a card: which, the SHA-256 of its bytes in hex, and what it shows in words."""

    media_id: UUID
    sha256: str
    alt_text: str


class StoryLineView(OutShape):
    """A story in a list: the version that you may see, without its longer texts.

    `preview` is what a network shows of the link. `picture` is the first that may still be shown:
    not one that was withdrawn, nor one that somebody shown permits no longer. `networks` are those
    that there is suggested copy for. `hits` is null where no words were asked for.
    """

    story_id: UUID
    author: AuthorView
    state: State
    version: int
    live_version: int | None
    content_hash: str
    title: str
    link: str | None
    preview: PreviewView | None
    picture: CardPictureView | None
    networks: list[str]
    language: str
    topics: list[str]
    kind: Kind
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None
    expired: bool
    created_at: datetime
    archived_at: datetime | None
    pinned: bool
    hits: HitsView | None


class FacetView(OutShape):
    """A value, and how many of the stories counted have it."""

    value: str
    stories: int


class FacetsView(OutShape):
    """What the stories found have in common, each list with the most frequent value first.

    `counted` stories were looked at, the newest ones; `more` says that there are others. The sum of
    `states` may be more than that, since what is live or `expired` may have a next version.
    """

    counted: int
    more: bool
    topics: list[FacetView]
    languages: list[FacetView]
    kinds: list[FacetView]
    networks: list[FacetView]
    campaigns: list[FacetView]
    states: list[FacetView]


def view_facets(found: Facets) -> FacetsView:
    """Show facets by their names."""

    def of(name: FacetName) -> Sequence[Any]:
        return [one for one in found.facets if one.name == name]

    lists = {
        "topics": of("topic"),
        "languages": of("language"),
        "kinds": of("kind"),
        "networks": of("network"),
        "campaigns": of("campaign"),
        "states": of("state"),
    }
    return FacetsView.model_validate({"counted": found.counted, "more": found.more, **lists})
