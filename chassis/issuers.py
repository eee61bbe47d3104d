"""Whose tokens are accepted: the operator's issuer, and those that tenants announced.

Every process follows the compacted directory topic from its beginning, so nobody is asked
synchronously, and a tenant that is switched off is refused within moments (design 10.17).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from chassis.telemetry import log
from contracts.directory import TenantChanged, TenantRegistered
from contracts.envelope import Unreadable, read_envelope
from contracts.topics import DIRECTORY

RETRY_DELAY_S = 1.0
_TENANT_EVENTS = {event.type: event for event in (TenantRegistered, TenantChanged)}


@dataclass(frozen=True)
class Issuer:
    """An identity provider that speaks for one tenant; for the operator where there is none."""

    url: str
    jwks_uri: str
    audience: str
    tenant_id: UUID | None


class Issuers:
    """The issuers known to this process, by their `iss`."""

    def __init__(self, operator: Issuer) -> None:
        self._operator = operator
        self._by_url: dict[str, Issuer] = {}
        self._url_of: dict[UUID, str] = {}
        self.caught_up = asyncio.Event()
        self.version = 0
        """Goes up with every change, so that what was verified before is verified again."""

    def find(self, url: str) -> Issuer | None:
        """Answer a trusted issuer, or None: nobody else's tokens are looked at."""
        return self._operator if url == self._operator.url else self._by_url.get(url)

    def learn(self, tenant: TenantRegistered | TenantChanged) -> None:
        """Take in a tenant's state: its issuer may be new, another one, or switched off."""
        before = self._url_of.pop(tenant.tenant_id, None)
        if before is not None and before in self._by_url:
            del self._by_url[before]
        if tenant.active and tenant.issuer != self._operator.url:
            self._by_url[tenant.issuer] = Issuer(
                tenant.issuer, tenant.jwks_uri, tenant.audience, tenant.tenant_id
            )
            self._url_of[tenant.tenant_id] = tenant.issuer
        self.version += 1

    async def follow(self, bootstrap_servers: str) -> None:
        """Read the directory topic from its beginning, and go on reading, until cancelled."""
        while True:
            try:
                await self._follow(bootstrap_servers)
            except (KafkaError, OSError) as error:
                log("issuers").warning("issuers.kafka_trouble", error=type(error).__name__)
            await asyncio.sleep(RETRY_DELAY_S)

    async def _follow(self, bootstrap_servers: str) -> None:
        # No group: every process reads everything, and keeps it in memory.
        consumer = AIOKafkaConsumer(
            DIRECTORY.name, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            ends = await consumer.end_offsets(consumer.assignment())
            while True:
                await self._note_progress(consumer, ends)
                batches = await consumer.getmany(timeout_ms=500)
                for record in (one for batch in batches.values() for one in batch):
                    self._take_in(record.key, record.value, record.headers)
        finally:
            await consumer.stop()

    async def _note_progress(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
    ) -> None:
        if self.caught_up.is_set():
            return
        positions = [await consumer.position(place) for place in ends]
        if all(at >= end for at, end in zip(positions, ends.values(), strict=True)):
            self.caught_up.set()

    def _take_in(
        self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        try:
            envelope = read_envelope(key, value, headers)
            model = _TENANT_EVENTS.get(envelope.type)
            if model is not None and value is not None:
                self.learn(model.read(value))
        except (Unreadable, ValidationError) as error:
            # The services park it; here nothing more can be done than not to trust it.
            log("issuers").error("issuers.unreadable", error=type(error).__name__)
