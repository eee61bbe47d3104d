"""An independent checker: compares what was committed, what Kafka holds, and what came of it.

It reads tables and topics itself and trusts nothing that the chassis says of its own work.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from chassis.database import address
from chassis.settings import ServiceSettings
from tests.chassis.scratch_service.contract import ADVANCES, TALLIES

SERVICE = "scratch"


@dataclass(frozen=True)
class Advance:
    """One advance as it was found somewhere, in the order in which it was found."""

    event_id: str
    counter_id: str
    number: int
    words: str = ""


@dataclass(frozen=True)
class Evidence:
    """All there is about some counters."""

    committed: Sequence[Advance]
    unsent: int
    in_topic: Sequence[Advance]
    seen: Sequence[tuple[str, int]]
    tallies: dict[str, int]


def findings(evidence: Evidence) -> list[str]:
    """Answer what is wrong, in words; nothing when all is well."""
    committed = {one.event_id for one in evidence.committed}
    in_topic = {one.event_id for one in evidence.in_topic}
    found = [f"{evidence.unsent} are not marked as sent"] if evidence.unsent else []
    found += [f"lost: {one}" for one in sorted(committed - in_topic)]
    found += [f"never committed: {one}" for one in sorted(in_topic - committed)]
    first: dict[str, Advance] = {}
    for one in evidence.in_topic:
        first.setdefault(one.event_id, one)
    orders = {
        "committed": _numbers((one.counter_id, one.number) for one in evidence.committed),
        "in the topic": _numbers((one.counter_id, one.number) for one in first.values()),
        "seen": _numbers(evidence.seen),
    }
    counters = {one.counter_id for one in evidence.committed}
    for counter in sorted(counters | set(evidence.tallies)):
        length = len(orders["committed"][counter])
        for where, order in orders.items():
            if order[counter] != list(range(1, length + 1)):
                found.append(f"{where}, {counter} of {length}: {order[counter]}")
        if evidence.tallies.get(counter, 0) != length:
            found.append(f"tally of {counter}: {evidence.tallies.get(counter)} of {length}")
    return found


def _numbers(pairs: Any) -> dict[str, list[int]]:
    order: dict[str, list[int]] = defaultdict(list)
    for counter_id, number in pairs:
        order[counter_id].append(number)
    return order


async def gather(settings: ServiceSettings, tenant_id: UUID) -> Evidence:
    """Gather what there is of a tenant's counters, from the tables and from the topic."""
    connection = await as_owner(settings)
    try:
        rows = await _announced(connection, ADVANCES.name, tenant_id)
        seen = await connection.fetch(
            "select counter_id, number from seen where tenant_id = $1 order by place", tenant_id
        )
        tallies = await connection.fetch(
            "select counter_id, advances from tallies where tenant_id = $1", tenant_id
        )
    finally:
        await connection.close()
    return Evidence(
        committed=[_advance(str(row["id"]), row["payload"]) for row in rows],
        unsent=sum(row["sent_at"] is None for row in rows),
        in_topic=await _read(settings, tenant_id, ADVANCES.name, "number"),
        seen=[(str(row["counter_id"]), row["number"]) for row in seen],
        tallies={str(row["counter_id"]): row["advances"] for row in tallies},
    )


async def gather_tallies(
    settings: ServiceSettings, tenant_id: UUID
) -> tuple[list[Advance], list[Advance]]:
    """Gather what was announced of a tenant's tallies, and what the topic holds of it."""
    connection = await as_owner(settings)
    try:
        rows = await _announced(connection, TALLIES.name, tenant_id)
    finally:
        await connection.close()
    committed = [_advance(str(row["id"]), row["payload"], "advances") for row in rows]
    return committed, await _read(settings, tenant_id, TALLIES.name, "advances")


async def _announced(
    connection: asyncpg.Connection, topic: str, tenant_id: UUID
) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        "select id, payload, sent_at from outbox where topic = $1 and tenant_id = $2"
        " order by position",
        topic,
        tenant_id,
    )
    return rows


@dataclass(frozen=True)
class Count:
    """How many advances a tenant has committed, how many of them wait, how many had an effect."""

    committed: int
    unsent: int
    effective: int


async def count(settings: ServiceSettings, tenant_id: UUID) -> Count:
    """Count what has become of a tenant's advances so far."""
    connection = await as_owner(settings)
    try:
        row = await connection.fetchrow(
            "select count(*) as committed, count(*) filter (where sent_at is null) as unsent,"
            " (select coalesce(sum(advances), 0) from tallies where tenant_id = $2) as effective"
            " from outbox where topic = $1 and tenant_id = $2",
            ADVANCES.name,
            tenant_id,
        )
    finally:
        await connection.close()
    return Count(row["committed"], row["unsent"], row["effective"])


async def left_to_read(settings: ServiceSettings) -> int:
    """Answer how many records of the topic the service's group has not ticked off yet."""
    servers = settings.kafka_bootstrap_servers
    consumer = AIOKafkaConsumer(ADVANCES.name, bootstrap_servers=servers)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await consumer.start()
    await admin.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        read = await admin.list_consumer_group_offsets(f"fortaler.{SERVICE}")
    finally:
        await admin.close()
        await consumer.stop()
    return sum(end - (read[place].offset if place in read else 0) for place, end in ends.items())


async def as_owner(settings: ServiceSettings) -> asyncpg.Connection:
    """Connect as the owner, who sees all tenants."""
    url = address(settings, SERVICE, "owner").set(drivername="postgresql")
    return await asyncpg.connect(url.render_as_string(hide_password=False))


async def _read(
    settings: ServiceSettings, tenant_id: UUID, topic: str, number: str
) -> list[Advance]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found: list[Advance] = []
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            batches = await consumer.getmany(timeout_ms=200)
            for record in (one for batch in batches.values() for one in batch):
                found += _of_tenant(record, tenant_id, number)
    finally:
        await consumer.stop()
    return found


def _of_tenant(record: Any, tenant_id: UUID, number: str) -> list[Advance]:
    headers = dict(record.headers)
    if headers.get("ce_tenant") != str(tenant_id).encode():
        return []
    return [_advance(headers["ce_id"].decode(), record.value, number)]


def _advance(event_id: str, payload: str | bytes, number: str = "number") -> Advance:
    body = json.loads(payload)
    return Advance(event_id, body["counter_id"], body[number], body.get("words", ""))
