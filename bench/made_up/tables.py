"""Notes behind the tenants' walls, and the same notes without them."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class Note(SQLModel, table=True):
    """A note that row-level security keeps."""

    __tablename__ = "notes"

    tenant_id: UUID = Field(primary_key=True)
    note_id: UUID = Field(primary_key=True)
    title: str
    words: str


class OpenNote(SQLModel, table=True):
    """The same, without policies."""

    __tablename__ = "open_notes"

    tenant_id: UUID = Field(primary_key=True)
    note_id: UUID = Field(primary_key=True)
    title: str
    words: str
