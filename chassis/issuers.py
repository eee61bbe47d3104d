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

from chassis import reading
from chassis.telemetry import log
from chassis.waiting import end_if_told
from contracts.directory import TenantChanged, TenantRegistered
from contracts.envelope import Unreadable, read_envelope
from contracts.topics import DIRECTORY

RETRY_DELAY_S = 1.0

RECORDS_AT_ONCE_MAX = 1000
"""Some hundred kilobytes; between two answers others have their turn."""

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
        self._of_tenant: dict[UUID, Issuer] = {}
        self._by_url: dict[str, list[Issuer]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._following = False
        self.caught_up = asyncio.Event()
        self.version = 0
        """Goes up with every change, so that what was verified before is verified again."""

    @property
    def complete(self) -> bool:
        """Answer whether all is known that was announced; whoever does not follow is told all."""
        return self.caught_up.is_set() or not self._following

    def find(self, url: str) -> Issuer | None:
        """Answer a trusted issuer, or None: nobody else's tokens are looked at.

        An issuer that moves from one tenant to another may for a moment seem to be of both, as
        their news come in no common order: then it speaks for none.
        """
        if url == self._operator.url:
            return self._operator
        claimed = self._by_url.get(url, [])
        return claimed[0] if len(claimed) == 1 else None

    def learn(self, tenant: TenantRegistered | TenantChanged) -> None:
        """Take in a tenant's state: its issuer may be new, another one, or switched off."""
        before = self._of_tenant.pop(tenant.tenant_id, None)
        if before is not None:
            self._by_url[before.url].remove(before)
            if not self._by_url[before.url]:
                del self._by_url[before.url]
        if tenant.active and tenant.issuer != self._operator.url:
            issuer = Issuer(tenant.issuer, tenant.jwks_uri, tenant.audience, tenant.tenant_id)
            self._of_tenant[tenant.tenant_id] = issuer
            self._by_url.setdefault(issuer.url, []).append(issuer)
        self.version += 1

    async def follow(self, bootstrap_servers: str) -> None:
        """Read the directory topic from its beginning, and go on reading, until cancelled."""
        self._following = True
        while True:
            try:
                await self._follow(bootstrap_servers)
            except (KafkaError, OSError) as error:
                log("issuers").warning("issuers.kafka_trouble", error=type(error).__name__)
            end_if_told()
            await asyncio.sleep(RETRY_DELAY_S)

    async def _follow(self, bootstrap_servers: str) -> None:
        # No group: every process reads everything, and keeps it in memory.
        consumer = AIOKafkaConsumer(
            DIRECTORY.name, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            ends = await consumer.end_offsets(consumer.assignment())
            self._go_on(consumer, ends)
            while True:
                await self._note_progress(consumer, ends)
                records = await reading.read(
                    consumer, self._place, timeout_ms=500, at_most=RECORDS_AT_ONCE_MAX
                )
                for record in records:
                    self._take_in(record.key, record.value, record.headers)
                    self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1
        finally:
            await consumer.stop()

    async def _place(self, place: TopicPartition) -> int | None:
        return self._next.get(place)

    def _go_on(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        # From the beginning again, a tenant that was switched off would be let in for a moment.
        for place, end in ends.items():
            if self._next.get(place, end + 1) <= end:
                consumer.seek(place, self._next[place])

    async def _note_progress(
        self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
    ) -> None:
        if self.caught_up.is_set():
            return
        # Without a single partition there is no topic yet, and nothing has been heard at all.
        positions = [await consumer.position(place) for place in ends]
        if positions and all(at >= end for at, end in zip(positions, ends.values(), strict=True)):
            self.caught_up.set()

    def _take_in(
        self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
    ) -> None:
        try:
            envelope = read_envelope(key, value, headers)
            model = _TENANT_EVENTS.get(envelope.type)
            if model is not None and value is not None:
                self.learn(model.read(value))
        except (Unreadable, ValidationError) as error:
            # The services park it; here nothing more can be done than not to trust it.
            log("issuers").error("issuers.unreadable", error=type(error).__name__)
