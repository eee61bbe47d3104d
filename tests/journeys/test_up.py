"""Starting and stopping the platform on a machine of one's own."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from fortaler.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.journeys.platform import READY, Platform, start, three_free_ports, up

pytestmark = pytest.mark.own_servers

PROGRAMS = {"Apache Kafka": "java", "PostgreSQL": "postgres"}


def test_a_second_start_is_quick_and_keeps_what_was_there(scratch: Path) -> None:
    data_dir = scratch / "twice"
    with up(data_dir) as first:
        first.wait_for("Ctrl-C stops everything")

        code = first.ask_to_stop()

    assert code == 0
    assert first.said[-1].startswith("Stopped.")
    with up(data_dir) as second:
        second.wait_for("The demo story has been played on these data")
    # Where nothing is quick, it is quicker than the first at least, that had everything to make.
    assert started_within_s(second) < max(10, started_within_s(first))


def started_within_s(platform: Platform) -> float:
    [line] = [one for one in platform.said if READY in one]
    return float(line.split("after ")[1].split(" s")[0])


def test_a_users_own_servers_are_used_and_none_is_started(scratch: Path) -> None:
    data_dir = scratch / "own-servers"
    with (
        EmbeddedPostgres(scratch / "own-postgres", durable=False) as postgres,
        EmbeddedKafka(scratch / "own-kafka") as kafka,
    ):
        theirs = {
            "FORTALER_DATABASE_URL": f"postgresql://{postgres.host}:{postgres.port}",
            "FORTALER_DATABASE_ADMIN_USER": postgres.superuser,
            "FORTALER_DATABASE_ADMIN_PASSWORD": postgres.password,
            "FORTALER_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        }

        with up(data_dir, environment=theirs) as platform:
            platform.wait_for("Ctrl-C stops everything")

    assert not (data_dir / "postgres").exists()
    assert not (data_dir / "kafka").exists()
    assert not [line for line in platform.said if " is up on port " in line]


def test_a_taken_port_is_said_in_one_clear_line(scratch: Path) -> None:
    port = three_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        platform = start(scratch / "taken", port=port)
        code = platform.wait_for_the_end()
        platform.close()

    assert code == 1
    assert len(platform.said) == 1
    assert f"Port {port}" in platform.said[0]
    assert "FORTALER_PORT" in platform.said[0]


@pytest.mark.parametrize("whose", ["content", *PROGRAMS])
def test_a_dead_child_ends_the_platform_with_one_clear_line(whose: str, scratch: Path) -> None:
    with up(scratch / f"dead-{whose.split()[-1]}", "--no-story") as platform:
        os.kill(child_of(platform, whose), signal.SIGKILL)

        code = platform.wait_for_the_end()

    assert code == 1
    assert platform.said[-1].startswith(f"fortaler: {whose} has died: ")


def child_of(platform: Platform, whose: str) -> int:
    """Answer a child's process id: a server is known by its program, a service by its log."""
    main = platform.process.pid
    listed = Path(f"/proc/{main}/task/{main}/children").read_text().split()

    def is_wanted(pid: str) -> bool:
        program = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
        if whose in PROGRAMS:
            return Path(program).name == PROGRAMS[whose]
        # A server may run as another user, whose open files are not ours to see.
        return program == sys.executable and Path(f"/proc/{pid}/fd/1").readlink().stem == whose

    (found,) = filter(is_wanted, listed)
    return int(found)
