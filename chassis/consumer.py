"""Reads topics for a service: a batch is one transaction, and every message ends in a named way.

States (what compacted topics hold) are taken in before the rest of a batch, by themselves.

Done, duplicate, ignored (nobody here cares for it), parked (unreadable, or refused by its handler),
or settled (it was parked, and a person has dealt with it since). Trouble with a database or broker
is waited out, never parked. Offsets move after the commit, so a crash in between reads again what
the inbox then knows.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Literal
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import dead_letters, inbox, tenancy
from chassis.clock import Clock
from chassis.database import Database, is_trouble
from chassis.dead_letters import KIND_CHARS_MAX, Place, Reason, place_of
from chassis.errors import Refusal
from chassis.handling import Delivery, Handlers
from chassis.messages import Record
from chassis.people import TenantNotKnown
from chassis.telemetry import CONSUMER_TROUBLE, EVENTS_HANDLED, log
from contracts.envelope import Envelope, Unreadable, read_envelope
from contracts.events import Event

Ending = Literal["done", "duplicate", "ignored", "parked", "settled"]

PARKED_IN_A_ROW_MAX = 20
"""When almost nothing can be read, suspect the deploy, not the data."""

LETTERS_REMEMBERED_MAX = 10_000
"""Some megabytes. What is parked beyond it and is read again is settled by whoever replays it."""

TROUBLE_DELAY_S = 0.5
TROUBLE_DELAY_S_MAX = 30.0
"""Waits double up to half a minute; a database that restarts is back long before."""


class ConsumerStopped(Exception):
    """Too many messages in a row had to be parked; a person must look before more are.

    What that person replays or discards is not counted when it is read again, so that the worker
    goes on.
    """


class Consumer:
    """Takes records in for one service, exactly-once in effect.

    `name` is the consumer's in the inbox: another name sees every event anew.
    """

    def __init__(self, name: str, handlers: Handlers, database: Database, clock: Clock) -> None:
        self.name = name
        self._handlers = handlers
        self._database = database
        self._clock = clock
        self._parked_in_a_row = 0
        self._waiting: set[Place] = set()
        self._remembers = False
        self.in_trouble = False

    async def take_in(
        self, records: Sequence[Record], *, may_be_behind: bool = False
    ) -> Counter[Ending]:
        """Take a batch in, whatever it takes; answers how the messages ended.

        Raises ConsumerStopped when too many had to be parked in a row. Whoever `may_be_behind` with
        the compacted topics is told TenantNotKnown, when the batch's states are in: it can read on
        there, and give the same batch once more. Else that is a reason to park.
        """
        compacted = set(self._handlers.compacted())
        states = [record for record in records if record.topic in compacted]
        others = [record for record in records if record.topic not in compacted]
        endings: Counter[Ending] = Counter()
        for part, may_wait in ((states, False), (others, may_be_behind)):
            if part:
                endings += await self._patiently(part, may_wait)
        return endings

    async def take_in_within(
        self, session: AsyncSession, records: Sequence[Record]
    ) -> Counter[Ending]:
        """Take records in as part of somebody's transaction; raises why one of them cannot be."""
        return await self._take_in(session, self._read_all(records), len(records))

    async def _patiently(self, records: Sequence[Record], may_be_behind: bool) -> Counter[Ending]:
        delay_s = TROUBLE_DELAY_S
        while True:
            try:
                endings = await self._together_or_one_by_one(records, may_be_behind)
            except ConsumerStopped:
                raise
            except Exception as error:
                if not is_worth_waiting(error):
                    raise
                self.in_trouble = True
                CONSUMER_TROUBLE.labels(self.name).inc()
                log("consumer").warning("consumer.trouble", error=type(error).__name__)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, TROUBLE_DELAY_S_MAX)
            else:
                self.in_trouble = False
                for ending, count in endings.items():
                    EVENTS_HANDLED.labels(self.name, ending).inc(count)
                return endings

    async def _together_or_one_by_one(
        self, records: Sequence[Record], may_be_behind: bool
    ) -> Counter[Ending]:
        await self._remember_what_waits()
        try:
            endings = await self._in_one_transaction(records)
        except Exception as error:
            if _worth_telling(error, may_be_behind):
                raise
            log("consumer").info("consumer.one_by_one", reason=type(error).__name__)
        else:
            self._note_progress(endings)
            return endings
        alone: Counter[Ending] = Counter()
        for record in records:
            alone[await self._alone(record, may_be_behind)] += 1
        return alone

    async def _in_one_transaction(self, records: Sequence[Record]) -> Counter[Ending]:
        read = self._read_all(records)
        if not read:
            return _endings(ignored=len(records))
        again = [record for record, _ in read if place_of(record) in self._waiting]
        async with self._database.transaction() as session:
            endings = await self._take_in(session, read, len(records))
            if again:
                now = self._clock.now()
                await dead_letters.settle_taken_in(session, self.name, again, at=now)
        self._waiting.difference_update(place_of(record) for record in again)
        return endings

    async def _take_in(
        self, session: AsyncSession, read: Sequence["_Read"], count: int
    ) -> Counter[Ending]:
        new = await self._claimed(session, [delivery for _, delivery in read]) if read else []
        await self._handle(session, new)
        return _endings(done=len(new), duplicate=len(read) - len(new), ignored=count - len(read))

    async def _remember_what_waits(self) -> None:
        # Asked once: so a record that is read again after the fault was mended settles its letter,
        # and the others cost no question.
        if not self._remembers:
            async with self._database.transaction() as session:
                self._waiting = await dead_letters.places_waiting(
                    session, self.name, LETTERS_REMEMBERED_MAX
                )
            self._remembers = True

    async def _alone(self, record: Record, may_be_behind: bool) -> Ending:
        try:
            endings = await self._in_one_transaction([record])
        except Exception as error:
            if _worth_telling(error, may_be_behind):
                raise
            return await self._park(record, error)
        self._note_progress(endings)
        return next(ending for ending, count in endings.items() if count)

    def _note_progress(self, endings: Counter[Ending]) -> None:
        # A duplicate counts too: a batch that is read again ends as it did before. What nobody here
        # cares for says nothing about this deploy.
        if endings["done"] or endings["duplicate"]:
            self._parked_in_a_row = 0

    async def _park(self, record: Record, error: Exception) -> Ending:
        reason = reason_of(error)
        async with self._database.transaction() as session:
            state = await dead_letters.park(
                session, self.name, record, reason=reason, at=self._clock.now()
            )
        # The reason may quote a body; the log gets the place only.
        told = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        if state != "parked":
            log("consumer").info("consumer.settled_before", **told, state=state)
            return "settled"
        log("consumer").error("consumer.parked", **told, error=type(error).__name__)
        if len(self._waiting) < LETTERS_REMEMBERED_MAX:
            self._waiting.add(place_of(record))
        self._parked_in_a_row += 1
        if self._parked_in_a_row > PARKED_IN_A_ROW_MAX:
            log("consumer").critical("consumer.stopped", parked_in_a_row=self._parked_in_a_row)
            raise ConsumerStopped("Almost nothing can be read: suspect the deploy, not the data.")
        return "parked"

    async def _claimed(
        self, session: AsyncSession, deliveries: Sequence[Delivery[Event]]
    ) -> list[Delivery[Event]]:
        claimed = await inbox.claim(session, self.name, [one.event_id for one in deliveries])
        first: dict[UUID, Delivery[Event]] = {}
        for delivery in deliveries:
            # The same event may stand twice in one batch.
            if delivery.event_id in claimed:
                first.setdefault(delivery.event_id, delivery)
        return list(first.values())

    async def _handle(self, session: AsyncSession, deliveries: list[Delivery[Event]]) -> None:
        # Sorting is stable: a tenant's events keep their order, and tenants are locked in one.
        deliveries.sort(key=lambda delivery: delivery.tenant_id)
        for tenant_id, of_tenant in groupby(deliveries, key=lambda one: one.tenant_id):
            await tenancy.enter(session, tenant_id)
            for type_, run in groupby(of_tenant, key=lambda one: one.event.type):
                await self._handle_run(session, type_, list(run))
        await session.flush()

    async def _handle_run(
        self, session: AsyncSession, type_: str, run: Sequence[Delivery[Event]]
    ) -> None:
        handler = self._handlers.handler_of(type_)
        assert handler is not None
        await handler(run, session)

    def _read_all(self, records: Sequence[Record]) -> list["_Read"]:
        return [
            (record, delivery) for record in records if (delivery := self._read(record)) is not None
        ]

    def _read(self, record: Record) -> Delivery[Event] | None:
        """Answer what a record delivers, or None when nobody here cares; raises Unreadable."""
        if record.fault is not None:
            raise Unreadable(record.fault)
        envelope = read_envelope(record.key, record.value, record.headers)
        if self._handlers.handler_of(envelope.type) is None:
            return None
        return self._delivery(envelope, record)

    def _delivery(self, envelope: Envelope, record: Record) -> Delivery[Event] | None:
        if envelope.data is None:
            return None
        model = self._handlers.event_of(envelope.type)
        if record.topic != model.topic.name:
            raise Unreadable(f"{envelope.type} does not belong on {record.topic}.")
        event = model.read(envelope.data)
        if (event.aggregate_kind, event.aggregate_id) != (envelope.kind, envelope.aggregate_id):
            raise Unreadable("The body is about something else than the subject says.")
        return Delivery(
            event=event,
            event_id=envelope.id,
            tenant_id=envelope.tenant_id,
            happened_at=envelope.time,
            traceparent=envelope.traceparent,
        )


_Read = tuple[Record, Delivery[Event]]


def _endings(*, done: int = 0, duplicate: int = 0, ignored: int = 0) -> Counter[Ending]:
    return Counter({"done": done, "duplicate": duplicate, "ignored": ignored})


def is_worth_waiting(error: Exception) -> bool:
    """Answer whether an error comes from trouble that passes, not from what a message says."""
    if isinstance(error, TenantNotKnown):
        # No waiting mends it: what would make the tenant known is to be read by this consumer.
        return False
    if isinstance(error, Refusal):
        return error.kind == "unavailable"
    return is_trouble(error)


def reason_of(error: Exception) -> Reason:
    """Answer why a message cannot be taken in."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False, include_context=False)
        words = "The body does not fit: " + "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found
        )
        return Reason("body-does-not-fit", words)
    if isinstance(error, Unreadable):
        return Reason("unreadable", str(error))
    if isinstance(error, Refusal):
        return Reason(error.slug()[:KIND_CHARS_MAX], str(error))
    return Reason("handler-failed", f"The handler failed: {type(error).__name__}.")


def _worth_telling(error: Exception, may_be_behind: bool) -> bool:
    return is_worth_waiting(error) or (may_be_behind and isinstance(error, TenantNotKnown))
