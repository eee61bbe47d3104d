"""The rows of pauses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class PauseRow(Row, table=True):
    """A time in which a company publishes nothing. Rows are evidence: none is ever deleted."""

    __tablename__ = "pauses"
    __table_args__: Any = (
        Index(
            "pauses_not_ended",
            "tenant_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    pause_id: UUID = Field(primary_key=True)
    reason: str = Field(sa_type=String(1000))
    paused_by: UUID
    paused_at: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)
    lifted_by: UUID | None
