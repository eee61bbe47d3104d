"""The rows of how stories did."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class StoryFigureRow(Row, table=True):
    """How often something was done with a story's shares, as far as metrics has told."""

    __tablename__ = "story_figures"

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=String(16), primary_key=True)
    total: int = Field(sa_type=BigInteger)
    since: datetime = Field(sa_type=Instant)
    as_of: datetime = Field(sa_type=Instant)


class StorySharerRow(Row, table=True):
    """Who shared a story: only to know whether five did, so hardly more than five are kept."""

    __tablename__ = "story_sharers"

    tenant_id: UUID = Field(primary_key=True)
    story_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
