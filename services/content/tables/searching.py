"""The rows by which stories are found, and those that are pinned."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class StorySearchRow(Row, table=True):
    """A story as some find it: its working version, or the live one as readers see it.

    Written by the database's `index_stories` alone, and read by its `find_stories`.
    """

    __tablename__ = "story_search"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index(
            "story_search_document",
            "document",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index("story_search_by_title", "tenant_id", "title_key", "story_id"),
        Index(
            "story_search_by_end",
            *("tenant_id", "expires_at", "story_id"),
            postgresql_where="expires_at is not null",
        ),
        Index(
            "story_search_pinned",
            *("tenant_id", "story_id"),
            postgresql_where="pinned_until is not null",
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    seen: str = Field(primary_key=True, sa_type=String(8))
    version: int
    title_key: str = Field(sa_column=Column(String(32, collation="C"), nullable=False))
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(sa_type=Instant)
    pinned_until: datetime | None = Field(sa_type=Instant)
    labels: list[str] = Field(sa_type=ARRAY(Text))
    document: str = Field(sa_type=TSVECTOR)


class PinRow(Row, table=True):
    """That a story stands before the others, and until when."""

    __tablename__ = "pins"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    pinned_by: UUID
    pinned_at: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(sa_type=Instant)
