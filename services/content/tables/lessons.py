"""The rows of lessons, their versions, and how far people are with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class LessonRow(Row, table=True):
    """A lesson: which version is worked on, and which one is published."""

    __tablename__ = "lessons"

    tenant_id: UUID = Field(primary_key=True)
    lesson_id: UUID = Field(primary_key=True)
    state: str = Field(sa_type=String(16))
    version: int
    live_version: int | None
    created_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(sa_type=Instant)


class LessonVersionRow(Row, table=True):
    """What one version of a lesson says."""

    __tablename__ = "lesson_versions"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "lesson_id"], ["lessons.tenant_id", "lessons.lesson_id"]
        ),
        Index("lesson_versions_in_order", "tenant_id", "topic", "position", "lesson_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    lesson_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    title: str = Field(sa_type=String(200))
    text: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(35))
    topic: str = Field(sa_type=String(50))
    position: int
    minutes: int
    roles: list[str] = Field(sa_type=ARRAY(String(32)))
    questions: list[dict[str, Any]] = Field(sa_type=JSONB)


class LessonProgressRow(Row, table=True):
    """How far a person is with a lesson: tries of late, and whether it is completed."""

    __tablename__ = "lesson_progress"
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["tenant_id", "lesson_id"], ["lessons.tenant_id", "lessons.lesson_id"]
        ),
        Index("lesson_progress_of_person", "tenant_id", "person_id", "lesson_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    lesson_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    tries: int
    tried_since: datetime | None = Field(sa_type=Instant)
    completed_version: int | None
    completed_at: datetime | None = Field(sa_type=Instant)
