"""CloudEvents 1.0 over Kafka in binary mode: attributes as `ce_` headers, the data as the value.

Source: CloudEvents 1.0.2, Kafka protocol binding 1.0.2, sections 3.2 and 3.5 (tombstones).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
ATTRIBUTE_BYTES_MAX = 4096
"""Ours have at most two hundred; what is so long was not written by a service of ours."""

_REQUIRED = ("id", "source", "type", "time", "subject", "tenant")
_OURS = ("ce_", "content-type")

KINDS_KEPT_MAX = 1_000
"""There are some dozens; what a reader meets beside them is not kept here."""

NAMES_KEPT_MAX = 10_000
"""Half a kilobyte each: the aggregates that a process writes or reads about within a while."""

_encode = msgspec.json.Encoder().encode

Headers = list[tuple[str, bytes]]


class Unreadable(Exception):
    """A record that is not one of our envelopes; the text says what is wrong with it."""


class Envelope(NamedTuple):
    """One event as it travels. `data` is the event's JSON, or None for a tombstone."""

    id: UUID
    type: str
    source: str
    time: datetime
    kind: str
    aggregate_id: UUID
    tenant_id: UUID
    data: bytes | None
    traceparent: str | None = None

    @property
    def key(self) -> bytes:
        """Answer the record key: everything about one aggregate of one tenant keeps its order."""
        return name_of(self.tenant_id, self.kind, self.aggregate_id).key

    def headers(self) -> Headers:
        """Answer the record headers of the binary mode, with a plain `traceparent` for tracers."""
        name = name_of(self.tenant_id, self.kind, self.aggregate_id)
        return headers_of(name, str(self.id), self.type, self.source, self.time, self.traceparent)


def headers_of(
    name: "Name",
    event_id: str,
    type_: str,
    source: str,
    time: datetime,
    traceparent: str | None = None,
) -> Headers:
    """Answer the record headers of an event, for what is sent in too great numbers for an Envelope.

    `time` is aware; it is written in UTC.
    """
    headers = [
        *_kind_headers(type_, source),
        ("ce_id", event_id.encode()),
        ("ce_time", _written(time if time.tzinfo is UTC else time.astimezone(UTC))),
        *name.headers,
    ]
    if traceparent:
        written = traceparent.encode()
        headers += [("ce_traceparent", written), ("traceparent", written)]
    return headers


# RFC 3339 in quotes, at a fifth of what isoformat takes.
def _written(at: datetime) -> bytes:
    return _encode(at)[1:-1]


class Name(NamedTuple):
    """An aggregate of a tenant, in the words of a record's key and of its headers."""

    key: bytes
    headers: tuple[tuple[str, bytes], ...]


# What all events of a type say alike is written once.
@lru_cache(maxsize=KINDS_KEPT_MAX)
def _kind_headers(type_: str, source: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type_.encode()),
        ("ce_dataschema", f"urn:fortaler:schema:{type_}".encode()),
        ("content-type", CONTENT_TYPE.encode()),
    )


# Writing an id as text costs as much as a whole header, and hot aggregates come again and again.
@lru_cache(maxsize=NAMES_KEPT_MAX)
def name_of(tenant_id: UUID, kind: str, aggregate_id: UUID) -> Name:
    """Answer how records name an aggregate of a tenant."""
    subject = f"{kind}/{aggregate_id}"
    about = (("ce_subject", subject.encode()), ("ce_tenant", str(tenant_id).encode()))
    return Name(f"{tenant_id}/{subject}".encode(), about)


def read_envelope(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]] | Sequence[object]
) -> Envelope:
    """Read a record back into an envelope, or raise Unreadable with the reason."""
    found = _attributes(headers)
    missing = [f"ce_{name}" for name in _REQUIRED if not found.get(f"ce_{name}")]
    if missing:
        raise Unreadable(f"Headers are missing: {', '.join(missing)}.")
    if found.get("ce_specversion") != SPEC_VERSION:
        raise Unreadable(f"CloudEvents {found.get('ce_specversion')!r} is not {SPEC_VERSION}.")
    if value is not None and found.get("content-type", "").split(";")[0] != CONTENT_TYPE:
        raise Unreadable(f"The content type {found.get('content-type')!r} is not {CONTENT_TYPE}.")
    kind, _, aggregate_id = found["ce_subject"].partition("/")
    try:
        envelope = Envelope(
            id=UUID(found["ce_id"]),
            type=found["ce_type"],
            source=found["ce_source"],
            time=datetime.fromisoformat(found["ce_time"]),
            kind=kind,
            aggregate_id=UUID(aggregate_id),
            tenant_id=UUID(found["ce_tenant"]),
            data=value,
            traceparent=found.get("ce_traceparent") or None,
        )
    except ValueError as error:
        raise Unreadable(f"A header has no readable value: {error}.") from error
    return _checked(envelope, key)


def _checked(envelope: Envelope, key: bytes | None) -> Envelope:
    if envelope.time.tzinfo is None:
        raise Unreadable("ce_time has no time zone.")
    try:
        envelope.time.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable("ce_time is no instant that UTC can say.") from error
    # The key is what the broker ordered by; a subject or tenant that differs from it is forged.
    if key != envelope.key:
        raise Unreadable("The record key does not name the tenant and subject of the headers.")
    return envelope


def _attributes(headers: Iterable[object]) -> dict[str, str]:
    """Answer what is ours; what proxies and tracers have put beside it is theirs."""
    found: dict[str, str] = {}
    try:
        for name, value in headers:  # type: ignore[misc]
            known: str = name.lower()  # type: ignore[has-type]
            if not known.startswith(_OURS):
                continue
            text: str = value.decode()  # type: ignore[has-type]
            if len(value) > ATTRIBUTE_BYTES_MAX:  # type: ignore[has-type]
                raise Unreadable(f"Header {known[:40]} has more than {ATTRIBUTE_BYTES_MAX} bytes.")
            if found.setdefault(known, text) != text:
                raise Unreadable(f"Header {known[:40]} stands twice, and says two things.")
    except (AttributeError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise Unreadable("A header is not UTF-8 text.") from error
    return found
