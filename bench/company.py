"""A company under load: its issuer is trusted, its people and shares are known to a service."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import uvloop
from yarl import URL

from bench.house import House
from bench.news import envelope_of, message_of
from bench.processes import python
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from chassis.kafka import Publisher
from chassis.messages import Record
from chassis.service import Service, open_context, opened
from contracts.directory import PersonProvisioned, TenantRegistered
from contracts.events import Event
from contracts.sharing import ShareScheduled
from fortaler.local_issuer.keys import IssuerKeys, issuer_url

ISSUER = "nordlys"
TARGET = "https://nordlys.example/blade?utm_source=share"


@dataclass(frozen=True)
class Company:
    """A tenant with one person who may report."""

    tenant_id: UUID
    token: str


def admit(house: House, service: Service | None) -> Company:
    """Serve the company's issuer, tell Kafka of the company, and let a service hear of it."""
    keys = IssuerKeys(house.scratch / "issuers")
    port = URL(house.issuer_base).port or 0
    house.serve(
        "issuer", python("bench.peers", "issuer", "--keys", str(house.scratch / "issuers")), port
    )
    tenant_id = new_id()
    issuer = issuer_url(house.issuer_base, ISSUER)
    registered = TenantRegistered(
        tenant_id=tenant_id,
        slug=ISSUER,
        name="Nordlys Energi",
        issuer=issuer,
        jwks_uri=f"{issuer}/jwks.json",
        audience=house.settings.audience,
        country="DK",
        language="da",
        time_zone="Europe/Copenhagen",
        active=True,
    )
    uvloop.run(_announce(house, registered, tenant_id))
    if service is not None:
        let_hear(house, service, tenant_id, [registered, _analyst()])
    token = keys.sign_access_token(
        issuer, ISSUER, "ana", house.settings.audience, now=SystemClock().now()
    )
    return Company(tenant_id, token)


def let_hear(house: House, service: Service, tenant_id: UUID, events: Sequence[Event]) -> None:
    """Let a service take events in, as it would from Kafka."""

    async def take_in() -> None:
        context = open_context(
            service, service.settings(**house.settings.model_dump()), SystemClock()
        )
        async with opened(service, context):
            consumer = Consumer(service.name, service.handlers, context.database, context.clock)
            endings = await consumer.take_in(records_of(events, tenant_id))
        if endings["done"] != len(events):
            raise RuntimeError(f"{service.name} did not take everything in: {dict(endings)}")

    uvloop.run(take_in())


def records_of(events: Sequence[Event], tenant_id: UUID) -> list[Record]:
    """Answer the records that Kafka would hold."""
    told = [(event.topic.name, envelope_of(event, tenant_id)) for event in events]
    return [
        Record(topic, 0, place, one.key, one.data, one.headers())
        for place, (topic, one) in enumerate(told)
    ]


def a_share(code: str) -> ShareScheduled:
    """Answer the news of a share with a tracked link."""
    return ShareScheduled(
        share_id=new_id(),
        story_id=new_id(),
        story_version=1,
        campaign_id=new_id(),
        person_id=new_id(),
        account_id=new_id(),
        network="sandbox",
        code=code,
        target=TARGET,
    )


def new_code() -> str:
    """Make a link's code as sharing would."""
    return new_id().hex[-20:]


def _analyst() -> PersonProvisioned:
    return PersonProvisioned(
        person_id=new_id(),
        subject="ana",
        display_name="Ana",
        team_id=None,
        region=None,
        country=None,
        language=None,
        time_zone=None,
        leader=False,
        roles=["analyst"],
        active=True,
    )


async def _announce(house: House, event: Event, tenant_id: UUID) -> None:
    publisher = Publisher(house.settings.kafka_bootstrap_servers)
    await publisher.start()
    try:
        await publisher.publish([message_of(event, tenant_id)])
    finally:
        await publisher.stop()
