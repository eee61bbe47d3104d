"""The whole platform, started as a newcomer starts it, in processes of its own."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx2

from chassis.clock import SystemClock
from fortaler.demo.stage import Stage
from fortaler.embedded.ports import free_port
from fortaler.local_issuer.keys import IssuerKeys

READY = "Everything is ready"
START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 40
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Platform:
    """A platform that is up."""

    process: "subprocess.Popen[str]"
    data_dir: Path
    port: int
    said: list[str] = field(default_factory=list)
    client: httpx2.Client = field(
        default_factory=lambda: httpx2.Client(timeout=20, trust_env=False)
    )

    def __post_init__(self) -> None:
        # A thread, since a pipe that is read line by line cannot be waited for with a limit.
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

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
            client=self.client,
        )

    def wait_for(self, words: str) -> str:
        """Read what is said until a line has these words; answers that line."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left_s)
            except queue.Empty:
                break
            if line is None:
                break
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} was never said: {self.said}")

    def wait_for_the_end(self) -> int:
        """Read what is said until the process ends; answers its exit code."""
        code = self.process.wait(timeout=STOP_TIMEOUT_S)
        self._reader.join(timeout=STOP_TIMEOUT_S)
        while (line := self._lines.get(timeout=STOP_TIMEOUT_S)) is not None:
            self.said.append(line)
        return code

    def close(self) -> None:
        """Let go of what connects us with the platform."""
        self.client.close()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask_to_stop(self) -> int:
        """Press Ctrl-C, and answer the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait_for_the_end()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())
        self._lines.put(None)


def three_free_ports() -> int:
    """Answer the gateway's port, of which the local issuer and the network take the next two."""
    return free_port(in_a_row=3)


def start(
    data_dir: Path, *options: str, port: int = 0, environment: Mapping[str, str] = _NOTHING
) -> Platform:
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
def up(
    data_dir: Path, *options: str, environment: Mapping[str, str] = _NOTHING
) -> Iterator[Platform]:
    """Have a platform that is ready, and stop it at the end."""
    platform = start(data_dir, *options, environment=environment)
    try:
        platform.wait_for(READY)
        yield platform
    finally:
        if platform.process.poll() is None:
            platform.ask_to_stop()
        platform.close()
