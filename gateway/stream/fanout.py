"""From one reader to many streams: by tenant and filter, each with a bounded queue of its own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from chassis.tailing import Place, Positions, Record, Tail
from chassis.telemetry import STREAM_UNREADABLE, log
from contracts.envelope import Envelope, Unreadable
from gateway.stream import wording
from gateway.stream.filters import Wanted
from gateway.stream.public import TOPICS, as_cloud_event, read_public, tenant_in

READY_TIMEOUT_S = 5.0
"""How long the first listener waits until the reader knows where the topics end."""


@dataclass(frozen=True)
class Told:
    """What is to be sent: an event by its place, or a gap by the places that are affected."""

    worded: bytes
    positions: Positions
    """Where reading stands after it."""
    place: Place | None = None
    offset: int = 0
    lost: Collection[Place] = ()


@dataclass(eq=False)
class Subscription:
    """What one stream has still to send. Beyond its bounds it is closed: the rest is read later."""

    wanted: Wanted
    begun_at: Positions
    events_max: int
    bytes_max: int
    waiting: deque[Told] = field(default_factory=deque)
    bytes_waiting: int = 0
    overflown: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, told: Told) -> None:
        """Queue something, unless there is too much already; then nothing more is taken."""
        if self.overflown:
            return
        if (
            len(self.waiting) >= self.events_max
            or self.bytes_waiting + len(told.worded) > self.bytes_max
        ):
            self.overflown = True
        else:
            self.waiting.append(told)
            self.bytes_waiting += len(told.worded)
        self.changed.set()

    def take(self) -> Told:
        """Answer what is to be sent next."""
        told = self.waiting.popleft()
        self.bytes_waiting -= len(told.worded)
        return told

    def begin_again(self, at: Positions) -> None:
        """Forget what waits: it will be read from Kafka, up to here."""
        self.waiting.clear()
        self.bytes_waiting, self.overflown, self.begun_at = 0, False, at


class Fanout:
    """Hears all public topics, and tells each stream what its tenant may hear and it wants."""

    def __init__(self, bootstrap_servers: str, *, events_max: int, bytes_max: int) -> None:
        self.tail = Tail(bootstrap_servers, TOPICS, hear=self._hear, lost=self._lose)
        self._bounds = events_max, bytes_max
        self._subscriptions: dict[bytes, set[Subscription]] = {}

    @asynccontextmanager
    async def subscribe(self, tenant_id: UUID, wanted: Wanted) -> AsyncIterator[Subscription]:
        """Hear of a tenant's events from now on; raises KafkaAway when no now is known."""
        async with self.tail.listening(within_s=READY_TIMEOUT_S):
            subscription = Subscription(wanted, self.now(), *self._bounds)
            tenant = str(tenant_id).encode()
            self._subscriptions.setdefault(tenant, set()).add(subscription)
            try:
                yield subscription
            finally:
                self._subscriptions[tenant].discard(subscription)
                if not self._subscriptions[tenant]:
                    del self._subscriptions[tenant]

    def now(self) -> Positions:
        """Answer where the reader stands."""
        return dict(self.tail.positions)

    def _hear(self, record: Record) -> None:
        streams = self._subscriptions.get(tenant_in(record.key))
        if not streams:
            return
        envelope = read_or_skip(record)
        wanting = [one for one in streams if envelope and one.wanted.fits(envelope)]
        if envelope is not None and wanting:
            worded = worded_or_skip(envelope)
            if worded is not None:
                place = record.topic, record.partition
                told = Told(worded, self.now(), place, record.offset)
                for one in wanting:
                    one.offer(told)

    def _lose(self, places: Collection[Place]) -> None:
        told = Told(gap_in(places), self.now(), lost=places)
        for streams in self._subscriptions.values():
            for one in streams:
                one.offer(told)


def read_or_skip(record: Record) -> Envelope | None:
    """Answer the public event in a record; what cannot be read is counted and passed over."""
    try:
        return read_public(record)
    except Unreadable:
        _skip(record.topic)
        return None


def worded_or_skip(envelope: Envelope) -> bytes | None:
    """Answer an event in words; what cannot be worded is counted and passed over."""
    try:
        return wording.told(envelope.type, as_cloud_event(envelope))
    except Unreadable:
        _skip(envelope.type)
        return None


def gap_in(places: Collection[Place]) -> bytes:
    """Word a gap: the topics are named, never how much is missing."""
    return wording.gap(sorted({topic for topic, _ in places}))


def _skip(where: str) -> None:
    # The services park it, with its reason; here it can only be left out.
    STREAM_UNREADABLE.inc()
    log("stream").error("stream.unreadable", where=where)
