"""One exam, three ways: the servers of the tests are embedded, in containers, or given."""

import os
import subprocess
import sys

import pytest

from tests.containers import CLIENTS, kafka_environment, kafka_image
from tests.embedded.keepers import ROOT
from tests.servers import KafkaServer, PostgresServer

EXAM = "tests/chassis/test_publisher.py"
RUN_TIMEOUT_S = 240
REFUSED = 4
"""What pytest ends with when it is called in a way that cannot be meant."""


def sit(*options: str, **said: str) -> tuple[int, list[str]]:
    """Sit the exam in a run of its own; answers its exit code, and the lines that it said."""
    inherited = {name: value for name, value in os.environ.items() if "FORTALER_TEST_" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=ROOT,
        env={**inherited, **said},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    return done.returncode, [line for line in done.stdout.splitlines() if line.strip()]


def test_the_exam_is_sat_on_servers_that_are_given(
    postgres: PostgresServer, kafka: KafkaServer
) -> None:
    code, said = sit(
        EXAM,
        FORTALER_TEST_SERVERS="given",
        FORTALER_TEST_DATABASE_URL=f"postgresql://{postgres.host}:{postgres.port}",
        FORTALER_TEST_DATABASE_ADMIN_USER=postgres.superuser,
        FORTALER_TEST_DATABASE_ADMIN_PASSWORD=postgres.password,
        FORTALER_TEST_KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
    )

    assert code == 0, said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"SERVERS": "containers"}, "containers needs a Docker engine"),
        ({"SERVERS": "given"}, "DATABASE_URL and FORTALER_TEST_KAFKA_BOOTSTRAP_SERVERS"),
        (
            {"SERVERS": "given", "DATABASE_URL": "?", "KAFKA_BOOTSTRAP_SERVERS": "a:1"},
            "DATABASE_URL is no address",
        ),
        ({"SERVERS": "mine"}, "FORTALER_TEST_SERVERS: input should be"),
    ],
    ids=["no engine", "no addresses", "no address", "no such way"],
)
def test_servers_that_are_not_to_be_had_are_refused_in_one_line(
    said: dict[str, str], told: str
) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}

    code, lines = sit(
        EXAM, **nowhere, **{f"FORTALER_TEST_{name}": value for name, value in said.items()}
    )

    assert code == REFUSED
    assert len(lines) == 1
    assert told in lines[0]


def test_what_brings_its_own_servers_is_left_out_on_others() -> None:
    addresses = {"DATABASE_URL": "postgresql://a:1", "KAFKA_BOOTSTRAP_SERVERS": "a:1"}

    _, everything = sit("tests/metrics/test_spool.py", "--collect-only")
    _, chosen = sit(
        "tests/metrics/test_spool.py",
        "--collect-only",
        FORTALER_TEST_SERVERS="given",
        **{f"FORTALER_TEST_{name}": value for name, value in addresses.items()},
    )

    left_out = {line for line in everything if "::" in line} - set(chosen)
    assert [one.partition("::")[2] for one in left_out] == [
        "test_clicks_without_kafka_reach_the_disk_and_kafka_once_it_is_back"
    ]


def test_a_broker_in_a_container_is_configured_as_ours_and_reached_from_outside() -> None:
    environment = kafka_environment("docker.example", 25_000)

    assert kafka_image().startswith("apache/kafka:4.")
    assert environment["KAFKA_ADVERTISED_LISTENERS"].startswith("PLAINTEXT://docker.example:25000,")
    assert f"PLAINTEXT://:{CLIENTS}" in environment["KAFKA_LISTENERS"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
