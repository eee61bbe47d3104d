"""The rows of ideas, and of votes for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class IdeaRow(Row, table=True):
    """An idea, and how many voted for it."""

    __tablename__ = "ideas"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.campaign_id"]
        ),
        ForeignKeyConstraint(["tenant_id", "story_id"], ["stories.tenant_id", "stories.story_id"]),
        Index("ideas_of_author", "tenant_id", "author_id", "idea_id"),
        Index("ideas_by_votes", "tenant_id", "votes", "idea_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    idea_id: UUID = Field(primary_key=True)
    author_id: UUID
    title: str = Field(sa_type=String(200))
    text: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(35))
    topics: list[str] = Field(sa_type=ARRAY(String(50)))
    campaign_id: UUID | None
    state: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=Text)
    votes: int
    story_id: UUID | None
    submitted_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(sa_type=Instant)


class IdeaVoteRow(Row, table=True):
    """One person's vote for an idea: kept to count it once, and shown to nobody."""

    __tablename__ = "idea_votes"
    __table_args__: Any = (
        ForeignKeyConstraint(["tenant_id", "idea_id"], ["ideas.tenant_id", "ideas.idea_id"]),
    )

    tenant_id: UUID = Field(primary_key=True)
    idea_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
