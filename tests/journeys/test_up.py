"""Starting and stopping the platform on a machine of one's own."""

import os
import signal
import socket
from pathlib import Path

from fortaler.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.journeys.platform import start, three_free_ports, up


def test_a_second_start_is_quick_and_keeps_what_was_there(scratch: Path) -> None:
    data_dir = scratch / "twice"
    with up(data_dir) as first:
        first.wait_for("Ctrl-C stops everything")

        code = first.ask_to_stop()

    assert code == 0
    assert first.said[-1].startswith("Stopped.")
    with up(data_dir) as second:
        seconds = float(second.said[-1].split("after ")[1].split(" s")[0])
        second.wait_for("The demo story has been played on these data")
    assert seconds < 10


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


def test_a_dead_child_ends_the_platform_with_one_clear_line(scratch: Path) -> None:
    with up(scratch / "dead", "--no-story") as platform:
        children = Path(f"/proc/{platform.process.pid}/task/{platform.process.pid}/children")
        victims = [
            pid
            for pid in map(int, children.read_text().split())
            if b"fortaler" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

        os.kill(victims[0], signal.SIGKILL)
        code = platform.wait_for_the_end()

    assert code == 1
    assert "has died" in platform.said[-1]
