"""Three embedded brokers: what they keep while one is away, and after all were killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.kafka import apply_topics
from contracts.topics import Topic
from fortaler.embedded import EmbeddedCluster, EmbeddedFailed, EmbeddedKafka
from fortaler.embedded.kafka import Broker, broker_properties, brokers_known_to
from fortaler.embedded.ports import port_is_free

pytestmark = pytest.mark.own_servers

MEMORY = Topic("memory", partitions=1)
PLACE = TopicPartition(MEMORY.name, 0)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(tmp_path / "cluster") as cluster:
        yield cluster


async def test_whichever_broker_is_killed_what_was_acknowledged_is_there(
    cluster: EmbeddedCluster,
) -> None:
    await apply_topics(cluster.bootstrap_servers, [MEMORY], replication=3)
    words = []
    for node in cluster.nodes:
        words.append(node.name.encode())
        await tell(cluster, words[-1])

        node.kill()

        words.append(b"without " + node.name.encode())
        await tell(cluster, words[-1])
        node.start()

    assert await everything_told(cluster) == words


async def test_what_was_told_outlives_a_stop_and_a_kill_of_all(tmp_path: Path) -> None:
    with EmbeddedCluster(tmp_path) as first:
        await apply_topics(first.bootstrap_servers, [MEMORY], replication=3)
        await tell(first, b"one")
        first.kill()
        first.start()
        await tell(first, b"two")

    with EmbeddedCluster(tmp_path) as second:
        remembered = await everything_told(second)

    assert remembered == [b"one", b"two"]
    assert second.bootstrap_servers == first.bootstrap_servers


async def test_three_replicas_are_acknowledged_by_two(cluster: EmbeddedCluster) -> None:
    await apply_topics(cluster.bootstrap_servers, [MEMORY], replication=3)

    cluster.nodes[0].kill()
    cluster.nodes[1].kill()

    with pytest.raises((KafkaError, OSError)):
        await tell(cluster, b"kept by one alone", timeout_s=3)


def test_a_topic_of_one_replica_waits_for_nobody_else() -> None:
    assert MEMORY.config(replication=3)["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in MEMORY.config()
    assert "min.insync.replicas" not in MEMORY.config(replication=2)


def test_every_broker_knows_all_three_and_is_ended_with_the_others(tmp_path: Path) -> None:
    with EmbeddedCluster(tmp_path) as cluster:
        known = [brokers_known_to(node.port) for node in cluster.nodes]

    assert known == [3, 3, 3]
    assert not [node for node in cluster.nodes if node.alive]


def test_one_brokers_data_are_refused_by_three(tmp_path: Path) -> None:
    with EmbeddedKafka(tmp_path):
        pass

    with pytest.raises(EmbeddedFailed, match="made by one broker and cannot be used by 3") as no:
        EmbeddedCluster(tmp_path).start()

    assert "\n" not in str(no.value)


def test_three_brokers_data_are_refused_by_one(tmp_path: Path) -> None:
    with EmbeddedCluster(tmp_path):
        pass

    with pytest.raises(EmbeddedFailed, match="made by several brokers") as no:
        EmbeddedKafka(tmp_path).start()

    assert "\n" not in str(no.value)


def test_when_one_cannot_start_none_is_left(tmp_path: Path) -> None:
    with EmbeddedCluster(tmp_path) as cluster:
        taken = cluster.nodes[2].port
    (tmp_path / "other").mkdir()

    with EmbeddedKafka(tmp_path / "other", port=taken):
        again = EmbeddedCluster(tmp_path)
        with pytest.raises(EmbeddedFailed, match=rf"^Port {taken} .* Kafka node 3 .* is taken"):
            again.start()

    assert [node.alive for node in again.nodes] == [False, False, False]
    assert port_is_free(again.nodes[0].port)


def test_a_spoiled_roll_is_named(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{")

    with pytest.raises(EmbeddedFailed, match=r"cluster\.json cannot be read"):
        EmbeddedCluster(tmp_path).start()


def test_the_nodes_find_each_other_by_ports_that_stay(tmp_path: Path) -> None:
    nodes = [Broker(number, 9000 + number, 9100 + number, tmp_path) for number in (1, 2, 3)]

    properties = broker_properties(nodes[1], nodes)

    voters = "1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103"
    assert properties["controller.quorum.voters"] == voters
    assert "controller.quorum.bootstrap.servers" not in properties
    assert properties["offsets.topic.replication.factor"] == "3"


async def tell(cluster: EmbeddedCluster, value: bytes, *, timeout_s: int = 40) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers,
        acks="all",
        request_timeout_ms=timeout_s * 1000,
    ) as producer:
        await producer.send_and_wait(MEMORY.name, value)


async def everything_told(cluster: EmbeddedCluster) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap_servers) as consumer:
        consumer.assign([PLACE])
        await consumer.seek_to_beginning(PLACE)
        end = (await consumer.end_offsets([PLACE]))[PLACE]
        return [(await consumer.getone()).value for _ in range(end)]
