"""The rows of approval: policies, rounds, what waits for whom, delegations, and regulation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class PolicyRow(Row, table=True):
    """An approval policy."""

    __tablename__ = "approval_policies"

    tenant_id: UUID = Field(primary_key=True)
    policy_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=String(200))
    kinds: list[str] = Field(sa_type=ARRAY(String(32)))
    campaign_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    stages: list[dict[str, Any]] = Field(sa_type=JSONB)
    comments_must_be_resolved: bool
    created_at: datetime = Field(sa_type=Instant)
    archived_at: datetime | None = Field(sa_type=Instant)


class RoundRow(Row, table=True):
    """A review round of a story, with the plan that it keeps; `wake_at` is when time speaks."""

    __tablename__ = "review_rounds"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index("review_rounds_by_age", "tenant_id", "submitted_at", "story_id", "round"),
        Index(
            "review_rounds_of_class",
            "tenant_id",
            "communication_class",
            "submitted_at",
            "story_id",
            "round",
        ),
        Index("review_rounds_due", "wake_at", postgresql_where=text("wake_at is not null")),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    round: int = Field(primary_key=True)
    version: int
    content_hash: str = Field(sa_type=String(64))
    plan: dict[str, Any] = Field(sa_type=JSONB)
    state: str = Field(sa_type=String(32))
    submitted_at: datetime = Field(sa_type=Instant)
    stage_index: int
    stage: str = Field(sa_type=String(40))
    stage_since: datetime = Field(sa_type=Instant)
    due_at: datetime | None = Field(sa_type=Instant)
    wake_at: datetime | None = Field(sa_type=Instant)
    marks_passed: int
    approvals: list[dict[str, Any]] = Field(sa_type=JSONB)
    approvals_missing: int
    kind: str = Field(sa_type=String(32))
    campaign_id: UUID | None
    communication_class: str = Field(sa_type=String(32))


class TaskRow(Row, table=True):
    """That the stage of an open round waits for whoever has a role, is in a team, or is named.

    What a queue is filtered by stands here too, so that one index answers it.
    """

    __tablename__ = "review_tasks"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "story_id", "round"],
            ["review_rounds.tenant_id", "review_rounds.story_id", "review_rounds.round"],
        ),
        Index("review_tasks_waiting", "tenant_id", "waits_for", "submitted_at", "story_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    waits_for: str = Field(sa_type=String(64), primary_key=True)
    round: int
    submitted_at: datetime = Field(sa_type=Instant)
    stage: str = Field(sa_type=String(40))
    policy_id: UUID | None
    due_at: datetime | None = Field(sa_type=Instant)
    kind: str = Field(sa_type=String(32))
    campaign_id: UUID | None
    communication_class: str = Field(sa_type=String(32))
    barred: list[UUID] = Field(sa_type=ARRAY(Uuid))


class DelegationRow(Row, table=True):
    """That one person decides in another's name for a time."""

    __tablename__ = "delegations"
    __table_args__: Any = (
        Index("delegations_to", "tenant_id", "to_person_id", "ends_at"),
        Index("delegations_from", "tenant_id", "from_person_id", "delegation_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    delegation_id: UUID = Field(primary_key=True)
    from_person_id: UUID
    to_person_id: UUID
    begins_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    policy_id: UUID | None
    stage: str | None = Field(sa_type=String(40))
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)


class RegulationRow(Row, table=True):
    """Whether a tenant is regulated from some instant on. Rows are only added: it is evidence."""

    __tablename__ = "approval_settings"

    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    regulated: bool
    retention_years: int
    principals: dict[str, Any] = Field(sa_type=JSONB)
    changed_by: UUID
    changed_at: datetime = Field(sa_type=Instant)
