"""The rows that plans of any kind have: who is asked to take part, and who decided what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class PlanInvitationRow(Row, table=True):
    """That somebody was asked to take part in a campaign or a plan item, and what they said."""

    __tablename__ = "plan_invitations"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["plan_items.tenant_id", "plan_items.item_id"]
        ),
        Index("plan_invitations_of_person", "tenant_id", "person_id", "invitation_id"),
        Index(
            "plan_invitations_once",
            "tenant_id",
            "campaign_id",
            "item_id",
            "person_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(campaign_id, item_id) = 1", name="plan_invitations_of_one"),
    )

    tenant_id: UUID = Field(primary_key=True)
    invitation_id: UUID = Field(primary_key=True)
    campaign_id: UUID | None
    item_id: UUID | None
    person_id: UUID
    answer: str = Field(sa_type=String(16))
    invited_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(sa_type=Instant)


class PlanTrailRow(Row, table=True):
    """One thing that was decided about a plan. Rows are only added: the app role may no more."""

    __tablename__ = "plan_trail"

    tenant_id: UUID = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    act: str = Field(sa_type=String(32))
    actor_id: UUID
    reason: str | None = Field(sa_type=Text)
    happened_at: datetime = Field(sa_type=Instant)
