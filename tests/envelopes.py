"""Events as they travel, for tests that stand between a service and Kafka."""

from datetime import datetime
from uuid import UUID

from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.messages import Message
from contracts.envelope import Envelope
from contracts.events import Event


def envelope_of(
    event: Event,
    tenant_id: UUID,
    *,
    event_id: UUID | None = None,
    at: datetime | None = None,
    traceparent: str | None = None,
) -> Envelope:
    """Put an event of a tenant in its envelope: new and of now, where nothing else is said."""
    return Envelope(
        id=event_id or new_id(),
        type=event.type,
        source="/services/test",
        time=at or SystemClock().now(),
        kind=event.aggregate_kind,
        aggregate_id=event.aggregate_id,
        tenant_id=tenant_id,
        data=event.model_dump_json().encode(),
        traceparent=traceparent,
    )


def message_of(event: Event, tenant_id: UUID) -> Message:
    """Answer the record by which an event of a tenant is written to Kafka."""
    envelope = envelope_of(event, tenant_id)
    return Message(event.topic.name, envelope.key, envelope.data, envelope.headers())
