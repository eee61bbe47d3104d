"""Which events are public, and how one is said: CloudEvents 1.0, structured mode, in one line."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import orjson

from chassis.tailing import Record
from contracts.catalogue import EVENTS
from contracts.envelope import CONTENT_TYPE, SPEC_VERSION, Envelope, Unreadable, read_envelope
from contracts.events import Event

PUBLIC: Mapping[str, type[Event]] = {name: event for name, event in EVENTS.items() if event.public}
TOPICS = frozenset(event.topic.name for event in PUBLIC.values())
KINDS = frozenset(event.about[0] for event in PUBLIC.values())

_TENANT_CHARS = 36


def tenant_in(key: bytes | None) -> bytes:
    """Answer the tenant that a record's key names, unchecked: to pass over what nobody wants."""
    return (key or b"")[:_TENANT_CHARS]


def read_public(record: Record) -> Envelope | None:
    """Answer the public event that a record holds, and None for another; raises Unreadable."""
    envelope = read_envelope(record.key, record.value, record.headers)
    event = PUBLIC.get(envelope.type)
    if event is None or envelope.data is None:
        return None
    if event.topic.name != record.topic:
        raise Unreadable(f"{envelope.type} does not travel on this topic.")
    return envelope


def as_cloud_event(envelope: Envelope) -> dict[str, Any]:
    """Answer an event as CloudEvents' JSON format has it; raises Unreadable if its data are none.

    The data pass as they were announced: a field that is newer than this gateway is not lost.
    """
    try:
        data = orjson.loads(envelope.data or b"")
    except orjson.JSONDecodeError as error:
        raise Unreadable("The data are not JSON.") from error
    return {
        "specversion": SPEC_VERSION,
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "time": envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": f"{envelope.kind}/{envelope.aggregate_id}",
        "tenant": str(envelope.tenant_id),
        "dataschema": f"urn:fortaler:schema:{envelope.type}",
        "datacontenttype": CONTENT_TYPE,
        "data": data,
    }
