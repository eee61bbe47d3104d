"""The rows of campaigns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class CampaignRow(Row, table=True):
    """A campaign."""

    __tablename__ = "campaigns"

    tenant_id: UUID = Field(primary_key=True)
    campaign_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    purpose: str = Field(sa_type=String(32))
    starts_at: datetime | None = Field(sa_type=Instant)
    ends_at: datetime | None = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(sa_type=Instant)
    description: str | None = Field(sa_type=Text)
    owner_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    objectives: list[dict[str, Any]] = Field(sa_type=JSONB)
    revision: int
    changed_at: datetime = Field(sa_type=Instant)
