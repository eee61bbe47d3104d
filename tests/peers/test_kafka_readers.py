"""What we announce is read by clients and SDKs of others, as it was committed."""

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from chassis.clock import SystemClock
from chassis.kafka import apply_topics
from chassis.service import Context
from contracts.catalogue import EVENTS
from contracts.freeze import SCHEMAS
from contracts.topics import PARTITIONS, Topic
from fortaler.embedded.kafka import EmbeddedKafka
from tests.peers.announced import (
    EXAMPLES_PER_EVENT,
    Announced,
    Read,
    announce_everything,
    read_by_librdkafka,
    relay_everything,
    written_by_librdkafka,
)
from tests.world import World


@dataclass(frozen=True)
class Heard:
    """What was committed, and what librdkafka read, by event id."""

    committed: dict[str, Announced]
    read: dict[str, Read]

    def of(self, type_: str) -> list[tuple[Announced, Read]]:
        """Answer the events of a kind: as committed, and as read."""
        return [
            (one, self.read[event_id])
            for event_id, one in self.committed.items()
            if one.type == type_ and one.event is not None
        ]


@pytest.fixture(scope="module")
async def heard(world: World, announcer: Context, broker: EmbeddedKafka) -> Heard:
    tenant_id = world.new_tenant().tenant_id
    committed = await announce_everything(announcer, tenant_id)
    await relay_everything(announcer, tenant_id)
    return Heard(committed, await read_by_librdkafka(broker.bootstrap_servers, committed))


@pytest.mark.parametrize("type_", EVENTS)
def test_librdkafka_and_the_sdk_of_cloudevents_read_an_event_as_it_was_committed(
    heard: Heard, type_: str
) -> None:
    pairs = heard.of(type_)

    assert len(pairs) == EXAMPLES_PER_EVENT
    for committed, record in pairs:
        event = from_kafka_event(_as_the_sdk_wants_it(record))
        assert committed.event is not None
        assert event.get_attributes() == {
            "specversion": "1.0",
            "id": str(committed.event_id),
            "source": "/services/recognition",
            "type": type_,
            "time": committed.at,
            "subject": f"{committed.kind}/{committed.aggregate_id}",
            "dataschema": f"urn:fortaler:schema:{type_}",
            "datacontenttype": "application/json",
            "tenant": str(committed.tenant_id),
            # The SDK's name for a record's key.
            "partitionkey": committed.key.decode(),
        }
        assert event.get_data() == json.loads(committed.event.model_dump_json())


@pytest.mark.parametrize("type_", EVENTS)
def test_what_is_read_fits_the_frozen_schema(heard: Heard, type_: str) -> None:
    frozen = json.loads((SCHEMAS / f"{type_}.json").read_text())
    validator = Draft202012Validator(
        frozen["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER
    )

    for committed, record in heard.of(type_):
        assert (record.topic, frozen["type"]) == (frozen["topic"], type_)
        assert record.key == committed.key
        payload = json.loads(record.value or b"")
        assert [error.message for error in validator.iter_errors(payload)] == []
        assert UUID(payload[frozen["aggregate"]["field"]]) == committed.aggregate_id


def test_a_record_says_when_kafka_took_it_and_its_envelope_when_it_happened(heard: Heard) -> None:
    first = min(committed.at for committed in heard.committed.values())
    began = first - timedelta(microseconds=first.microsecond % 1000)

    taken = [heard.read[event_id].at for event_id in heard.committed]

    assert began <= min(taken)
    assert max(taken) <= SystemClock().now()


def test_a_tombstone_has_the_key_of_what_is_gone_and_no_value(heard: Heard) -> None:
    gone = [one for one in heard.committed.values() if one.event is None]

    assert len(gone) == 1
    record = heard.read[str(gone[0].event_id)]
    assert (record.key, record.value) == (gone[0].key, None)
    subject = f"{gone[0].kind}/{gone[0].aggregate_id}"
    assert record.headers["ce_subject"] == subject.encode()


async def test_every_key_is_on_the_partition_that_java_would_choose(
    heard: Heard, broker: EmbeddedKafka
) -> None:
    as_wide = Topic("fortaler.peers_partitions", partitions=PARTITIONS)
    await apply_topics(broker.bootstrap_servers, [as_wide])
    ours = {record.key: record.partition for record in heard.read.values()}

    theirs = await written_by_librdkafka(broker.bootstrap_servers, as_wide.name, ours)

    assert ours == theirs
    assert set(ours.values()) == set(range(PARTITIONS))


def test_news_of_one_aggregate_stay_in_the_order_of_their_commit(heard: Heard) -> None:
    last: dict[tuple[str, bytes], int] = {}
    for event_id in heard.committed:
        record = heard.read[event_id]
        line, offset = (record.topic, record.key), record.offset
        assert offset > last.get(line, -1)
        last[line] = offset
    assert len(last) < len(heard.committed), "no key has more than one record"


def _as_the_sdk_wants_it(record: Read) -> KafkaMessage:
    return KafkaMessage(record.headers, record.key, record.value or b"")
