"""The rows of the directory; every one belongs to a tenant, and its key begins with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

METADATA = MetaData()


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""


class TenantDoorRow(Row, table=True):
    """Outside the tenants' walls: which slug and issuer are whose, before a tenant is known."""

    __tablename__ = "tenant_doors"

    tenant_id: UUID = Field(primary_key=True)
    slug: str = Field(sa_column=Column(String(63), nullable=False, unique=True))
    issuer: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name: str = Field(sa_type=String(200))
    active: bool


class TenantRow(Row, table=True):
    """A company."""

    __tablename__ = "tenants"

    tenant_id: UUID = Field(primary_key=True)
    slug: str = Field(sa_type=String(63))
    name: str = Field(sa_type=String(200))
    issuer: str = Field(sa_type=Text)
    jwks_uri: str = Field(sa_type=Text)
    audience: str = Field(sa_type=String(255))
    country: str = Field(sa_type=String(2))
    language: str = Field(sa_type=String(35))
    time_zone: str = Field(sa_type=String(64))
    active: bool
    changed_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": "epoch"}
    )


class TeamRow(Row, table=True):
    """A team."""

    __tablename__ = "teams"
    __table_args__: Any = (UniqueConstraint("tenant_id", "name"),)

    tenant_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(100))


class PersonRow(Row, table=True):
    """A person."""

    __tablename__ = "people"
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "subject"),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["teams.tenant_id", "teams.team_id"]),
        Index("people_of_team", "tenant_id", "team_id", "person_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    subject: str = Field(sa_type=String(255))
    display_name: str = Field(sa_type=String(200))
    team_id: UUID | None
    region: str | None = Field(sa_type=String(100))
    country: str | None = Field(sa_type=String(2))
    language: str | None = Field(sa_type=String(35))
    time_zone: str | None = Field(sa_type=String(64))
    leader: bool
    roles: list[str] = Field(sa_column=Column(ARRAY(String(32)), nullable=False))
    active: bool
    changed_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": "epoch"}
    )
