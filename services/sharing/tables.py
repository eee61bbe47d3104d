"""The rows of sharing; every one belongs to a tenant, but the doors, which lead to one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.sealing import TENANT_KEYS

METADATA = MetaData()
TENANT_KEYS.to_metadata(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


class ProgramRow(Row, table=True):
    """A program."""

    __tablename__ = "programs"

    tenant_id: UUID = Field(primary_key=True)
    program_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    state: str = Field(sa_type=String(16))
    opened_at: datetime = _instant()
    closed_at: datetime | None = _instant(nullable=True)


class AdvocateRow(Row, table=True):
    """The lock under which everything of a person changes; `active` says whether they take part."""

    __tablename__ = "advocates"

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    active: bool


class EnrolmentRow(Row, table=True):
    """A person's part in a program."""

    __tablename__ = "enrolments"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "program_id"], ["programs.tenant_id", "programs.program_id"]
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    program_id: UUID = Field(primary_key=True)
    joined_at: datetime = _instant()
    left_at: datetime | None = _instant(nullable=True)


class ConsentRow(Row, table=True):
    """A yes, kept after it was withdrawn: evidence of what was asked, and when."""

    __tablename__ = "consents"
    __table_args__: Any = (
        Index(
            "consents_given",
            "tenant_id",
            "person_id",
            "purpose",
            "network",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    consent_id: UUID = Field(primary_key=True)
    person_id: UUID
    purpose: str = Field(sa_type=String(32))
    network: str | None = Field(sa_type=String(32))
    text_version: str = Field(sa_type=String(32))
    given_at: datetime = _instant()
    withdrawn_at: datetime | None = _instant(nullable=True)


class AccountRow(Row, table=True):
    """A profile on a network, its tokens sealed for this very row."""

    __tablename__ = "accounts"
    __table_args__: Any = (
        Index(
            "accounts_of_person",
            "tenant_id",
            "person_id",
            "network",
            "network_user_id",
            unique=True,
        ),
        Index(
            "accounts_connected",
            "tenant_id",
            "network",
            "network_user_id",
            unique=True,
            postgresql_where=text("state = 'connected'"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    person_id: UUID
    network: str = Field(sa_type=String(32))
    network_user_id: str = Field(sa_type=String(255))
    handle: str = Field(sa_type=String(255))
    state: str = Field(sa_type=String(16))
    connected_at: datetime = _instant()
    disconnected_at: datetime | None = _instant(nullable=True)
    reason: str | None = Field(sa_type=String(32))
    access_token: bytes | None = Field(sa_type=LargeBinary)
    refresh_token: bytes | None = Field(sa_type=LargeBinary)
    expires_at: datetime | None = _instant(nullable=True)


class RevocationRow(Row, table=True):
    """A token that the network must still be told to forget."""

    __tablename__ = "revocations"

    tenant_id: UUID = Field(primary_key=True)
    revocation_id: UUID = Field(primary_key=True)
    account_id: UUID
    network: str = Field(sa_type=String(32))
    place: str = Field(sa_type=String(100))
    token: bytes = Field(sa_type=LargeBinary)
    attempts: int
    due_at: datetime = _instant()


class ConnectionDoorRow(Row, table=True):
    """Outside the tenants' walls: whose connection attempt a network's answer belongs to."""

    __tablename__ = "connection_doors"
    __table_args__: Any = (Index("connection_doors_expiry", "expires_at"),)

    state_hash: str = Field(sa_column=Column(String(64), primary_key=True))
    tenant_id: UUID
    person_id: UUID
    network: str = Field(sa_type=String(32))
    verifier: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = _instant()


class StoryRow(Row, table=True):
    """Our copy of a story's live version. Empty audience lists ask for nothing."""

    __tablename__ = "stories"
    __table_args__: Any = (Index("stories_newest", "tenant_id", "live_from", "story_id"),)

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    version: int
    author_id: UUID
    campaign_id: UUID | None
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    link: str | None = Field(sa_type=Text)
    language: str = Field(sa_type=String(35))
    topics: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    variants: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    media: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    networks: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    team_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    regions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    countries: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    languages: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    embargo_until: datetime | None = _instant(nullable=True)
    expires_at: datetime | None = _instant(nullable=True)
    published_at: datetime = _instant()
    live_from: datetime = _instant()
    withdrawn_at: datetime | None = _instant(nullable=True)


class WithdrawnMediaRow(Row, table=True):
    """A picture that must not be shown, in whichever story, heard of before or after it."""

    __tablename__ = "withdrawn_media"

    tenant_id: UUID = Field(primary_key=True)
    media_id: UUID = Field(primary_key=True)
    withdrawn_at: datetime = _instant()


class WithdrawalRow(Row, table=True):
    """A story that was withdrawn before we heard of it: its publication may still come, late."""

    __tablename__ = "withdrawals"

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    withdrawn_at: datetime = Field(sa_type=DateTime(timezone=True))


class PauseRow(Row, table=True):
    """A time in which nothing is posted: until it is resumed, or its end is over where it has one.

    It is kept for what waited meanwhile, and because a late word of its beginning may follow.
    """

    __tablename__ = "pauses"

    tenant_id: UUID = Field(primary_key=True)
    pause_id: UUID = Field(primary_key=True)
    until: datetime | None = _instant(nullable=True)
    resumed_at: datetime | None = _instant(nullable=True)


class GuidelineRow(Row, table=True):
    """The rules of a guideline's latest version; of one that is retired none hold."""

    __tablename__ = "guidelines"

    tenant_id: UUID = Field(primary_key=True)
    guideline_id: UUID = Field(primary_key=True)
    version: int
    rules: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    retired: bool


class ShareRow(Row, table=True):
    """A share. `wake_at` is what the publisher sweeps for."""

    __tablename__ = "shares"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.account_id"]
        ),
        Index("shares_of_person", "tenant_id", "person_id", "share_id"),
        Index("shares_of_story", "tenant_id", "story_id", "state"),
        Index(
            "shares_to_wake",
            "tenant_id",
            "wake_at",
            postgresql_where=text("wake_at is not null"),
        ),
    )

    tenant_id: UUID = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    person_id: UUID
    account_id: UUID
    story_id: UUID
    story_version: int
    campaign_id: UUID | None
    network: str = Field(sa_type=String(32))
    state: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(100))
    words: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(35))
    disclosure: str = Field(sa_type=String(16))
    own_words: bool
    decision: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    findings: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    code: str | None = Field(sa_type=String(32))
    link: str | None = Field(sa_type=Text)
    target: str | None = Field(sa_type=Text)
    traceparent: str | None = Field(sa_type=String(64))
    created_at: datetime = _instant()
    wake_at: datetime | None = _instant(nullable=True)
    lease: UUID | None
    attempts: int
    looks: int
    sent_at: datetime | None = _instant(nullable=True)
    uncertain_since: datetime | None = _instant(nullable=True)
    published_at: datetime | None = _instant(nullable=True)
    post_id: str | None = Field(sa_type=String(255))
    post_url: str | None = Field(sa_type=Text)
    revision: int


class ShareStepRow(Row, table=True):
    """One step in a share's life."""

    __tablename__ = "share_steps"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "share_id"], ["shares.tenant_id", "shares.share_id"]),
    )

    tenant_id: UUID = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    state: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(100))
    at: datetime = _instant()
