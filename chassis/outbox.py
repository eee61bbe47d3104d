"""State and announcement are one: events are written in the transaction that changed the state.

The columns are those that Debezium's event router expects, so that a site which outgrows our relay
can put Debezium in its place (design 5).
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    func,
    insert,
    text,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.telemetry import current_traceparent
from chassis.tenancy import tenant_of
from contracts.events import Event

BACKBONE = MetaData()
"""The tables that the chassis keeps in every service's database."""

OUTBOX = Table(
    "outbox",
    BACKBONE,
    # No key: nobody looks a row up that was sent, and each mark would cost an entry (ADR 26).
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("id", Uuid, nullable=False),
    Column("tenant_id", Uuid, nullable=False),
    Column("topic", String(249), nullable=False),
    Column("aggregatetype", String(64), nullable=False),
    Column("aggregateid", Uuid, nullable=False),
    Column("type", String(128), nullable=False),
    Column("payload", Text, nullable=True),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("traceparent", String(64), nullable=True),
    Column("sent_at", DateTime(timezone=True), nullable=True),
    # Says in which day's partition a row lies; the database's clock, which all writers share.
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("outbox_unsent", "position", postgresql_where=text("sent_at is null")),
)

REWINDS = Table(
    "outbox_rewinds",
    BACKBONE,
    Column("rewind_id", Uuid, primary_key=True),
    Column("sent_since", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", String(255), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("done_at", DateTime(timezone=True), nullable=True),
    Column("unmarked", BigInteger, nullable=True),
)

PARTITIONS_AHEAD_DAYS = 7
"""So long nobody needs to look after a service's database before its outbox falls out of days."""

SENT_KEPT = timedelta(days=3)
"""Sent rows are kept for a rewind this long (design 10.18)."""

CHANNEL = "outbox"
WAKE_INTERVAL_S_MIN = 0.005
"""NOTIFY serialises commits, so it follows them, coalesced: at most one per 5 ms (measured)."""

PAYLOAD_BYTES_MAX = 200 * 1024
"""A record must fit a batch of Kafka with room to spare; the largest story is a tenth of it."""

_INFO = "announcements"


def add(session: AsyncSession, event: Event, *, at: datetime, event_id: UUID | None = None) -> None:
    """Announce an event when, and only if, the session's transaction commits.

    Hold the aggregate's lock: that is what keeps the order of its key (design 10.1). `event_id` is
    given where the news itself decides its id; else a new one is made.
    """
    payload = event.model_dump_json()
    if len(payload.encode()) > PAYLOAD_BYTES_MAX:
        raise ValueError(f"{event.type} has more than {PAYLOAD_BYTES_MAX} bytes.")
    row = {
        "id": event_id or new_id(),
        "tenant_id": tenant_of(session),
        "topic": event.topic.name,
        "aggregatetype": event.aggregate_kind,
        "aggregateid": event.aggregate_id,
        "type": event.type,
        "payload": payload,
        "happened_at": at,
        "traceparent": current_traceparent(),
    }
    session.info.setdefault(_INFO, []).append(row)


async def write(session: AsyncSession) -> bool:
    """Write what was announced, in order, as the transaction's last act. Answers whether any was.

    Only the place that commits calls this.
    """
    rows = session.info.pop(_INFO, [])
    if not rows:
        return False
    # The announcements' positions are taken while the aggregates' locks are still held.
    await session.flush()
    await (await session.connection()).execute(insert(OUTBOX).inline(), rows)
    return True


class Waker:
    """Tells the relay that something was committed, without making any commit wait for it."""

    def __init__(self, notify: Callable[[], Awaitable[None]]) -> None:
        self._notify = notify
        self._committed = asyncio.Event()

    def wake(self) -> None:
        """Remember that a transaction with announcements has been committed."""
        self._committed.set()

    async def run(self) -> None:
        """Notify after commits, many commits in one go, until cancelled."""
        while True:
            await self._committed.wait()
            self._committed.clear()
            await self._notify()
            await asyncio.sleep(WAKE_INTERVAL_S_MIN)
