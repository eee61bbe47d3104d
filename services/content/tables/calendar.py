"""The rows of the editorial calendar: what is planned, and who follows it from elsewhere."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class PlanItemRow(Row, table=True):
    """Something that is planned, for an instant or for a whole day."""

    __tablename__ = "plan_items"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index("plan_items_at", "tenant_id", "planned_at"),
        Index("plan_items_on", "tenant_id", "planned_on"),
        CheckConstraint("num_nonnulls(planned_at, planned_on) = 1", name="plan_items_of_one_time"),
    )

    tenant_id: UUID = Field(primary_key=True)
    item_id: UUID = Field(primary_key=True)
    title: str = Field(sa_type=String(200))
    campaign_id: UUID | None
    planned_at: datetime | None = Field(sa_type=Instant)
    planned_on: date | None
    networks: list[str] = Field(sa_type=ARRAY(String(32)))
    language: str | None = Field(sa_type=String(35))
    audience: dict[str, Any] = Field(sa_type=JSONB)
    responsible_id: UUID | None
    story_id: UUID | None
    created_by: UUID
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    revision: int
    dropped_at: datetime | None = Field(sa_type=Instant)


class CalendarFeedRow(Row, table=True):
    """One address by which a person's calendar is read elsewhere; of its token only a hash."""

    __tablename__ = "calendar_feeds"
    __table_args__: Any = (Index("calendar_feeds_of_person", "tenant_id", "person_id", "feed_id"),)

    tenant_id: UUID = Field(primary_key=True)
    feed_id: UUID = Field(primary_key=True)
    person_id: UUID
    name: str = Field(sa_type=String(100))
    campaign_id: UUID | None
    network: str | None = Field(sa_type=String(32))
    language: str | None = Field(sa_type=String(35))
    mine: bool
    token_hash: str = Field(sa_type=String(64))
    created_at: datetime = Field(sa_type=Instant)
    renewed_at: datetime = Field(sa_type=Instant)


class CalendarDoorRow(Row, table=True):
    """Outside the tenants' walls: whose feed an address is, by the SHA-256 of its token."""

    __tablename__ = "calendar_doors"

    token_hash: str = Field(sa_type=String(64), primary_key=True)
    tenant_id: UUID
    feed_id: UUID
