"""Processes under measurement: started with settings of their own, timed, and always ended."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from fortaler.embedded.children import bind_to_parent, wait_until

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
QUESTION_TIMEOUT_S = 2.0
RUN_TIMEOUT_S = 120.0
LAST_WORDS = 1500


class ProcessFailed(Exception):
    """A process under measurement did not come up, or is gone."""


class Process:
    """One process, by whose own time requests are divided."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.popen = popen
        self._log = log
        self._known = psutil.Process(popen.pid)

    def cpu_s(self) -> float:
        """Answer the seconds of processor time that it and its children have taken so far."""
        took = [one.cpu_times() for one in (self._known, *self._known.children(recursive=True))]
        return float(sum(times.user + times.system for times in took))

    def check(self) -> None:
        """Raise ProcessFailed when it has ended."""
        if self.popen.poll() is not None:
            raise ProcessFailed(f"{self.name} has ended: {self.last_words()}")

    def last_words(self) -> str:
        """Answer the end of what it said."""
        return self._log.read_text(errors="replace")[-LAST_WORDS:]

    def wait_for(self, url: str) -> None:
        """Return once an address answers 200."""
        self._wait(lambda: _answers(url), f"{url} does not answer")

    def wait_until_said(self, word: str) -> None:
        """Return once it has said a word."""
        self._wait(lambda: word in self._log.read_text(errors="replace"), f"it never said {word}")

    def stop(self) -> None:
        """Ask it to end, and end it by force when it has not in time."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(STOP_TIMEOUT_S)

    def _wait(self, ready: Callable[[], bool], trouble: str) -> None:
        def ready_or_gone() -> bool:
            self.check()
            return ready()

        if not wait_until(ready_or_gone, timeout_s=READY_TIMEOUT_S):
            raise ProcessFailed(f"{self.name}: {trouble}: {self.last_words()}")


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Have a program run; it ends with us, whatever becomes of us."""
    parent = os.getpid()
    with log.open("wb") as output:
        popen = subprocess.Popen(  # noqa: S603 - the command is our own, no shell reads it
            command,
            env={**_inherited(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: bind_to_parent(parent, signal.SIGTERM),
        )
    process = Process(log.stem, popen, log)
    try:
        yield process
    finally:
        process.stop()


def output_of(
    command: Sequence[str], given: bytes = b"", environment: Mapping[str, str] | None = None
) -> bytes:
    """Run a program to its end, and answer what it wrote; raises ProcessFailed when it failed."""
    done = subprocess.run(  # noqa: S603 - the command is our own, no shell reads it
        command,
        input=given,
        env={**_inherited(), **(environment or {})},
        capture_output=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise ProcessFailed(done.stderr.decode(errors="replace")[-LAST_WORDS:])
    return done.stdout


def python(module: str, *arguments: str) -> list[str]:
    """Answer the command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]


def on_path(program: str) -> str | None:
    """Answer where a program is, if this machine has it."""
    return shutil.which(program)


def _inherited() -> dict[str, str]:
    # What a user has set for a platform of their own must not reach what is measured.
    return {name: value for name, value in os.environ.items() if not name.startswith("FORTALER_")}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=QUESTION_TIMEOUT_S) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
