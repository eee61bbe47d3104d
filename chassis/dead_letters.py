"""Messages that cannot be read or were refused are parked with their reason, never lost."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.kafka import Record
from chassis.outbox import BACKBONE

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
        # Latin-1 keeps every byte of a header that is not text after all.
        "record_headers": [[name, value.decode("latin-1")] for name, value in record.headers],
        "reason": reason.replace("\x00", "\ufffd")[:REASON_CHARS_MAX],
        "parked_at": at,
    }
    await (await session.connection()).execute(
        insert(DEAD_LETTERS).values(row).on_conflict_do_nothing()
    )
