"""The rows of metrics; every one but a link's door belongs to a tenant."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, MetaData, String, Text, func
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

METADATA = MetaData()


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""


class LinkDoorRow(Row, table=True):
    """Outside the tenants' walls: whose a link is, for strangers who follow it."""

    __tablename__ = "link_doors"

    code: str = Field(sa_column=Column(String(32), primary_key=True))
    tenant_id: UUID
    share_id: UUID
    target: str = Field(sa_type=Text)


class SubjectRow(Row, table=True):
    """A story or campaign that figures may be asked for."""

    __tablename__ = "subjects"

    tenant_id: UUID = Field(primary_key=True)
    subject_kind: str = Field(sa_column=Column(String(16), primary_key=True))
    subject_id: UUID = Field(primary_key=True)


class ShareRow(Row, table=True):
    """A share, and where its engagement counts."""

    __tablename__ = "shares"
    __table_args__: Any = (
        Index("shares_of_story", "tenant_id", "story_id", "person_id"),
        Index("shares_of_campaign", "tenant_id", "campaign_id", "person_id"),
        Index("shares_of_person", "tenant_id", "person_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    story_id: UUID
    campaign_id: UUID | None
    person_id: UUID
    network: str = Field(sa_type=String(32))
    code: str | None = Field(sa_type=String(32))
    published: bool


class ShareWindowRow(Row, table=True):
    """A share's engagement of one kind in one quarter of an hour (UTC)."""

    __tablename__ = "share_windows"

    tenant_id: UUID = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_column=Column(String(16), primary_key=True))
    window_start: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    counted: int = Field(sa_type=BigInteger)
    robots: int = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger)


class DailyRollupRow(Row, table=True):
    """What a source told of a subject on one day of the tenant's zone."""

    __tablename__ = "daily_rollups"

    tenant_id: UUID = Field(primary_key=True)
    subject_kind: str = Field(sa_column=Column(String(16), primary_key=True))
    subject_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    kind: str = Field(sa_column=Column(String(16), primary_key=True))
    source: str = Field(sa_column=Column(String(40), primary_key=True))
    counted: int = Field(sa_type=BigInteger)
    robots: int = Field(sa_type=BigInteger)
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class EarlyEngagementRow(Row, table=True):
    """An engagement that was heard of before its share or its tenant was; swept."""

    __tablename__ = "early_engagements"
    __table_args__: Any = (
        Index("early_engagements_of_share", "tenant_id", "share_id"),
        Index("early_engagements_kept", "tenant_id", "kept_at"),
    )

    tenant_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    share_id: UUID
    kind: str = Field(sa_type=String(16))
    source: str = Field(sa_type=String(40))
    happened_at: datetime = Field(sa_type=DateTime(timezone=True))
    suspected_robot: bool
    kept_at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
