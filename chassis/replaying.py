"""Dead letters are given to their consumer anew: in place, in their order, and once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import inbox, settling
from chassis.clock import Clock
from chassis.consumer import Consumer, Ending, is_worth_waiting, reason_of
from chassis.database import Database
from chassis.errors import Refusal
from chassis.handling import Handlers
from chassis.messages import Record
from chassis.settling import Letter, LetterNotFound, LetterSettled, Which, event_id_of

Outcome = Literal["replayed", "duplicate", "failed", "held_back", "settled", "would_replay"]
"""`duplicate`: its event had come to effect before, and the letter is settled by that. `held_back`:
an earlier letter of its key failed. `settled`: somebody else was faster."""

PAGE_LETTERS = 200
"""So many letters are looked up at once; each is replayed in a transaction of its own."""

TRIES_MAX = 3
TRY_AGAIN_DELAY_S = 0.5
"""Worker and operator may want the same rows at once; a database that is away is told at once."""

HEADER_CHARS_TOLD_MAX = 100
"""Enough for an id or a type; a header that is longer is told by its length."""


class NobodyCares(Refusal):
    """Nobody in this service listens to such a record: it can only be discarded, or repaired."""

    kind = "conflict"
    title = "Nobody cares for this record"


@dataclass(frozen=True)
class Repair:
    """What is to be different when a letter is replayed; what is None or not named stays."""

    value: bytes | None = None
    key: bytes | None = None
    topic: str | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)

    def apply(self, record: Record) -> Record:
        """Answer the record to be handled; the original stays in the letter."""
        named = {name.lower() for name in self.headers}
        kept = [(name, value) for name, value in record.headers if name.lower() not in named]
        return replace(
            record,
            topic=record.topic if self.topic is None else self.topic,
            key=record.key if self.key is None else self.key,
            value=record.value if self.value is None else self.value,
            headers=[*kept, *self.headers.items()],
        )

    def describe(self) -> str:
        """Tell what is different, and of a body only which one it is: it may be personal."""
        told = [f"topic {self.topic}"] if self.topic is not None else []
        told += [f"key {_legible(self.key)}"] if self.key is not None else []
        told += [f"header {name} {_legible(value)}" for name, value in self.headers.items()]
        if self.value is not None:
            told.append(f"body {len(self.value)} bytes, SHA-256 {sha256(self.value).hexdigest()}")
        return "; ".join(told)


@dataclass(frozen=True)
class Replayed:
    """What came of one letter, and why where it came to nothing."""

    letter: Letter
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class Order:
    """Who replays, and why. A rehearsal does everything and then takes it back."""

    by: str
    why: str
    rehearsal: bool = False


class _Rehearsed(Exception):
    """All went well, and shall not have been."""


class Replayer:
    """Gives the dead letters of one service to its handlers anew."""

    def __init__(self, service: str, handlers: Handlers, database: Database, clock: Clock) -> None:
        self._service = service
        self._consumer = Consumer(service, handlers, database, clock)
        self._database = database
        self._clock = clock

    async def replay(self, letter_id: UUID, order: Order, repair: Repair | None = None) -> Replayed:
        """Replay one letter, perhaps repaired: claim, effects and settling are one transaction.

        Raises LetterNotFound and LetterSettled, and what no waiting has mended.
        """
        tries = 1
        while True:
            try:
                return await self._try(letter_id, order, repair or Repair())
            except (LetterNotFound, LetterSettled):
                raise
            except Exception as error:
                if not is_worth_waiting(error):
                    return await self._keep(letter_id, order, error)
                if tries == TRIES_MAX:
                    raise
            tries += 1
            await asyncio.sleep(TRY_AGAIN_DELAY_S)

    async def replay_all(self, which: Which, order: Order) -> AsyncIterator[Replayed]:
        """Replay letters in the order in which Kafka had them, and tell of each as it ends.

        What follows a letter that fails, under the same key, is held back; the rest goes on.
        """
        failed: set[tuple[str, int, bytes | None]] = set()
        last: Letter | None = None
        while letters := await self._next(which, last):
            for letter in letters:
                line = (letter.topic, letter.partition, letter.key)
                if line in failed:
                    yield Replayed(letter, "held_back", "An earlier letter of its key failed.")
                    continue
                ended = await self._replay_one_of_many(letter, order)
                # Without a key there is no order to keep.
                if ended.outcome == "failed" and letter.key is not None:
                    failed.add(line)
                yield ended
            last = letters[-1]

    async def _replay_one_of_many(self, letter: Letter, order: Order) -> Replayed:
        try:
            return await self.replay(letter.letter_id, order)
        except (LetterNotFound, LetterSettled) as gone:
            return Replayed(letter, "settled", gone.detail)

    async def _next(self, which: Which, last: Letter | None) -> list[Letter]:
        async with self._database.transaction() as session:
            return await settling.find_in_order(
                session, self._service, which, limit=PAGE_LETTERS, after=last
            )

    async def _try(self, letter_id: UUID, order: Order, repair: Repair) -> Replayed:
        try:
            async with self._database.transaction() as session:
                letter, record = await settling.lock_parked(session, self._service, letter_id)
                ending = await self._take_in(session, repair.apply(record))
                # Were the record as it was ever read again, it must not come to effect beside.
                if (event_id := event_id_of(record.headers)) is not None:
                    await inbox.claim(session, self._service, [event_id])
                await settling.mark_replayed(
                    session,
                    letter,
                    by=order.by,
                    why=_why(order.why, repair, ending),
                    at=self._clock.now(),
                )
                if order.rehearsal:
                    raise _Rehearsed
        except _Rehearsed:
            return Replayed(letter, "would_replay")
        return Replayed(letter, "duplicate" if ending == "duplicate" else "replayed")

    async def _take_in(self, session: AsyncSession, record: Record) -> Ending:
        endings = await self._consumer.take_in_within(session, [record])
        if endings["ignored"]:
            raise NobodyCares(
                "Nobody here cares for such a record: repair its type, or discard it."
            )
        return "duplicate" if endings["duplicate"] else "done"

    async def _keep(self, letter_id: UUID, order: Order, error: Exception) -> Replayed:
        reason = reason_of(error)
        async with self._database.transaction() as session:
            if not order.rehearsal:
                await settling.mark_failed(session, letter_id, reason)
            letter, _ = await settling.get(session, self._service, letter_id)
        return Replayed(letter, "failed", reason.words)


def _why(why: str, repair: Repair, ending: Ending) -> str:
    told = [why]
    if changed := repair.describe():
        told.append(f"Repaired: {changed}.")
    if ending == "duplicate":
        told.append("Its event had come to effect before.")
    return " ".join(told)


def _legible(value: bytes) -> str:
    if len(value) > HEADER_CHARS_TOLD_MAX:
        return f"({len(value)} bytes)"
    return repr(value.decode(errors="backslashreplace"))
