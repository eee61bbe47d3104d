"""The rows of guidelines, their versions, and who has acknowledged which."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class GuidelineRow(Row, table=True):
    """A guideline: which version is worked on, and which one holds."""

    __tablename__ = "guidelines"

    tenant_id: UUID = Field(primary_key=True)
    guideline_id: UUID = Field(primary_key=True)
    version: int
    published_version: int | None
    created_at: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(sa_type=Instant)


class GuidelineVersionRow(Row, table=True):
    """What one version of a guideline says. Empty audience lists ask for nothing."""

    __tablename__ = "guideline_versions"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "guideline_id"], ["guidelines.tenant_id", "guidelines.guideline_id"]
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    guideline_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    advice: list[dict[str, Any]] = Field(sa_type=JSONB)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    team_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    regions: list[str] = Field(sa_type=ARRAY(String(100)))
    countries: list[str] = Field(sa_type=ARRAY(String(2)))
    languages: list[str] = Field(sa_type=ARRAY(String(35)))
    published_at: datetime | None = Field(sa_type=Instant)


class AcknowledgementRow(Row, table=True):
    """That a person has read a version of a guideline."""

    __tablename__ = "guideline_acknowledgements"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "guideline_id", "version"],
            [
                "guideline_versions.tenant_id",
                "guideline_versions.guideline_id",
                "guideline_versions.version",
            ],
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    guideline_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    acknowledgement_id: UUID
    acknowledged_at: datetime = Field(sa_type=Instant)
