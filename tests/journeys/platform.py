"""The whole platform, started as a newcomer starts it, in processes of its own."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.clock import SystemClock
from fortaler.demo.stage import Stage
from fortaler.embedded.ports import port_is_free
from fortaler.local_issuer.keys import IssuerKeys

READY = "Everything is ready"
START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 40
FIRST_PORT, LAST_PORT = 33_000, 39_000


@dataclass
class Platform:
    """A platform that is up."""

    process: "subprocess.Popen[str]"
    data_dir: Path
    port: int
    said: list[str] = field(default_factory=list)

    @property
    def public_url(self) -> str:
        return f"http://localhost:{self.port}"

    def stage(self, traceparent: str | None = None) -> Stage:
        """Answer a stage before this platform; its lines are not printed."""
        return Stage(
            public_url=self.public_url,
            issuer_base=f"http://localhost:{self.port + 1}",
            keys=IssuerKeys(self.data_dir / "issuers"),
            say=lambda line: None,
            now=SystemClock().now,
            traceparent=traceparent,
        )

    def wait_for(self, words: str) -> str:
        """Read what is said until a line has these words; answers that line."""
        deadline = time.monotonic() + START_TIMEOUT_S
        with selectors.DefaultSelector() as selector:
            assert self.process.stdout is not None
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(timeout=1):
                    continue
                line = self.process.stdout.readline()
                self.said.append(line.rstrip())
                if words in line:
                    return line
                if not line:
                    break
        raise AssertionError(f"{words!r} was never said: {self.said}")

    def ask_to_stop(self) -> int:
        """Press Ctrl-C, and answer the exit code."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=STOP_TIMEOUT_S)
        self.said += rest.splitlines()
        return self.process.returncode


def three_free_ports() -> int:
    """Answer a port that is free together with the two after it."""
    for port in range(FIRST_PORT + os.getpid() % 1000 * 3, LAST_PORT, 3):
        if all(port_is_free(port + step) for step in range(3)):
            return port
    raise AssertionError("no three free ports in a row")


def start(data_dir: Path, *options: str, port: int | None = None, **environment: str) -> Platform:
    """Start `fortaler up` in a process of its own."""
    chosen = port or three_free_ports()
    inherited: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if not name.startswith("FORTALER_")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "fortaler", "up", *options],
        env={
            **inherited,
            "FORTALER_DATA_DIR": str(data_dir),
            "FORTALER_PORT": str(chosen),
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Platform(process, data_dir, chosen)


@contextmanager
def up(data_dir: Path, *options: str, **environment: str) -> Iterator[Platform]:
    """Have a platform that is ready, and stop it at the end."""
    platform = start(data_dir, *options, **environment)
    try:
        platform.wait_for(READY)
        yield platform
    finally:
        if platform.process.poll() is None:
            platform.ask_to_stop()
        if platform.process.stdout is not None:
            platform.process.stdout.close()
