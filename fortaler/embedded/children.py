"""What both launchers share: children that end with us, failures in one line."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.005
LAST_WORDS_LINES = 6

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534
_LINUX = sys.platform.startswith("linux")
# Loaded before any fork: between fork and exec a child should do as little as it can.
_LIBC = ctypes.CDLL(None, use_errno=True)


ASKS_TO_STOP = frozenset({signal.SIGINT, signal.SIGTERM})

KILLED_TIMEOUT_S = 30.0
"""Whoever was killed is gone at once, unless a disk hangs."""


class EmbeddedFailed(Exception):
    """An embedded server could not be brought up; its text is one clear line."""


@dataclass(frozen=True)
class Identity:
    """As whom a child runs: as we do, as nobody of a namespace of its own, or as another user."""

    namespace: bool = False
    user: int | None = None
    group: int | None = None


AS_WE_ARE = Identity()
IN_A_NAMESPACE = Identity(namespace=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back for a moment what asks us to stop.

    A handler that raises in the midst of Popen's or our own book-keeping spoils it: the lock round
    waitpid stays closed, and whoever waits for the child then waits for ever.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # Within, since a handler of what came just before may raise in this very call.
        signal.pthread_sigmask(signal.SIG_BLOCK, ASKS_TO_STOP)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Child:
    """A server process bound to this one, and the file that holds its output."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self._name = name
        self._popen = popen
        self._log = log

    @property
    def pid(self) -> int:
        """Answer the process id, also after the end."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Answer whether the process still runs."""
        with undisturbed():
            return self._popen.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Return once the server is ready; raise EmbeddedFailed if it ends or takes too long."""
        reached = wait_until(lambda: ready() or not self.alive, timeout_s=timeout_s)
        if not self.alive:
            raise EmbeddedFailed(
                f"{self._name} ended at its start (code {self._popen.returncode}): "
                f"{self.last_words()}"
            )
        if not reached:
            self.kill()
            raise EmbeddedFailed(
                f"{self._name} was not ready after {timeout_s:.0f} s: {self.last_words()}"
            )

    def last_words(self) -> str:
        """Answer the end of the output as one line, and the file to read on."""
        return f"{_one_line(self._log.read_text(errors='replace'))} (all of it: {self._log})"

    def ask(self, how: signal.Signals) -> None:
        """Ask the process to end, if it runs."""
        if self.alive:
            with undisturbed():
                self._popen.send_signal(how)

    def stop(self, how: signal.Signals, *, timeout_s: float) -> None:
        """Ask the process to end, and end it by force if it has not done so in time."""
        self.ask(how)
        if not wait_until(lambda: not self.alive, timeout_s=timeout_s):
            self.kill()

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a power cut would."""
        if self.alive:
            with undisturbed():
                self._popen.kill()
        wait_until(lambda: not self.alive, timeout_s=KILLED_TIMEOUT_S)


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    identity: Identity = AS_WE_ARE,
    keep_open: Sequence[int] = (),
) -> Child:
    """Start a server in a session of its own (no Ctrl-C) that gets `death_signal` when we die.

    The latter on Linux only. That signal follows the thread that starts the child, hence the
    main thread (prctl(2), PR_SET_PDEATHSIG).
    """
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedFailed(
            f"{name} must be started from the main thread: it ends with its thread."
        )
    if log.exists():
        log.replace(log.with_name(f"{log.name}.previous"))
    with log.open("wb") as output:
        popen = _popen(
            name, command, output.fileno(), _binding(death_signal, identity), identity, keep_open
        )
    return Child(name, popen, log)


def _popen(
    name: str,
    command: Sequence[str | Path],
    output: int,
    before_exec: Callable[[], None],
    identity: Identity,
    keep_open: Sequence[int],
) -> "subprocess.Popen[bytes]":
    try:
        with undisturbed():
            return subprocess.Popen(  # noqa: S603 - the command is our own, no shell reads it
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=keep_open,
                preexec_fn=before_exec,
                user=identity.user,
                group=identity.group,
                extra_groups=None if identity.user is None else [],
            )
    except (OSError, subprocess.SubprocessError) as failure:
        raise EmbeddedFailed(f"{name} could not be started: {failure}") from failure


def run(
    name: str, command: Sequence[str | Path], *, identity: Identity = AS_WE_ARE, timeout_s: float
) -> str:
    """Run a short program to its end and return its output; raise EmbeddedFailed if it fails."""
    try:
        with undisturbed():
            done = subprocess.run(  # noqa: S603 - the command is our own, no shell reads it
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=_binding(signal.SIGKILL, identity),
                user=identity.user,
                group=identity.group,
                extra_groups=None if identity.user is None else [],
                timeout=timeout_s,
                check=False,
            )
    except (OSError, subprocess.SubprocessError) as failure:
        raise EmbeddedFailed(f"{name} could not be run: {failure}") from failure
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise EmbeddedFailed(f"{name} failed (code {done.returncode}): {_one_line(output)}")
    return output


def _binding(death_signal: signal.Signals, identity: Identity) -> Callable[[], None]:
    """Answer what the child is to do between fork and exec."""
    parent = os.getpid()

    def bind() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKS_TO_STOP)
        if identity.namespace:
            enter_user_namespace(_NOBODY, _NOBODY)
        # After the change of user, which clears the signal.
        bind_to_parent(parent, death_signal)

    return bind


def bind_to_parent(parent: int, death_signal: signal.Signals) -> None:
    """Let this process get `death_signal` when its parent dies (prctl(2), on Linux only)."""
    if _LINUX:
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # The parent died before the signal was set.
            os._exit(1)


def enter_user_namespace(uid: int, gid: int) -> None:
    """Make this process appear as `uid` and `gid`; its files stay owned by who it was.

    See user_namespaces(7).
    """
    outer_uid, outer_gid = os.getuid(), os.getgid()
    if not _LINUX or _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno() or errno.ENOSYS, "no user namespace")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{gid} {outer_gid} 1")
    _write("/proc/self/uid_map", f"{uid} {outer_uid} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def wait_until(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    """Ask again and again until the answer is yes or the time is up; return the last answer."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        # Nothing to wait on: the other side is a process that tells nobody when it is ready.
        time.sleep(POLL_S)
    return True


def _one_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " | ".join(lines[-LAST_WORDS_LINES:]) or "it said nothing"
