"""The rows of content; every one belongs to a tenant, and its key begins with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

METADATA = MetaData()

_Instant: Any = DateTime(timezone=True)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""


class CampaignRow(Row, table=True):
    """A campaign."""

    __tablename__ = "campaigns"

    tenant_id: UUID = Field(primary_key=True)
    campaign_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    purpose: str = Field(sa_type=String(32))
    starts_at: datetime | None = Field(sa_type=_Instant)
    ends_at: datetime | None = Field(sa_type=_Instant)
    opened_at: datetime = Field(sa_type=_Instant)
    closed_at: datetime | None = Field(sa_type=_Instant)


class StoryRow(Row, table=True):
    """A story: which version is worked on, and which one is live."""

    __tablename__ = "stories"
    __table_args__: Any = (
        Index("stories_of_author", "tenant_id", "author_id", "story_id"),
        Index("stories_by_state", "tenant_id", "state", "story_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    author_id: UUID
    state: str = Field(sa_type=String(32))
    version: int
    live_version: int | None
    approved_hash: str | None = Field(sa_type=String(64))
    submitted: bool
    created_at: datetime = Field(sa_type=_Instant)


class StoryVersionRow(Row, table=True):
    """What one version of a story says."""

    __tablename__ = "story_versions"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        Index("story_versions_of_campaign", "tenant_id", "campaign_id", "story_id"),
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
    embargo_until: datetime | None = Field(sa_type=_Instant)
    expires_at: datetime | None = Field(sa_type=_Instant)
    content_hash: str = Field(sa_type=String(64))


class TrailRow(Row, table=True):
    """One thing that somebody did to a story. Rows are only added: the app role may no more."""

    __tablename__ = "story_trail"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    act: str = Field(sa_type=String(32))
    actor_id: UUID
    version: int
    content_hash: str = Field(sa_type=String(64))
    reasons: list[str] = Field(sa_type=ARRAY(Text))
    happened_at: datetime = Field(sa_type=_Instant)
