"""What happens around metrics: stories, shares, and people who do something with them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.ids import new_id
from chassis.messages import Record
from contracts import topics
from contracts.content import CampaignOpened
from contracts.engagement import EngagementRecorded
from contracts.metrics import SharePerformed
from contracts.sharing import SharePublished, ShareScheduled
from services.metrics.settings import MetricsSettings
from tests.news import a_share_is_out
from tests.world import OpenService, Tenant, World

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TARGET = "https://nordlys.example/blade?utm_source=share"
READ_WITHIN_S = 60


def settings_of(world: World, spool_dir: Path, kafka: str | None = None) -> MetricsSettings:
    """Answer settings of metrics, by default of one whose Kafka is away."""
    known = world.settings.model_dump()
    if kafka is not None:
        known["kafka_bootstrap_servers"] = kafka
    return MetricsSettings(**known, spool_dir=spool_dir)


def new_code() -> str:
    """Make a code as sharing would."""
    return new_id().hex[-20:]


def a_share(person_id: UUID | None = None, **facts: Any) -> ShareScheduled:
    """Answer the news that somebody is going to share something."""
    known: dict[str, Any] = {
        "share_id": new_id(),
        "story_id": new_id(),
        "story_version": 1,
        "campaign_id": new_id(),
        "person_id": person_id or new_id(),
        "account_id": new_id(),
        "network": "sandbox",
        "code": new_code(),
        "target": TARGET,
    }
    return ShareScheduled(**{**known, **facts})


def published(share: ShareScheduled) -> SharePublished:
    """Answer the news that a share is out."""
    return a_share_is_out(**share.model_dump(exclude={"code", "target"}))


def a_campaign(campaign_id: UUID) -> CampaignOpened:
    """Answer the news that a campaign is open."""
    return CampaignOpened(
        campaign_id=campaign_id, name="Vind", purpose="traffic", starts_at=None, ends_at=None
    )


def done_with(share: ShareScheduled, kind: Any = "click", **facts: Any) -> EngagementRecorded:
    """Answer the news that somebody did something with a share."""
    known: dict[str, Any] = {
        "share_id": share.share_id,
        "kind": kind,
        "source": "link" if kind == "click" else "export",
        "happened_at": NOON,
        "suspected_robot": False,
    }
    return EngagementRecorded(**{**known, **facts})


async def heard_of(world: World, metrics: OpenService) -> Tenant:
    """Answer a new tenant whose time zone is known to metrics."""
    tenant = world.new_tenant()
    await metrics.hear(tenant, world.registered(tenant))
    return tenant


async def sharing_begins(metrics: OpenService, tenant: Tenant, **facts: Any) -> ShareScheduled:
    """Answer a share that metrics has heard of."""
    share = a_share(**facts)
    await metrics.hear(tenant, share)
    return share


async def performances(metrics: OpenService, tenant: Tenant) -> list[SharePerformed]:
    """Answer what metrics announced of how shares perform."""
    heard = await metrics.announced(tenant)
    return [event for event in heard if isinstance(event, SharePerformed)]


async def rows(metrics: OpenService, tenant: Tenant, query: str) -> list[tuple[Any, ...]]:
    """Look into the tables of metrics, with the tenant's eyes."""
    async with metrics.context.database.transaction(tenant.tenant_id) as session:
        found = await (await session.connection()).exec_driver_sql(query)
        return [tuple(row) for row in found]


async def told_to_kafka(bootstrap_servers: str, tenant: Tenant, count: int) -> list[Record]:
    """Read what Kafka has of a tenant's engagement, until so many different ones are there.

    Delivery is at least once: a repeat is read too, and left to the consumer to know.
    """
    found: list[Record] = []
    topic = topics.ENGAGEMENT
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic.name, n) for n in range(topic.partitions)])
        async with asyncio.timeout(READ_WITHIN_S):
            while len({_id_of(record) for record in found}) < count:
                found.append(await _next_of(consumer, tenant))
    finally:
        await consumer.stop()
    return found


def _id_of(record: Record) -> bytes | None:
    return dict(record.headers)["ce_id"]


async def _next_of(consumer: AIOKafkaConsumer, tenant: Tenant) -> Record:
    while True:
        one = await consumer.getone()
        if (one.key or b"").startswith(str(tenant.tenant_id).encode()):
            return Record(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
