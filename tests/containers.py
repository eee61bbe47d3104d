"""PostgreSQL and Apache Kafka in containers, for machines with a Docker engine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from fortaler.embedded.kafka import Broker, broker_properties, new_cluster_id
from fortaler.embedded.kafka_jars import locked_jars
from fortaler.embedded.ports import free_port
from fortaler.embedded.postgres import OPTIONS
from tests.servers import POSTGRES_PORT, KafkaServer, PostgresServer

POSTGRES_IMAGE = "postgres:18"
SUPERUSER, PASSWORD = "postgres", "only-for-tests"
KAFKA_STARTED = r".*Kafka Server started.*"
KAFKA_START_TIMEOUT_S = 120
"""The image has no cache of Java's classes as our own start has; a busy machine takes its time."""

CLIENTS, BROKERS, CONTROLLERS = 9092, 19092, 9093
"""The ports inside: only the first is seen from outside."""


def require_engine() -> None:
    """End the run with one line when no Docker engine answers."""
    try:
        client = DockerClient().client
        client.ping()
        client.close()
    except DockerException as error:
        raise pytest.UsageError(
            f"FORTALER_TEST_SERVERS=containers needs a Docker engine: {str(error).splitlines()[0]}"
        ) from None


def kafka_image() -> str:
    """Answer the image of the version that our own lock names."""
    jars, _ = locked_jars()
    (version,) = {jar.version for jar in jars if jar.artifact.startswith("kafka_")}
    return f"apache/kafka:{version}"


def kafka_environment(host: str, port: int) -> Mapping[str, str]:
    """Answer our own broker's configuration as the image takes it: reached from outside at `port`.

    The broker finds itself by a listener that never leaves the container.
    """
    alone = Broker(1, CLIENTS, CONTROLLERS, Path("/tmp/kafka-logs"))
    properties = broker_properties(alone, [alone]) | {
        "listeners": f"PLAINTEXT://:{CLIENTS},BROKER://:{BROKERS},CONTROLLER://:{CONTROLLERS}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port},BROKER://localhost:{BROKERS}",
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "inter.broker.listener.name": "BROKER",
        "controller.quorum.voters": f"1@localhost:{CONTROLLERS}",
    }
    named = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in properties.items()}
    return {"CLUSTER_ID": new_cluster_id(), **named}


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Run a PostgreSQL in a container, with the options of our own."""
    elsewhere = {"listen_addresses", "unix_socket_directories"}  # The image's own, which fit it.
    options = [f"-c {name}={value}" for name, value in OPTIONS.items() if name not in elsewhere]
    container = PostgresContainer(
        POSTGRES_IMAGE, port=POSTGRES_PORT, username=SUPERUSER, password=PASSWORD, driver=None
    ).with_command(" ".join(["postgres", *options]))
    with container:
        host = container.get_container_host_ip()
        port = container.get_exposed_port(POSTGRES_PORT)
        yield PostgresServer(host, port, SUPERUSER, PASSWORD)


@contextmanager
def kafka() -> Iterator[KafkaServer]:
    """Run an Apache Kafka in a container; its port is chosen before, since it must announce it."""
    port = free_port()
    started = LogMessageWaitStrategy(KAFKA_STARTED).with_startup_timeout(KAFKA_START_TIMEOUT_S)
    container = DockerContainer(kafka_image()).with_bind_ports(CLIENTS, port).waiting_for(started)
    host = container.get_docker_client().host()
    with container.with_envs(**kafka_environment(host, port)):
        yield KafkaServer(f"{host}:{port}")
