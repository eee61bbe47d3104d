"""Messages that cannot be read or were refused are parked with their reason, never lost."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.kafka import Record
from chassis.outbox import BACKBONE

_LEGIBLE = " !\"#$&'()*+,/:;<=>?@[]{|}"
"""What stays as it is in a kept header; the rest, and above all NUL, is percent-encoded."""

REASON_CHARS_MAX = 2000
"""Enough for a validation report; a reason is read by people."""

DEAD_LETTERS = Table(
    "dead_letters",
    BACKBONE,
    Column("id", Uuid, primary_key=True),
    Column("consumer", String(64), nullable=False),
    Column("topic", String(249), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("record_offset", BigInteger, nullable=False),
    Column("record_key", LargeBinary, nullable=True),
    Column("record_value", LargeBinary, nullable=True),
    Column("record_headers", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Column("state", String(16), nullable=False, server_default="parked"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("settled_at", DateTime(timezone=True), nullable=True),
    Column("settled_by", String(255), nullable=True),
    Column("settled_why", Text, nullable=True),
    Index("dead_letters_parked", "parked_at", postgresql_where=text("state = 'parked'")),
    UniqueConstraint("consumer", "topic", "partition", "record_offset"),
)


async def park(
    session: AsyncSession, consumer: str, record: Record, *, reason: str, at: datetime
) -> None:
    """Park one record; the same record again changes nothing."""
    row = {
        "id": new_id(),
        "consumer": consumer,
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "record_key": record.key,
        "record_value": record.value,
        "record_headers": _kept(record.headers),
        "reason": _printable(reason)[:REASON_CHARS_MAX],
        "parked_at": at,
    }
    await (await session.connection()).execute(
        insert(DEAD_LETTERS).values(row).on_conflict_do_nothing()
    )


def _kept(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, str | None]]:
    """Keep every byte of what need not be text, in a way that PostgreSQL can keep."""
    return [
        (quote(name, _LEGIBLE), None if value is None else quote(value, _LEGIBLE))
        for name, value in headers
    ]


def _printable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
