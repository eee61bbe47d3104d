"""The embedded Kafka: what it keeps, where its jars come from, and how it says no."""

from importlib import resources
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fortaler.embedded import EmbeddedFailed, EmbeddedKafka
from fortaler.embedded.kafka import Broker, broker_properties
from fortaler.embedded.kafka_jars import LOCK_FILE, Jar, locked_jars, verify
from fortaler.embedded.kafka_program import default_jars_dir
from fortaler.embedded.ports import free_port
from tests.embedded.keepers import AS_WE_ARE, NAMELESS, kept, those_there_are

pytestmark = pytest.mark.own_servers

MEMORY = TopicPartition("memory", 0)


async def test_a_record_outlives_a_stop_a_kill_and_a_new_port(tmp_path: Path):
    first = EmbeddedKafka(tmp_path)
    with first:
        await create_topic(first)
        await tell(first, b"one")
    with first:
        await tell(first, b"two")
        first.kill()

    with EmbeddedKafka(tmp_path, port=free_port()) as second:
        remembered = await everything_told(second)

    assert remembered == [b"one", b"two"]
    assert second.port != first.port


@pytest.mark.parametrize("user", those_there_are(AS_WE_ARE, NAMELESS))
def test_a_user_gets_a_broker_with_a_name_or_without(user: str, tmp_path: Path):
    with kept("kafka", tmp_path / "data", default_jars_dir(), user=user) as keeper:
        assert keeper.server_pid > 0


def test_without_a_network_the_ways_out_are_named(tmp_path: Path):
    nobody_there = f"http://127.0.0.1:{free_port()}"
    surroundings = {"HTTPS_PROXY": nobody_there, "https_proxy": nobody_there, "NO_PROXY": ""}

    with kept("kafka", tmp_path / "data", tmp_path / "jars", surroundings=surroundings) as keeper:
        failure = keeper.words["failure"]

    assert failure.startswith("Apache Kafka could not be fetched from Maven Central")
    assert "go online" in failure
    assert "FORTALER_KAFKA_BOOTSTRAP_SERVERS" in failure
    assert "\n" not in failure


def test_a_jar_that_is_not_the_locked_one_is_refused(tmp_path: Path):
    jar = Jar("org.example", "example", "1.0", sha256="0" * 64)
    tampered = tmp_path / jar.file_name
    tampered.write_bytes(b"something else")

    with pytest.raises(EmbeddedFailed, match=r"example-1\.0\.jar is not the file the lock names"):
        verify(jar, tampered)


def test_the_lock_names_every_jar_once_with_a_checksum_and_no_address():
    jars, _ = locked_jars()
    text = (resources.files("fortaler.embedded") / LOCK_FILE).read_text()

    assert len({jar.file_name for jar in jars}) == len(jars)
    assert {len(jar.sha256) for jar in jars} == {64}
    assert "://" not in text


def test_clients_are_sent_to_the_port_of_this_start(tmp_path: Path):
    properties = broker_properties(Broker(1, 9092, 9093, tmp_path))

    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9092"


async def create_topic(broker: EmbeddedKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(MEMORY.topic, 1, 1)])
    finally:
        await admin.close()


async def tell(broker: EmbeddedKafka, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait(MEMORY.topic, value)


async def everything_told(broker: EmbeddedKafka) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as consumer:
        consumer.assign([MEMORY])
        await consumer.seek_to_beginning(MEMORY)
        end = (await consumer.end_offsets([MEMORY]))[MEMORY]
        return [(await consumer.getone()).value for _ in range(end)]
