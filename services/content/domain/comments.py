"""Comments on a place in a story: where they may point, and how they are resolved."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.stories import Actor, Author
from services.content.domain.texts import Content

COMMENTS_MAX = 1_000
"""On one story, replies included: nobody reads more, and a review that needs them is a meeting."""

EXCERPT_CHARS_MAX = 500
"""What is quoted of a longer place; the rest is found by its offsets."""


class CommentNotFound(Refusal):
    """There is no such comment on this story."""

    kind = "not_found"
    title = "Comment not found"


class FieldUnknown(Refusal):
    """A comment points at a field that the working version has (RFC 6901)."""

    kind = "invalid"
    title = "There is no such field"


class OffsetsOutside(Refusal):
    """Offsets count the signs of a text, and lie within it."""

    kind = "invalid"
    title = "Offsets are outside the text"


class ExcerptDiffers(Refusal):
    """What is quoted is what stands at the place; the text may have changed meanwhile."""

    kind = "conflict"
    title = "The text says something else there"


class ReplyToReply(Refusal):
    """Replies go one level deep: answer the comment itself."""

    kind = "invalid"
    title = "A reply has no replies"


class CommentsTooMany(Refusal):
    """A story takes so many comments and no more."""

    kind = "conflict"
    title = "Too many comments"


@dataclass(frozen=True)
class Anchor:
    """The place that a comment is about: a field, and some signs of its text."""

    pointer: str
    begins: int | None
    ends: int | None
    excerpt: str | None


@dataclass(frozen=True)
class Comment:
    """What somebody said about a place in a version, or in answer to that."""

    comment_id: UUID
    parent_id: UUID | None
    version: int
    author: Author
    anchor: Anchor
    text: str
    created_at: datetime
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None


def anchored(content: Content, anchor: Anchor) -> Anchor:
    """Check that a place is there, and quote it. Raises a refusal that names what is wrong."""
    place = _field(content, anchor.pointer)
    begins, ends = anchor.begins, anchor.ends
    if (begins is None) != (ends is None):
        raise OffsetsOutside("Say where it begins and where it ends.", field="/ends")
    if begins is None or ends is None:
        if anchor.excerpt is not None and anchor.excerpt not in str(place):
            raise ExcerptDiffers("This is not said there.", field="/excerpt")
        return anchor
    if not isinstance(place, str) or not 0 <= begins < ends <= len(place):
        signs = len(place) if isinstance(place, str) else 0
        raise OffsetsOutside(f"The text has {signs} signs.", field="/ends", signs=signs)
    said = place[begins:ends][:EXCERPT_CHARS_MAX]
    if anchor.excerpt is not None and anchor.excerpt != said:
        raise ExcerptDiffers("This is not said there.", field="/excerpt")
    return replace(anchor, excerpt=said)


def check_parent(parent: Comment) -> None:
    """Check that a comment can be answered."""
    if parent.parent_id is not None:
        raise ReplyToReply("Answer the comment itself.", field="/parent_id")


def check_count(count: int) -> None:
    """Check that a story takes another comment."""
    if count >= COMMENTS_MAX:
        raise CommentsTooMany("Talk to each other.")


def settle(comment: Comment, actor: Actor, *, resolved: bool, at: datetime) -> Comment:
    """Resolve a comment, or open it again. Doing so twice is the same as once.

    It is for all who read it: those who see the working version.
    """
    check_parent(comment)
    if resolved == (comment.resolved_at is not None):
        return comment
    if resolved:
        return replace(comment, resolved_at=at, resolved_by=actor.person_id)
    return replace(comment, resolved_at=None, resolved_by=None)


def _field(content: Content, pointer: str) -> Any:
    place: Any = asdict(content)
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict) and name in place:
            place = place[name]
        elif isinstance(place, tuple | list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            raise FieldUnknown(f"The story has no {pointer}.", field="/pointer")
    return place
