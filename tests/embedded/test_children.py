"""What holds for both embedded servers: they end with us, stay apart and import quickly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fortaler.embedded import EmbeddedFailed
from fortaler.embedded.children import wait_until
from fortaler.embedded.directories import hold
from fortaler.embedded.kafka_program import default_jars_dir
from tests.embedded.keepers import AS_WE_ARE, ROOT, USERS, kept, runs

pytestmark = pytest.mark.own_servers

END_TIMEOUT_S = 20.0
RAIN_TIMEOUT_S = 400.0
"""Far longer than so many interruptions take, also where others take the time of both sides: only
a wait for ever should fail."""
SERVERS = [*(("postgres", user) for user in USERS), ("kafka", AS_WE_ARE)]


@pytest.mark.parametrize(("kind", "user"), SERVERS)
def test_a_killed_parent_leaves_no_orphan_and_its_data_are_free_again(
    kind: str, user: str, open_path: Path
):
    options = () if kind == "postgres" else (default_jars_dir(),)
    with kept(kind, open_path / "data", *options, user=user) as keeper:
        keeper.process.kill()

    pid = keeper.server_pid
    assert wait_until(lambda: not runs(pid), timeout_s=END_TIMEOUT_S)
    os.close(hold(open_path / "data"))


def test_ctrl_c_in_the_terminal_reaches_only_the_parent(open_path: Path):
    with kept("postgres", open_path / "data") as keeper:
        assert os.getpgid(keeper.server_pid) != os.getpgid(keeper.process.pid)


@pytest.mark.timeout(RAIN_TIMEOUT_S + 100)
def test_a_child_is_ended_whenever_ctrl_c_was_pressed(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-m", "tests.embedded.interrupted", tmp_path / "log"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "asking\n"

        until_s = time.monotonic() + RAIN_TIMEOUT_S
        while asking.poll() is None and time.monotonic() < until_s:
            asking.send_signal(signal.SIGINT)
        asking.kill()

    assert asking.returncode == 0, "It waits for its child for ever."


def test_a_directory_serves_one_server_at_a_time(tmp_path: Path):
    lock = hold(tmp_path)

    with pytest.raises(EmbeddedFailed, match="in use by another server"):
        hold(tmp_path, wait_s=0)

    os.close(lock)


@pytest.mark.parametrize("server", ["EmbeddedPostgres", "EmbeddedKafka"])
def test_without_the_wheels_the_way_to_get_them_is_named(server: str, tmp_path: Path):
    # -S hides every installed package, so this also shows that importing needs none of them.
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1])\n"
        "from fortaler import embedded\n"
        "try:\n"
        f"    embedded.{server}(pathlib.Path(sys.argv[2])).start()\n"
        "except embedded.EmbeddedFailed as failure:\n"
        "    sys.exit(str(failure))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-S", "-c", program, ROOT, tmp_path],
        capture_output=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        text=True,
        check=False,
    )

    assert "pip install 'fortaler[local]'" in ended.stderr
    assert ended.stderr.count("\n") == 1
