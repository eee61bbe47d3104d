"""Dead letters as an operator finds, counts and settles them: replayed or discarded, with a why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, unquote_to_bytes
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import inbox
from chassis.dead_letters import DEAD_LETTERS, Reason, State, printable
from chassis.errors import Refusal
from chassis.messages import Record

_OF = DEAD_LETTERS.c


class LetterNotFound(Refusal):
    """There is no such dead letter among those of this service."""

    kind = "not_found"
    title = "Dead letter not found"


class LetterSettled(Refusal):
    """A letter is settled once: what was replayed or discarded stays so."""

    kind = "conflict"
    title = "Dead letter is settled"


@dataclass(frozen=True)
class Letter:
    """A dead letter without its body, which may hold personal data."""

    letter_id: UUID
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    body_bytes: int | None
    reason: Reason
    parked_at: datetime
    state: State
    attempts: int
    settled_at: datetime | None
    settled_by: str | None
    settled_why: str | None

    def header(self, name: str) -> str | None:
        """Answer what a header says, or None where nobody can read it."""
        value = header_of(self.headers, name)
        return None if value is None else value.decode(errors="replace")


@dataclass(frozen=True)
class Which:
    """Which letters are meant; what is left open is not asked for."""

    state: State | None = "parked"
    topic: str | None = None
    type: str | None = None
    reason: str | None = None
    """A reason's kind, or a part of its words."""
    tenant_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    letter_ids: Sequence[UUID] | None = None


@dataclass(frozen=True)
class Count:
    """How many letters of a topic are in a state for one kind of reason, and since when."""

    state: State
    topic: str
    reason_kind: str
    letters: int
    oldest: datetime


async def find(
    session: AsyncSession, consumer: str, which: Which, *, limit: int, before: UUID | None = None
) -> list[Letter]:
    """Answer letters, the newest first; `before` is the last one of an earlier page."""
    question = select(*_LINE).where(*_fit(consumer, which))
    if before is not None:
        question = question.where(_OF.id < before)
    found = await (await session.connection()).execute(
        question.order_by(_OF.id.desc()).limit(limit)
    )
    return [_letter(row) for row in found.mappings()]


async def find_in_order(
    session: AsyncSession, consumer: str, which: Which, *, limit: int, after: Letter | None = None
) -> list[Letter]:
    """Answer letters in the order in which Kafka had them; `after` is an earlier page's last."""
    order = (_OF.topic, _OF.partition, _OF.record_offset, _OF.id)
    question = select(*_LINE).where(*_fit(consumer, which)).order_by(*order).limit(limit)
    if after is not None:
        last = (after.topic, after.partition, after.offset, after.letter_id)
        question = question.where(tuple_(*order) > tuple_(*last))
    found = await (await session.connection()).execute(question)
    return [_letter(row) for row in found.mappings()]


async def count(session: AsyncSession, consumer: str, which: Which) -> list[Count]:
    """Count letters by state, topic and kind of reason, the most frequent first."""
    by = (_OF.state, _OF.topic, _OF.reason_kind)
    question = (
        select(*by, func.count(), func.min(_OF.parked_at))
        .where(*_fit(consumer, which))
        .group_by(*by)
        .order_by(func.count().desc(), *by)
    )
    return [Count(*row) for row in await (await session.connection()).execute(question)]


async def get(session: AsyncSession, consumer: str, letter_id: UUID) -> tuple[Letter, Record]:
    """Answer a letter, and the record as it was; raises LetterNotFound."""
    return await _get(session, consumer, letter_id, lock=False)


async def lock_parked(
    session: AsyncSession, consumer: str, letter_id: UUID
) -> tuple[Letter, Record]:
    """Lock a letter that is to be settled; raises LetterNotFound and LetterSettled."""
    letter, record = await _get(session, consumer, letter_id, lock=True)
    if letter.state != "parked":
        raise LetterSettled(f"Letter {letter_id} was {letter.state} already.")
    return letter, record


async def mark_replayed(
    session: AsyncSession, letter: Letter, *, by: str, why: str, at: datetime
) -> None:
    """Settle a letter that is locked, and whose effects are in the same transaction."""
    settled = {"settled_at": at, "settled_by": by, "settled_why": printable(why)}
    await (await session.connection()).execute(
        update(DEAD_LETTERS)
        .where(_OF.id == letter.letter_id)
        .values(state="replayed", attempts=_OF.attempts + 1, **settled)
    )


async def mark_failed(session: AsyncSession, letter_id: UUID, reason: Reason) -> None:
    """Keep a letter parked that failed once more, with the reason that it has now."""
    await (await session.connection()).execute(
        update(DEAD_LETTERS)
        .where(_OF.id == letter_id, _OF.state == "parked")
        .values(attempts=_OF.attempts + 1, reason=printable(reason.words), reason_kind=reason.kind)
    )


async def discard(
    session: AsyncSession,
    consumer: str,
    letter_ids: Sequence[UUID],
    *,
    by: str,
    why: str,
    at: datetime,
) -> set[UUID]:
    """Settle letters without any effect, for good; answers those that were still parked.

    Their events are claimed, so that none comes to effect when it is read again, or sent again.
    """
    settled = {"settled_at": at, "settled_by": by, "settled_why": printable(why)}
    found = await (await session.connection()).execute(
        update(DEAD_LETTERS)
        .where(_OF.consumer == consumer, _OF.id.in_(letter_ids), _OF.state == "parked")
        .values(state="discarded", **settled)
        .returning(_OF.id, _OF.record_headers)
    )
    discarded = {letter_id: _as_they_were(headers) for letter_id, headers in found}
    events = [event_id for kept in discarded.values() if (event_id := event_id_of(kept))]
    if events:
        await inbox.claim(session, consumer, events)
    return set(discarded)


def event_id_of(headers: Sequence[tuple[str, bytes | None]]) -> UUID | None:
    """Answer which event a record brings, or None where nobody can read it."""
    try:
        return UUID((header_of(headers, "ce_id") or b"").decode())
    except ValueError:
        return None


def header_of(headers: Sequence[tuple[str, bytes | None]], name: str) -> bytes | None:
    """Answer what a header says; of several the last one, as readers of Kafka do."""
    found = [value for known, value in headers if known.lower() == name]
    return found[-1] if found else None


async def _get(
    session: AsyncSession, consumer: str, letter_id: UUID, *, lock: bool
) -> tuple[Letter, Record]:
    question = select(*_LINE, _OF.record_value).where(_OF.id == letter_id, _OF.consumer == consumer)
    asked = question.with_for_update() if lock else question
    row = (await (await session.connection()).execute(asked)).mappings().first()
    if row is None:
        raise LetterNotFound(f"No dead letter {letter_id}.")
    one = _letter(row)
    return one, Record(
        one.topic, one.partition, one.offset, one.key, row["record_value"], one.headers
    )


_LINE = (
    *(column for column in _OF if column.name not in {"record_value", "record_digest"}),
    func.octet_length(_OF.record_value).label("body_bytes"),
)


def _letter(row: Any) -> Letter:
    same = {
        name: row[name]
        for name in ("topic", "partition", "body_bytes", "parked_at", "state", "attempts")
    }
    settled = {name: row[name] for name in ("settled_at", "settled_by", "settled_why")}
    return Letter(
        letter_id=row["id"],
        offset=row["record_offset"],
        key=row["record_key"],
        headers=_as_they_were(row["record_headers"]),
        reason=Reason(row["reason_kind"], row["reason"]),
        **same,
        **settled,
    )


def _fit(consumer: str, which: Which) -> list[ColumnElement[bool]]:
    conditions: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (which.state, _OF.state.__eq__),
        (which.topic, _OF.topic.__eq__),
        (which.type, lambda type_: _OF.record_headers.contains([["ce_type", type_]])),
        (which.reason, _says),
        (which.tenant_id, _is_of),
        (which.since, _OF.parked_at.__ge__),
        (which.until, _OF.parked_at.__lt__),
        (which.letter_ids, _OF.id.in_),
    ]
    asked = [condition(value) for value, condition in conditions if value is not None]
    return [_OF.consumer == consumer, *asked]


def _says(reason: str) -> ColumnElement[bool]:
    return or_(_OF.reason_kind == reason, _OF.reason.icontains(reason, autoescape=True))


def _is_of(tenant_id: UUID) -> ColumnElement[bool]:
    # What cannot be read may still name its tenant, in one place or in the other.
    named = _OF.record_headers.contains([["ce_tenant", str(tenant_id)]])
    prefix = f"{tenant_id}/".encode()
    return or_(named, func.substring(_OF.record_key, 1, len(prefix)) == prefix)


def _as_they_were(kept: Sequence[Sequence[Any]]) -> list[tuple[str, bytes | None]]:
    return [
        (unquote(name), None if value is None else unquote_to_bytes(value)) for name, value in kept
    ]
