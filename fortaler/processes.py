"""Children forked from one preloaded parent: half the memory and half the start of separate ones.

Fork before any thread, event loop, pool or exporter exists (measured).
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from fortaler.embedded.children import (
    EmbeddedFailed,
    bind_to_parent,
    undisturbed,
    wait_until,
)

LOG_LINES_SHOWN = 3


class Forked:
    """A child process of ours, and the file that holds its output."""

    def __init__(self, name: str, pid: int, log: Path) -> None:
        self.name = name
        self.pid = pid
        self._log = log
        self.exit_code: int | None = None

    def alive(self) -> bool:
        """Answer whether the child still runs."""
        if self.exit_code is None:
            with undisturbed():
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is None

    def wait(self, *, timeout_s: float) -> int:
        """Wait for the end; raises EmbeddedFailed when it does not come in time."""
        if not wait_until(lambda: not self.alive(), timeout_s=timeout_s):
            self.stop(timeout_s=1)
            raise EmbeddedFailed(f"{self.name} was not done after {timeout_s:.0f} s.")
        assert self.exit_code is not None
        return self.exit_code

    def stop(self, *, timeout_s: float) -> None:
        """Ask the child to end; end it by force when it has not in time."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
        if not wait_until(lambda: not self.alive(), timeout_s=timeout_s):
            os.kill(self.pid, signal.SIGKILL)
            wait_until(lambda: not self.alive(), timeout_s=timeout_s)

    def last_words(self) -> str:
        """Answer the end of the child's output in one line, and where the rest is."""
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        said = " | ".join(line.strip()[:300] for line in lines if line.strip())
        return f"{said or 'it said nothing'} (all of it: {self._log})"


def fork(name: str, work: Callable[[], None], logs: Path) -> Forked:
    """Let a child do `work`; its output goes to a file of its own, and it ends when we do."""
    log = logs / f"{name}.log"
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return Forked(name, pid, log)
    code = 1
    try:
        _become_a_child(parent, log)
        work()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the parent's code must not run on in its child
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become_a_child(parent: int, log: Path) -> None:
    # A session of its own: Ctrl-C reaches the parent alone, which ends the children in order.
    os.setsid()
    bind_to_parent(parent, signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
