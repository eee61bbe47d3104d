"""The rows of sources, and of the items that were found in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class SourceRow(Row, table=True):
    """A feed, how it is asked, and how it went."""

    __tablename__ = "sources"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        Index("sources_due", "due_at", postgresql_where=text("due_at is not null")),
    )

    tenant_id: UUID = Field(primary_key=True)
    source_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    url: str = Field(sa_type=String(2000))
    host: str = Field(sa_type=String(253))
    language: str = Field(sa_type=String(35))
    topics: list[str] = Field(sa_type=ARRAY(String(50)))
    campaign_id: UUID | None
    interval_minutes: int
    paused: bool
    ended_because: str | None = Field(sa_type=String(32))
    format: str | None = Field(sa_type=String(8))
    problem: str | None = Field(sa_type=String(32))
    failures: int
    created_at: datetime = Field(sa_type=Instant)
    polled_at: datetime | None = Field(sa_type=Instant)
    succeeded_at: datetime | None = Field(sa_type=Instant)
    due_at: datetime | None = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)
    lease_id: UUID | None
    etag: str | None = Field(sa_type=String(500))
    last_modified: str | None = Field(sa_type=String(100))


class SourceItemRow(Row, table=True):
    """What was found in a source, and what became of it."""

    __tablename__ = "source_items"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["sources.tenant_id", "sources.source_id"],
            ondelete="cascade",
        ),
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        UniqueConstraint("tenant_id", "source_id", "key"),
        Index("source_items_of_source", "tenant_id", "source_id", "item_id"),
        Index("source_items_by_state", "tenant_id", "state", "item_id"),
        Index("source_items_by_link", "tenant_id", "link_key"),
    )

    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    source_id: UUID
    key: str = Field(sa_type=String(64))
    link_key: str | None = Field(sa_type=String(64))
    title: str = Field(sa_type=String(200))
    excerpt: str = Field(sa_type=Text)
    link: str | None = Field(sa_type=String(2000))
    published_at: datetime | None = Field(sa_type=Instant)
    found_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=String(16))
    story_id: UUID | None
