"""What a service announces of every kind, and how independent readers get it from Kafka."""

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, Message, Producer
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from sqlalchemy import insert

from chassis import outbox
from chassis.database import Database
from chassis.ids import new_id
from chassis.relay import Relay
from chassis.service import Context
from contracts.catalogue import EVENTS
from contracts.events import Event
from contracts.topics import ALL
from tests.patience import PATIENCE_S, until

EXAMPLES_PER_EVENT = 5
POLL_S = 0.2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Pydantic takes a time without a zone, but no service of ours says one.
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


@dataclass(frozen=True)
class Announced:
    """One announcement as it was committed; without an event it is a tombstone."""

    event_id: UUID
    tenant_id: UUID
    at: datetime
    kind: str
    aggregate_id: UUID
    type: str
    topic: str
    event: Event | None

    @property
    def key(self) -> bytes:
        """Answer the key, by the words of the design and not by the code under test."""
        return f"{self.tenant_id}/{self.kind}/{self.aggregate_id}".encode()


def examples_of(event: type[Event], count: int = EXAMPLES_PER_EVENT) -> list[Event]:
    """Make up some events of a kind: every field has whatever its type allows, always the same."""
    found: list[Event] = []
    # Of itself hypothesis hands a shape within an event the factory of a default as its value.
    shapes = {
        name: st.builds(field.annotation)
        for name, field in event.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(source: st.DataObject) -> None:
        try:
            found.append(source.draw(st.builds(event, **shapes)))
        except ValidationError:
            # Each field allows what is in it, and the whole does not.
            reject()

    collect()
    return found


@dataclass(frozen=True)
class Read:
    """One record as librdkafka has read it; without a value it is a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    headers: dict[str, bytes]
    at: datetime


async def announce_everything(context: Context, tenant_id: UUID) -> dict[str, Announced]:
    """Commit announcements of every kind, and one tombstone; answers them by id, in order."""
    noon = context.clock.now().replace(microsecond=123_456)
    told = [made for event in EVENTS.values() for made in examples_of(event)]
    announced: list[Announced] = []
    async with context.database.transaction(tenant_id) as session:
        for number, event in enumerate(told):
            at, event_id = noon + timedelta(milliseconds=number), new_id()
            outbox.add(session, event, at=at, event_id=event_id)
            announced.append(_announced(event, event_id, tenant_id, at))
        gone = announced[0]
        tombstone = Announced(
            new_id(), tenant_id, noon, gone.kind, gone.aggregate_id, gone.type, gone.topic, None
        )
        await (await session.connection()).execute(insert(outbox.OUTBOX).inline(), _row(tombstone))
    # The chassis writes announcements last, so what was written by hand came before them.
    return {str(one.event_id): one for one in [tombstone, *announced]}


async def relay_everything(context: Context, tenant_id: UUID) -> None:
    """Let the relay take what waits in the outbox to Kafka, until nothing of the tenant's waits."""
    await context.publisher.start()
    connection = await context.database.connect("relay")
    try:
        relay = Relay(context.database, context.publisher, context.clock)

        async def all_sent() -> bool:
            # A round may send nothing, and leave to the next what Kafka has not acknowledged yet.
            await relay.drain(connection)
            return await unsent(context.database, tenant_id) == 0

        await until(all_sent)
    finally:
        await connection.close()


async def read_by_librdkafka(bootstrap_servers: str, ids: Collection[str]) -> dict[str, Read]:
    """Read every topic from its beginning by librdkafka until these events were seen, by id."""
    return await asyncio.to_thread(_read, bootstrap_servers, set(ids))


async def written_by_librdkafka(
    bootstrap_servers: str, topic: str, keys: Iterable[bytes]
) -> dict[bytes, int]:
    """Let librdkafka write a record for every key as Java would; answers the partitions."""
    return await asyncio.to_thread(_write, bootstrap_servers, topic, set(keys))


async def unsent(database: Database, tenant_id: UUID) -> int:
    """Answer how many announcements of a tenant have not left."""
    connection = await database.connect("relay")
    try:
        found = await connection.fetchval(
            "select count(*) from outbox where tenant_id = $1 and sent_at is null", tenant_id
        )
    finally:
        await connection.close()
    return int(found)


def _as_read(message: Message) -> Read:
    kind, milliseconds = message.timestamp()
    assert kind == TIMESTAMP_LOG_APPEND_TIME
    return Read(
        topic=_there(message.topic()),
        partition=_there(message.partition()),
        offset=_there(message.offset()),
        key=_there(message.key()),
        value=message.value(),
        headers=dict(_there(message.headers())),
        at=EPOCH + timedelta(milliseconds=milliseconds),
    )


def _there(value: Any) -> Any:
    """Answer what a record that was read always has, though its type says that it may not."""
    assert value is not None
    return value


def _announced(event: Event, event_id: UUID, tenant_id: UUID, at: datetime) -> Announced:
    kind, field = event.about
    about: UUID = getattr(event, field)
    return Announced(event_id, tenant_id, at, kind, about, event.type, event.topic.name, event)


def _row(one: Announced) -> dict[str, Any]:
    return {
        "id": one.event_id,
        "tenant_id": one.tenant_id,
        "topic": one.topic,
        "aggregatetype": one.kind,
        "aggregateid": one.aggregate_id,
        "type": one.type,
        "payload": None,
        "happened_at": one.at,
    }


def _read(bootstrap_servers: str, missing: set[str]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"peers-{new_id()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    deadline = time.monotonic() + PATIENCE_S
    try:
        consumer.subscribe([topic.name for topic in ALL])
        while missing and time.monotonic() < deadline:
            message = consumer.poll(POLL_S)
            if message is None:
                continue
            assert message.error() is None, message.error()
            # Others write to these topics too, and not all of it is an event.
            named = dict(message.headers() or ()).get("ce_id")
            event_id = named.decode(errors="replace") if isinstance(named, bytes) else ""
            if event_id in missing:
                missing.remove(event_id)
                found[event_id] = _as_read(message)
    finally:
        consumer.close()
    assert not missing, f"{len(missing)} events were not read"
    return found


def _write(bootstrap_servers: str, topic: str, keys: set[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}

    def written(error: object, message: Message) -> None:
        assert error is None, error
        found[_there(message.key())] = _there(message.partition())

    # What librdkafka calls Java's own; its default is another one.
    producer = Producer({"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(topic, value=b"{}", key=key, on_delivery=written)
    assert producer.flush(PATIENCE_S) == 0
    return found
