"""Events as they travel."""

from uuid import UUID

from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.messages import Message
from contracts.envelope import Envelope
from contracts.events import Event


def envelope_of(event: Event, tenant_id: UUID) -> Envelope:
    """Put an event in an envelope of now."""
    return Envelope(
        id=new_id(),
        type=event.type,
        source="/bench",
        time=SystemClock().now(),
        kind=event.aggregate_kind,
        aggregate_id=event.aggregate_id,
        tenant_id=tenant_id,
        data=event.model_dump_json().encode(),
    )


def message_of(event: Event, tenant_id: UUID) -> Message:
    """Answer the record by which an event is written to Kafka."""
    envelope = envelope_of(event, tenant_id)
    return Message(event.topic.name, envelope.key, envelope.data, envelope.headers())
