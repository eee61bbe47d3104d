"""The rows of recognition; every one belongs to a tenant, and its key begins with it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

METADATA = MetaData()


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""


class TenantSettingsRow(Row, table=True):
    """What a tenant has decided; also the lock of whoever changes its rules."""

    __tablename__ = "tenant_settings"

    tenant_id: UUID = Field(primary_key=True)
    board_enabled: bool
    board_switched_by: str | None = Field(sa_type=String(32))


class RuleRow(Row, table=True):
    """A rule that the tenant made or changed; the untouched defaults have no row."""

    __tablename__ = "rules"

    tenant_id: UUID = Field(primary_key=True)
    rule_id: UUID = Field(primary_key=True)
    trigger: str = Field(sa_type=String(32))
    name: str = Field(sa_type=String(100))
    points: int
    daily_points_max: int | None
    active: bool


class EnrolmentRow(Row, table=True):
    """A person takes part in a program: only they can earn (V1)."""

    __tablename__ = "enrolments"

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    program_id: UUID = Field(primary_key=True)


class EnrolmentStepRow(Row, table=True):
    """A person joined a program or left it: all that was heard of it, in whatever order."""

    __tablename__ = "enrolment_steps"
    __table_args__: Any = (Index("enrolment_steps_of_person", "tenant_id", "person_id"),)

    tenant_id: UUID = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    place: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    person_id: UUID
    program_id: UUID
    joined: bool
    at: datetime = Field(sa_type=DateTime(timezone=True))


class StayRow(Row, table=True):
    """A time in which a person takes part, as the steps tell; the last one tells who has left."""

    __tablename__ = "stays"

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    stay_id: UUID = Field(primary_key=True)
    joined_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    left_at: datetime | None = Field(sa_type=DateTime(timezone=True))


class EarlyHappeningRow(Row, table=True):
    """A happening that was read before it is known whether its person has joined; swept."""

    __tablename__ = "early_happenings"
    __table_args__: Any = (
        Index("early_happenings_of_person", "tenant_id", "person_id"),
        Index("early_happenings_kept", "tenant_id", "kept_at"),
    )

    tenant_id: UUID = Field(primary_key=True)
    cause_id: UUID = Field(primary_key=True)
    place: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    person_id: UUID
    trigger: str = Field(sa_type=String(32))
    units: int = Field(sa_type=BigInteger)
    share_id: UUID | None
    story_id: UUID | None
    lesson_id: UUID | None
    happened_at: datetime = Field(sa_type=DateTime(timezone=True))
    kept_at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )


class RankingConsentRow(Row, table=True):
    """Whether a person wants to be ranked, and when they said so last."""

    __tablename__ = "ranking_consents"

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    given: bool = Field(sa_column_kwargs={"server_default": "true"})
    as_of: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )


class LedgerRow(Row, table=True):
    """One entry of the ledger, for good: the app role may not change or delete it."""

    __tablename__ = "ledger"
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "rule_id", "cause_id"),
        Index("ledger_of_person", "tenant_id", "person_id", "happened_at", "entry_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    person_id: UUID
    points: int = Field(sa_type=BigInteger)
    units: int
    cut: bool
    rule_id: UUID
    rule_name: str = Field(sa_type=String(100))
    trigger: str = Field(sa_type=String(32))
    cause_id: UUID
    share_id: UUID | None
    story_id: UUID | None
    lesson_id: UUID | None
    day: date
    happened_at: datetime = Field(sa_type=DateTime(timezone=True))


class TallyRow(Row, table=True):
    """What a rule gave a person on one day for one thing: keeps caps and corrections."""

    __tablename__ = "tallies"

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    rule_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    units: int = Field(sa_type=BigInteger)
    earned: int = Field(sa_type=BigInteger)
    awarded: int = Field(sa_type=BigInteger)


class BalanceRow(Row, table=True):
    """A person's points in all; also the lock of whoever books for them."""

    __tablename__ = "balances"
    __table_args__: Any = (Index("balances_by_points", "tenant_id", "points", "person_id"),)

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    points: int = Field(sa_type=BigInteger)


class MonthTotalRow(Row, table=True):
    """A person's points of one month of the tenant's calendar."""

    __tablename__ = "month_totals"
    __table_args__: Any = (
        Index("month_totals_by_points", "tenant_id", "month", "points", "person_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    month: date = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    points: int = Field(sa_type=BigInteger)
