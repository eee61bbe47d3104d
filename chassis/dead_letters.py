"""Messages that cannot be read or were refused are parked with their reason, never lost."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.messages import Record
from chassis.outbox import BACKBONE

State = Literal["parked", "replayed", "discarded"]
"""`parked` waits for a person; the other two are how a letter is settled."""

Place = tuple[str, int, int]
"""Topic, partition and offset: where Kafka had the record."""

_LEGIBLE = " !\"#$&'()*+,/:;<=>?@[]{|}"
"""What stays as it is in a kept header; the rest, and above all NUL, is percent-encoded."""

REASON_CHARS_MAX = 2000
"""Enough for a validation report; a reason is read by people."""

KIND_CHARS_MAX = 64
"""A kind of reason is counted, so it is a word or two; the rest is in the reason's own words."""

SETTLED_KEPT = timedelta(days=90)
"""A quarter's review still finds who settled what and why; a body may hold what is to be erased."""

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
    Column("reason_kind", String(KIND_CHARS_MAX), nullable=False, server_default="unknown"),
    Column("record_digest", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False, server_default="parked"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("settled_at", DateTime(timezone=True), nullable=True),
    Column("settled_by", String(255), nullable=True),
    Column("settled_why", Text, nullable=True),
    Index("dead_letters_parked", "parked_at", postgresql_where=text("state = 'parked'")),
    Index("dead_letters_settled", "settled_at", postgresql_where=text("state <> 'parked'")),
    # A topic that was lost and made anew counts from nought: another record may stand at a place.
    UniqueConstraint(
        *("consumer", "topic", "partition", "record_offset", "record_digest"),
        name="dead_letters_of_record",
    ),
)
_OF = DEAD_LETTERS.c


@dataclass(frozen=True)
class Reason:
    """Why a message was parked: a kind that can be counted, and words for a person."""

    kind: str
    words: str


@dataclass(frozen=True)
class Waiting:
    """How many letters wait for a person, and for how long the first of them has."""

    letters: int
    oldest: datetime | None


def place_of(record: Record) -> Place:
    """Answer where Kafka has a record."""
    return record.topic, record.partition, record.offset


async def park(
    session: AsyncSession, consumer: str, record: Record, *, reason: Reason, at: datetime
) -> State:
    """Park one record; the same record again changes nothing. Answers the state of its letter."""
    row = {
        "id": new_id(),
        "consumer": consumer,
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "record_key": record.key,
        "record_value": record.value,
        "record_headers": _kept(record.headers),
        "record_digest": digest(record),
        "reason": printable(reason.words),
        "reason_kind": reason.kind,
        "parked_at": at,
    }
    connection = await session.connection()
    new = await connection.execute(
        insert(DEAD_LETTERS).values(row).on_conflict_do_nothing().returning(_OF.state)
    )
    if (state := new.scalar()) is None:
        state = (await connection.execute(select(_OF.state).where(_is(consumer, record)))).scalar()
    found: State = state or "parked"
    return found


async def places_waiting(session: AsyncSession, consumer: str, at_most: int) -> set[Place]:
    """Answer where the newest letters of a consumer come from that wait for a person."""
    question = (
        select(_OF.topic, _OF.partition, _OF.record_offset)
        .where(_OF.consumer == consumer, _OF.state == "parked")
        .order_by(_OF.parked_at.desc())
        .limit(at_most)
    )
    found = await (await session.connection()).execute(question)
    return {(topic, partition, offset) for topic, partition, offset in found}


async def settle_taken_in(
    session: AsyncSession, consumer: str, records: Iterable[Record], *, at: datetime
) -> None:
    """Settle the letters of records that were read again and taken in: by nobody."""
    connection = await session.connection()
    for record in records:
        waiting = and_(_is(consumer, record), _OF.state == "parked")
        settled = {"settled_at": at, "settled_why": "It was read again and taken in."}
        await connection.execute(
            update(DEAD_LETTERS).where(waiting).values(state="replayed", **settled)
        )


async def waiting(session: AsyncSession, consumer: str) -> Waiting:
    """Answer how many letters wait for a person."""
    question = select(func.count(), func.min(_OF.parked_at)).where(
        _OF.consumer == consumer, _OF.state == "parked"
    )
    return Waiting(*(await (await session.connection()).execute(question)).one())


def digest(record: Record) -> bytes:
    """Answer what tells a record from another one at the same place."""
    found = hashlib.sha256()
    headers = (part for name, value in record.headers for part in (name.encode(), value))
    for part in (record.key, record.value, *headers):
        found.update(b"-" if part is None else b"%d:%b" % (len(part), part))
    return found.digest()


def printable(text: str) -> str:
    """Answer a text as PostgreSQL can keep it, not longer than a reason may be."""
    printable = text.replace("\x00", "\ufffd").encode(errors="replace").decode()
    return printable[:REASON_CHARS_MAX]


def _is(consumer: str, record: Record) -> ColumnElement[bool]:
    return and_(
        _OF.consumer == consumer,
        _OF.topic == record.topic,
        _OF.partition == record.partition,
        _OF.record_offset == record.offset,
        _OF.record_digest == digest(record),
    )


def _kept(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, str | None]]:
    """Keep every byte of what need not be text, in a way that PostgreSQL can keep."""
    return [
        (quote(name, _LEGIBLE), None if value is None else quote(value, _LEGIBLE))
        for name, value in headers
    ]
