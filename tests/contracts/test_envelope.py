"""Strangers who know CloudEvents can read what we send, and we read nothing that is forged."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event
from hypothesis import given
from hypothesis import strategies as st

from contracts.content import StoryWithdrawn
from contracts.envelope import Envelope, Headers, Unreadable, name_of, read_envelope

TENANT = UUID("01920000-0000-7000-8000-000000000001")
OTHER_TENANT = UUID("01920000-0000-7000-8000-000000000002")
STORY = UUID("01920000-0000-7000-8000-0000000000aa")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

ENVELOPE = Envelope(
    id=UUID("01920000-0000-7000-8000-0000000000ee"),
    type=StoryWithdrawn.type,
    source="/services/content",
    time=datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC),
    kind="story",
    aggregate_id=STORY,
    tenant_id=TENANT,
    data=StoryWithdrawn(story_id=STORY).model_dump_json().encode(),
    traceparent=TRACE,
)

WORDS = st.from_regex(r"[a-z][a-z_]{0,30}", fullmatch=True)
ENVELOPES = st.builds(
    Envelope,
    id=st.uuids(),
    type=st.builds("fortaler.{}.{}.v{}".format, WORDS, WORDS, st.integers(1, 99)),
    source=st.builds("/services/{}".format, WORDS),
    # At the ends of the calendar a zone's offset leads out of it.
    time=st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the zones are drawn beside
        max_value=datetime(9998, 12, 31),  # noqa: DTZ001
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9))]
        ),
    ),
    kind=WORDS,
    aggregate_id=st.uuids(),
    tenant_id=st.uuids(),
    data=st.none() | st.binary(max_size=200),
    traceparent=st.none() | st.just(TRACE),
)


def headers(**changes: str | bytes | None) -> Headers:
    """Answer the envelope's headers with some of them changed, or left out by None."""
    found = dict(ENVELOPE.headers())
    for name, value in changes.items():
        header = name.replace("content_type", "content-type")
        if value is None:
            del found[header]
        else:
            found[header] = value if isinstance(value, bytes) else value.encode()
    return list(found.items())


def read_or_refuse(sent: Headers) -> Envelope | None:
    """Read headers; answers None for those that are refused."""
    with suppress(Unreadable):
        return read_envelope(ENVELOPE.key, ENVELOPE.data, sent)
    return None


def as_strangers_send_it(envelope: Envelope) -> KafkaMessage:
    """Answer the record as a client of Kafka hands it to the CloudEvents SDK."""
    assert envelope.data is not None
    return KafkaMessage(headers=dict(envelope.headers()), key=envelope.key, value=envelope.data)


@given(ENVELOPES)
def test_what_was_sent_is_what_is_read(envelope: Envelope) -> None:
    read = read_envelope(envelope.key, envelope.data, envelope.headers())

    assert read == envelope
    assert read.key == envelope.key


@given(ENVELOPES.filter(lambda envelope: envelope.data is not None), st.uuids())
def test_the_sdk_of_cloudevents_reads_our_records(envelope: Envelope, story_id: UUID) -> None:
    withdrawn = StoryWithdrawn(story_id=story_id)
    sent = Envelope(**{**envelope._asdict(), "data": withdrawn.model_dump_json().encode()})

    event = from_kafka_event(as_strangers_send_it(sent))

    assert event.get_specversion() == "1.0"
    assert event.get_id() == str(sent.id)
    assert event.get_type() == sent.type
    assert event.get_source() == sent.source
    assert event.get_time() == sent.time
    assert event.get_subject() == f"{sent.kind}/{sent.aggregate_id}"
    assert event.get_dataschema() == f"urn:fortaler:schema:{sent.type}"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("tenant") == str(sent.tenant_id)
    assert event.get_extension("traceparent") == sent.traceparent
    assert event.get_data() == {"story_id": str(story_id)}


def test_we_read_what_the_sdk_of_cloudevents_writes() -> None:
    event = from_kafka_event(as_strangers_send_it(ENVELOPE))
    key = event.get_extension("partitionkey")

    written = to_binary_event(event)
    read = read_envelope(key.encode(), written.value, list(written.headers.items()))

    assert read == Envelope(**{**ENVELOPE._asdict(), "data": read.data})
    assert StoryWithdrawn.read(read.data or b"") == StoryWithdrawn(story_id=STORY)


def test_header_names_are_read_in_any_case_and_charsets_are_left_out() -> None:
    shouted = [
        (name.upper(), value)
        for name, value in headers(content_type="application/json; charset=utf-8")
    ]

    assert read_envelope(ENVELOPE.key, ENVELOPE.data, shouted) == ENVELOPE


def test_a_tombstone_needs_no_content_type() -> None:
    gone = read_envelope(ENVELOPE.key, None, headers(content_type=None))

    assert gone.data is None
    assert gone.aggregate_id == STORY


UNREADABLE: dict[str, tuple[Any, str]] = {
    "no headers at all": ([], "Headers are missing"),
    "no id": (headers(ce_id=None), "ce_id"),
    "no source": (headers(ce_source=None), "ce_source"),
    "no type": (headers(ce_type=None), "ce_type"),
    "no time": (headers(ce_time=None), "ce_time"),
    "no subject": (headers(ce_subject=None), "ce_subject"),
    "no tenant": (headers(ce_tenant=None), "ce_tenant"),
    "no version of CloudEvents": (headers(ce_specversion=None), "is not 1.0"),
    "an empty id": (headers(ce_id=""), "ce_id"),
    "an empty type": (headers(ce_type=""), "ce_type"),
    "an empty tenant": (headers(ce_tenant=""), "ce_tenant"),
    "an older CloudEvents": (headers(ce_specversion="0.3"), "'0.3' is not 1.0"),
    "a newer CloudEvents": (headers(ce_specversion="1.1"), "'1.1' is not 1.0"),
    "no content type": (headers(content_type=None), "content type"),
    "another content type": (headers(content_type="application/avro"), "application/avro"),
    "the structured mode": (
        [("content-type", b"application/cloudevents+json")],
        "Headers are missing",
    ),
    "an id that is a number": (headers(ce_id="17"), "no readable value"),
    "an id with a space": (headers(ce_id=f"{STORY} "), "no readable value"),
    "a tenant that is a name": (headers(ce_tenant="nordlys"), "no readable value"),
    "a tenant that is SQL": (headers(ce_tenant="' or true --"), "no readable value"),
    "a subject without an id": (headers(ce_subject="story"), "no readable value"),
    "a subject with a name for an id": (headers(ce_subject="story/first"), "no readable value"),
    "a subject with too many parts": (
        headers(ce_subject=f"story/{STORY}/variants"),
        "no readable value",
    ),
    "a subject without a kind": (headers(ce_subject=f"/{STORY}"), "record key"),
    "a time in words": (headers(ce_time="yesterday"), "no readable value"),
    "a time in seconds": (headers(ce_time="1772357400"), "readable value"),
    "a thirteenth month": (headers(ce_time="2026-13-01T00:00:00Z"), "no readable value"),
    "a time without a zone": (headers(ce_time="2026-03-01T09:30:00"), "no time zone"),
    "a day only": (headers(ce_time="2026-03-01"), "no time zone"),
    "a time before all time": (headers(ce_time="0001-01-01T00:00:00+14:00"), "no instant"),
    "a header that is not text": (headers(ce_id=b"\xff\xfe"), "not UTF-8"),
    "a header without a value": ([*headers(), ("ce_more", None)], "not UTF-8"),
    "headers that are not pairs": (["ce_id"], "not UTF-8"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_no_envelope_is_refused_with_its_reason(case: str) -> None:
    sent, told = UNREADABLE[case]

    with pytest.raises(Unreadable) as refused:
        read_envelope(ENVELOPE.key, ENVELOPE.data, sent)

    assert told in str(refused.value)


FORGED: dict[str, tuple[bytes | None, Headers]] = {
    "another tenant in the headers": (ENVELOPE.key, headers(ce_tenant=str(OTHER_TENANT))),
    "another tenant in the key": (name_of(OTHER_TENANT, "story", STORY).key, headers()),
    "another story in the headers": (ENVELOPE.key, headers(ce_subject=f"story/{TENANT}")),
    "another story in the key": (name_of(TENANT, "story", OTHER_TENANT).key, headers()),
    "another kind in the headers": (ENVELOPE.key, headers(ce_subject=f"person/{STORY}")),
    "a second tenant that comes last": (
        ENVELOPE.key,
        [*headers(), ("ce_tenant", str(OTHER_TENANT).encode())],
    ),
    "a second tenant in capitals": (
        ENVELOPE.key,
        [*headers(), ("CE_TENANT", str(OTHER_TENANT).encode())],
    ),
    "no key": (None, headers()),
    "an empty key": (b"", headers()),
    "a key in capitals": (ENVELOPE.key.upper(), headers()),
    "a key with more behind it": (ENVELOPE.key + b"/x", headers()),
    "a key that is not text": (b"\xff" + ENVELOPE.key, headers()),
}


@pytest.mark.parametrize("case", FORGED)
def test_headers_that_the_key_does_not_bear_out_are_refused(case: str) -> None:
    key, sent = FORGED[case]

    with pytest.raises(Unreadable, match=r"record key|stands twice"):
        read_envelope(key, ENVELOPE.data, sent)


@given(st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=12))), st.binary() | st.none())
def test_no_garbage_ever_ends_in_anything_but_a_refusal(
    garbage: Headers, key: bytes | None
) -> None:
    with pytest.raises(Unreadable):
        read_envelope(key, b"", garbage)


NAMES = st.sampled_from([name for name, _ in ENVELOPE.headers()])


@given(NAMES, st.text(max_size=60) | st.datetimes().map(str) | st.uuids().map(str))
def test_one_header_that_says_anything_is_read_as_said_or_refused(name: str, said: str) -> None:
    changed = [(one, said.encode() if one == name else value) for one, value in ENVELOPE.headers()]

    read = read_or_refuse(changed)

    # Whatever was changed, it stayed the same story of the same tenant.
    if read is not None:
        assert read.key == ENVELOPE.key
        assert read_envelope(read.key, read.data, read.headers()) == read
    else:
        assert said != dict(ENVELOPE.headers())[name].decode()


def test_ids_in_other_spellings_are_one_event() -> None:
    spelled = uuid5(STORY, "spelled")

    found = {
        read_envelope(ENVELOPE.key, ENVELOPE.data, headers(ce_id=spelling)).id
        for spelling in (str(spelled), str(spelled).upper(), f"urn:uuid:{spelled}", spelled.hex)
    }

    assert found == {spelled}
