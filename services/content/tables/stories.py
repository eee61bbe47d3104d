"""The rows of stories, their versions, and the trail of who did what to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class StoryRow(Row, table=True):
    """A story: which version is worked on, and which one is live."""

    __tablename__ = "stories"
    __table_args__: Any = (
        Index("stories_of_author", "tenant_id", "author_id", "story_id"),
        Index("stories_by_state", "tenant_id", "state", "story_id"),
        Index(
            "stories_to_expire",
            "live_until",
            postgresql_where=text("live_until is not null and not expired"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    author_id: UUID
    live_author_id: UUID | None
    state: str = Field(sa_type=String(32))
    version: int
    live_version: int | None
    approved_hash: str | None = Field(sa_type=String(64))
    submitted: bool
    created_at: datetime = Field(sa_type=Instant)
    live_until: datetime | None = Field(sa_type=Instant)
    expired: bool = Field(sa_column_kwargs={"server_default": text("false")})
    origin_id: UUID | None
    archived_at: datetime | None = Field(sa_type=Instant)
    trail_entries: int = Field(sa_column_kwargs={"server_default": "0"})
    trail_head: str | None = Field(sa_type=String(64))
    maker_ids: list[UUID] = Field(
        sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": text("'{}'")}
    )


class StoryVersionRow(Row, table=True):
    """What one version of a story says."""

    __tablename__ = "story_versions"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        Index("story_versions_of_campaign", "tenant_id", "campaign_id", "story_id"),
        Index(
            "story_versions_embargoes",
            "tenant_id",
            "embargo_until",
            postgresql_where=text("embargo_until is not null"),
        ),
        Index(
            "story_versions_ends",
            "tenant_id",
            "expires_at",
            postgresql_where=text("expires_at is not null"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    title: str = Field(sa_type=String(200))
    body: str = Field(sa_type=Text)
    link: str | None = Field(sa_type=String(2000))
    language: str = Field(sa_type=String(35))
    topics: list[str] = Field(sa_type=ARRAY(String(50)))
    variants: list[dict[str, Any]] = Field(sa_type=JSONB)
    audience: dict[str, Any] = Field(sa_type=JSONB)
    campaign_id: UUID | None
    embargo_until: datetime | None = Field(sa_type=Instant)
    expires_at: datetime | None = Field(sa_type=Instant)
    kind: str = Field(sa_type=String(32))
    communication_class: str = Field(sa_type=String(32))
    preview: dict[str, Any] | None = Field(sa_type=JSONB(none_as_null=True))
    media: list[dict[str, Any]] = Field(sa_type=JSONB)
    examples: list[dict[str, Any]] = Field(sa_type=JSONB)
    contributor_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    content_hash: str = Field(sa_type=String(64))


class TrailRow(Row, table=True):
    """One thing that somebody did to a story. Rows are only added: the app role may no more."""

    __tablename__ = "story_trail"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index(
            "story_trail_published",
            "tenant_id",
            "happened_at",
            postgresql_where=text("act = 'published'"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    act: str = Field(sa_type=String(32))
    actor_id: UUID | None
    version: int
    content_hash: str = Field(sa_type=String(64))
    reasons: list[str] = Field(sa_type=ARRAY(Text))
    happened_at: datetime = Field(sa_type=Instant)
    stage: str | None = Field(sa_type=String(40))
    on_behalf_of: UUID | None
    comment: str | None = Field(sa_type=Text)
    from_person_id: UUID | None
    to_person_id: UUID | None
    entry_hash: str | None = Field(sa_type=String(64))
