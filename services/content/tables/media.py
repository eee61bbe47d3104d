"""The rows of pictures, of permissions of the people shown, and of which stories show them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class MediaRow(Row, table=True):
    """A picture, when to ask whether it may still be shown, and when to see to its bytes next."""

    __tablename__ = "media"
    __table_args__: Any = (
        Index("media_of_uploader", "tenant_id", "uploaded_by", "media_id"),
        Index("media_due", "sweep_at", postgresql_where=text("sweep_at is not null")),
        Index(
            "media_to_ask",
            "ask_at",
            postgresql_where=text("state = 'ready' and ask_at is not null"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    media_id: UUID = Field(primary_key=True)
    state: str = Field(sa_type=String(16))
    filename: str | None = Field(sa_type=String(200))
    content_type: str = Field(sa_type=String(50))
    bytes: int = Field(sa_type=BigInteger)
    sha256: str | None = Field(sa_type=String(64))
    width: int | None
    height: int | None
    alt_texts: dict[str, str] = Field(sa_type=JSONB)
    origin: dict[str, Any] = Field(sa_type=JSONB)
    people_shown: int
    in_library: bool
    uploaded_by: UUID
    object_name: str = Field(sa_type=String(64))
    created_at: datetime = Field(sa_type=Instant)
    ready_at: datetime | None = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(sa_type=Instant)
    review_since: datetime | None = Field(sa_type=Instant)
    cleared: bool
    erased: bool
    ask_at: datetime | None = Field(sa_type=Instant)
    sweep_at: datetime | None = Field(sa_type=Instant)


class PermissionRow(Row, table=True):
    """What one person shown in a picture has permitted. A name stands here and nowhere else."""

    __tablename__ = "media_permissions"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "media_id"], ["media.tenant_id", "media.media_id"]),
        Index("media_permissions_of_media", "tenant_id", "media_id", "permission_id"),
        Index("media_permissions_of_person", "tenant_id", "person_id", "media_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    permission_id: UUID = Field(primary_key=True)
    media_id: UUID
    person_id: UUID | None
    outside_name: str | None = Field(sa_type=String(200))
    purposes: list[str] = Field(sa_type=ARRAY(String(32)))
    networks: list[str] = Field(sa_type=ARRAY(String(32)))
    holds_from: datetime = Field(sa_type=Instant)
    holds_until: datetime | None = Field(sa_type=Instant)
    how_given: str = Field(sa_type=String(1000))
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(sa_type=Instant)
    left_at: datetime | None = Field(sa_type=Instant)


class StoryMediaRow(Row, table=True):
    """That a story shows a picture: in the version worked on, in the live one, or in both."""

    __tablename__ = "story_media"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        ForeignKeyConstraint(["tenant_id", "media_id"], ["media.tenant_id", "media.media_id"]),
        Index("story_media_of_story", "tenant_id", "story_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    media_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    working: bool
    live: bool
