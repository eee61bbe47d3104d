"""Plays one story with telemetry on, and tells what was traced: python -m ... BASE KEYS."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.ids import new_id
from chassis.settings import ServiceSettings
from fortaler.local_issuer.keys import IssuerKeys
from tests.chassis.checker import as_owner
from tests.chassis.running import all_counted, all_read, working
from tests.chassis.scratch_service.contract import ADVANCES
from tests.chassis.scratch_service.main import SERVICE
from tests.world import World

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NAME = "Ana Hemmelighed"
WORDS = "words-of-a-statement"


async def traced_outbox(settings: ServiceSettings, tenant_id: UUID) -> list[list[str | None]]:
    """Answer each announcement's type and traceparent, in order."""
    connection = await as_owner(settings)
    rows = await connection.fetch(
        "select type, traceparent from outbox where tenant_id = $1 order by position", tenant_id
    )
    await connection.close()
    return [[row["type"], row["traceparent"]] for row in rows]


async def traced_topic(settings: ServiceSettings, tenant_id: UUID) -> list[dict[str, str]]:
    """Answer the headers of the tenant's records."""
    consumer = AIOKafkaConsumer(
        ADVANCES.name,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found: list[dict[str, str]] = []
    while len(found) < 2:
        batches = await consumer.getmany(timeout_ms=1000)
        headers = [dict(one.headers) for batch in batches.values() for one in batch]
        found += [
            {name: value.decode() for name, value in one.items()}
            for one in headers
            if one.get("ce_tenant") == str(tenant_id).encode()
        ]
    await consumer.stop()
    return found


async def play(settings: ServiceSettings, world: World) -> dict[str, Any]:
    """Let Ana advance a counter twice, one time sampled, and fail once in SQL."""
    tenant = world.new_tenant()
    async with working(settings), world.open(SERVICE) as service:
        # A batch that holds what other tests left behind may fail, and be handled once more.
        await all_read(settings)
        await service.hire(tenant, "ana", display_name=NAME)
        ana = service.as_(tenant, "ana")
        path = f"{service.client.base_url}/v1/counters/{new_id()}/advance"
        await service.client.post(path, headers={**ana.headers, "traceparent": SAMPLED})
        unsampled = await service.client.post(path, headers=ana.headers)
        failed = [await ana.post("/v1/notes", {"words": WORDS}) for _ in range(2)]
        await all_counted(settings, tenant.tenant_id, at_least=2)
        await all_read(settings)
    return {
        "token": ana.headers["authorization"].split()[1],
        "unsampled": unsampled.headers["x-trace-id"],
        "failed": failed[-1].status_code,
        "outbox": await traced_outbox(settings, tenant.tenant_id),
        "topic": await traced_topic(settings, tenant.tenant_id),
    }


async def main(base: str, keys: str) -> None:
    """Play, and tell."""
    settings = ServiceSettings()
    exporter = InMemorySpanExporter()
    telemetry.set_up("scratch", settings, exporter)
    told = await play(settings, World(settings, IssuerKeys(Path(keys)), base))
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.force_flush()
    told["spans"] = [json.loads(span.to_json()) for span in exporter.get_finished_spans()]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
