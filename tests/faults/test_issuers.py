"""Whose tokens are accepted: followed from Kafka, through its restarts."""

import asyncio
from itertools import permutations
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from chassis.ids import new_id
from chassis.issuers import Issuer, Issuers
from chassis.kafka import Publisher
from chassis.messages import Message
from chassis.settings import ServiceSettings
from contracts.directory import TenantChanged, TenantRegistered, TenantState
from fortaler.embedded.kafka import EmbeddedKafka
from tests.envelopes import message_of
from tests.patience import until, within

pytestmark = pytest.mark.own_servers

OPERATOR = Issuer("https://operator.example", "https://operator.example/keys", "fortaler", None)
FIRST, SECOND = new_id(), new_id()
OLD, NEW = "https://old.example", "https://new.example"


def state(event: type[TenantState], tenant_id: object, issuer: str, active: bool = True) -> Any:
    return event(
        tenant_id=tenant_id,
        slug="nordlys",
        name="Nordlys Energi",
        issuer=issuer,
        jwks_uri=f"{issuer}/keys",
        audience="fortaler",
        country="DK",
        language="da",
        time_zone="Europe/Copenhagen",
        active=active,
    )


def message(event: TenantState) -> Message:
    return message_of(event, event.tenant_id)


MOVED = (
    state(TenantRegistered, FIRST, OLD),
    state(TenantChanged, FIRST, NEW),
    state(TenantRegistered, SECOND, OLD),
)


@pytest.mark.parametrize(
    "heard",
    [order for order in permutations(MOVED) if order.index(MOVED[0]) < order.index(MOVED[1])],
)
def test_an_issuer_that_moves_to_another_tenant_speaks_for_it_in_whatever_order_we_hear(
    heard: tuple[TenantRegistered | TenantChanged, ...],
) -> None:
    issuers = Issuers(OPERATOR)

    for one in heard:
        issuers.learn(one)

    old, new = issuers.find(OLD), issuers.find(NEW)
    assert old is not None
    assert new is not None
    assert (old.tenant_id, new.tenant_id) == (SECOND, FIRST)


def test_an_issuer_that_two_tenants_claim_speaks_for_neither() -> None:
    issuers = Issuers(OPERATOR)

    issuers.learn(state(TenantRegistered, FIRST, OLD))
    issuers.learn(state(TenantRegistered, SECOND, OLD))

    assert issuers.find(OLD) is None


def test_no_tenant_can_claim_the_operators_issuer() -> None:
    issuers = Issuers(OPERATOR)

    issuers.learn(state(TenantRegistered, FIRST, OPERATOR.url))

    assert issuers.find(OPERATOR.url) == OPERATOR


async def test_a_broker_that_was_killed_is_followed_again(
    mortal: ServiceSettings, mortal_kafka: EmbeddedKafka
) -> None:
    tenant_id, issuer = new_id(), f"https://{new_id()}.example"
    publisher = Publisher(mortal.kafka_bootstrap_servers, delivery_timeout_s=2)
    await publisher.connect()
    await until(lambda: published(publisher, state(TenantRegistered, tenant_id, issuer)))
    issuers = Issuers(OPERATOR)
    following = asyncio.create_task(issuers.follow(mortal.kafka_bootstrap_servers))
    await within(60, issuers.caught_up.wait())
    known = issuers.find(issuer)

    mortal_kafka.kill()
    await until(lambda: nobody_answers(mortal_kafka))
    mortal_kafka.start()
    gone = state(TenantChanged, tenant_id, issuer, active=False)
    await until(lambda: published(publisher, gone))

    async def switched_off() -> bool:
        return issuers.find(issuer) is None

    await until(switched_off)
    following.cancel()
    await asyncio.wait([following])
    await publisher.stop()
    assert known is not None
    assert known.tenant_id == tenant_id


async def published(publisher: Publisher, event: TenantState) -> bool:
    """Publish, or answer that a broker which is just back was too slow: states may come twice."""
    try:
        await publisher.publish([message(event)])
    except (KafkaError, OSError):
        return False
    return True


async def nobody_answers(broker: EmbeddedKafka) -> bool:
    """Answer whether a broker is away; whoever follows it learns of that meanwhile."""
    try:
        _, writer = await asyncio.open_connection(broker.host, broker.port)
    except OSError:
        return True
    writer.close()
    return False
