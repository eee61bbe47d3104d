"""The rows of comments on stories."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, text
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class CommentRow(Row, table=True):
    """A comment on a place in a version of a story, or a reply to one."""

    __tablename__ = "story_comments"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index(
            "story_comments_unresolved",
            "tenant_id",
            "story_id",
            postgresql_where=text("resolved_at is null and parent_id is null"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    comment_id: UUID = Field(primary_key=True)
    parent_id: UUID | None
    version: int
    author_id: UUID
    pointer: str = Field(sa_type=String(200))
    begins: int | None
    ends: int | None
    excerpt: str | None = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    resolved_at: datetime | None = Field(sa_type=Instant)
    resolved_by: UUID | None
