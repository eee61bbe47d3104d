"""The shapes of comments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.comments import EXCERPT_CHARS_MAX, Anchor, Comment
from services.content.schemas.stories import AuthorView

TEXT_CHARS_MAX = 2_000
OFFSET_MAX = 20_000
"""Twice the longest text of a story."""

Pointer = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^(/([^~/\x00]|~[01])*)+$"),
    Field(
        description="A field of the working version, as a JSON pointer (RFC 6901).",
        examples=["/variants/0/text"],
    ),
]

Offset = Annotated[int, Field(ge=0, le=OFFSET_MAX)]


class CommentIn(InShape):
    """Something to say about a place in the working version."""

    pointer: Pointer
    begins: Offset | None = Field(default=None, description="The first sign that is meant.")
    ends: Offset | None = Field(default=None, description="The sign after the last one.")
    excerpt: str | None = Field(
        default=None,
        max_length=EXCERPT_CHARS_MAX,
        description="What stands there as you read it; without it, it is quoted for you.",
    )
    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=TEXT_CHARS_MAX),
        Field(examples=["Is this the figure of last year?"]),
    ]
    parent_id: UUID | None = Field(default=None, description="The comment that this answers.")

    def anchor(self) -> Anchor:
        """Answer the place that is meant."""
        return Anchor(self.pointer, self.begins, self.ends, self.excerpt)


class CommentView(OutShape):
    """What somebody said about a place in a version, or in answer to that."""

    comment_id: UUID
    parent_id: UUID | None
    version: int
    author: AuthorView
    pointer: str
    begins: int | None
    ends: int | None
    excerpt: str | None
    text: str
    created_at: datetime
    resolved: bool
    resolved_at: datetime | None
    resolved_by: UUID | None


def view_comment(comment: Comment) -> CommentView:
    """Show a comment with its place."""
    anchor = comment.anchor
    return CommentView(
        comment_id=comment.comment_id,
        parent_id=comment.parent_id,
        version=comment.version,
        author=AuthorView.model_validate(comment.author),
        pointer=anchor.pointer,
        begins=anchor.begins,
        ends=anchor.ends,
        excerpt=anchor.excerpt,
        text=comment.text,
        created_at=comment.created_at,
        resolved=comment.resolved_at is not None,
        resolved_at=comment.resolved_at,
        resolved_by=comment.resolved_by,
    )
