"""What a story is, and how much of it who may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import rounds, texts
from services.content.domain.chain import EMPTY, Head
from services.content.domain.deciders import Actor as Actor
from services.content.domain.deciders import Delegator
from services.content.domain.rounds import Round
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
    "archived",
    "unarchived",
    "classified",
    "handed_over",
    "reminded",
    "overdue",
    "escalated",
]
"""What the trail tells that somebody did, or that time did."""

OVERSEERS = frozenset({"reviewer", "program_manager", "admin"})
"""They see whatever was ever submitted; whoever may stop a story must be able to find it."""


class StoryNotFound(Refusal):
    """There is no such story in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Story not found"


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
    expired: bool = False
    """Whether the end of what is live is over, and was announced."""
    origin_id: UUID | None = None
    """Of which story it is a duplicate."""
    archived_at: datetime | None = None
    names: Mapping[UUID, str] = field(default_factory=dict)
    """Of its author and of who has contributed, as far as the directory knows them."""
    round: Round | None = None
    trail: Head = EMPTY
    live_author: Author | None = None
    """Who is credited for what is live, where the story was handed over to another since."""
    makers: frozenset[UUID] = frozenset()
    """Who made it so far: whoever was its author or a contributor at any time, and the makers of
    the story that it is a duplicate of.
    """
    withdrawn_pictures: frozenset[UUID] = frozenset()
    """Those that its versions hold, for the sake of their hashes, and that are shown no more."""
    only_live: bool = False
    """Whether somebody looks at it who sees what is live, and nothing besides."""

    @property
    def credited(self) -> Author:
        """Answer who is credited for what is live."""
        return self.live_author or self.author


@dataclass(frozen=True)
class TrailEntry:
    """Who did what to a story when, on which version and hash, and why.

    There is no actor where a deadline passed; `on_behalf_of` is in whose name it was decided. From
    whom it went to whom is said where it was handed over.
    """

    position: int
    act: Act
    actor: Author | None
    version: int
    content_hash: str
    reasons: tuple[str, ...]
    happened_at: datetime
    stage: str | None
    on_behalf_of: UUID | None
    comment: str | None
    from_person_id: UUID | None
    to_person_id: UUID | None
    entry_hash: str | None


def wrote(story: Story, actor: Actor) -> bool:
    """Answer whether a story is somebody's own."""
    # To whoever sees what is live alone, `author` is who is credited: another may have it by now.
    return story.author.person_id == actor.person_id and not story.only_live


def made_by(story: Story) -> frozenset[UUID]:
    """Answer who made a story, and so decides neither on it nor by somebody else.

    Whoever ever contributed is among them, also when they are named no more: their words stay.
    """
    named = {story.author.person_id, *story.working.content.contributor_ids}
    return story.makers | named


def sees_all(story: Story, actor: Actor, delegators: Sequence[Delegator] = ()) -> bool:
    """Answer whether somebody sees the working version too, and what was done to it.

    Whoever may decide on it sees it, and whoever stands in for one who may.
    """
    overseer = story.submitted and bool(actor.roles & OVERSEERS)
    return overseer or wrote(story, actor) or _decides(story, actor, delegators)


def seen_by(story: Story, actor: Actor, delegators: Sequence[Delegator] = ()) -> Story:
    """Answer the story as somebody may see it: most see what is live, and nothing besides.

    Nothing tells them whether there is a later version, who reviews it, who made it, or whose the
    story is by now.
    """
    if sees_all(story, actor, delegators):
        return story
    if story.live is None:
        raise StoryNotFound(f"No story {story.story_id}.")
    return replace(
        story,
        author=story.credited,
        live_author=None,
        state="live",
        working=story.live,
        round=None,
        makers=frozenset(),
        only_live=True,
    )


def shown(content: Content, story: Story) -> Content:
    """Answer what a version says to whoever looks at the story: nothing by a withdrawn picture.

    Its words may tell who was shown. Whoever sees the working version has to take it out, so they
    see where it stands, without a word; the others see none.
    """
    gone = story.withdrawn_pictures
    pictures = [one for one in content.media if not story.only_live or one.media_id not in gone]
    wordless = (replace(one, alt_text="") if one.media_id in gone else one for one in pictures)
    return replace(content, media=tuple(wordless))


def _decides(story: Story, actor: Actor, delegators: Sequence[Delegator]) -> bool:
    round_ = story.round
    if round_ is None or round_.version != story.working.version:
        return False
    return rounds.concerns(round_, actor, delegators)
