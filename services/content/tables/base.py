"""What every row of content is made on."""

from typing import Any

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

METADATA = MetaData()

Instant: Any = DateTime(timezone=True)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of this service."""
