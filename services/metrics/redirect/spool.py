"""Clicks on disk while Kafka is away: append-only files, each locked by the process that writes.

A file without a lock belonged to a process that has ended; whoever finds it sends what is in it.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from chassis.ids import new_id

FILE_BYTES_MAX = 4 * 1024 * 1024
"""A file is read back as a whole, and this is some twenty thousand clicks."""

SPOOL_BYTES_MAX = 512 * 1024 * 1024
"""More than two million clicks: whoever loses Kafka for so long must not lose the disk too."""

_SUFFIX = ".clicks"

Lines = Sequence[bytes]


class SpoolFull(OSError):
    """The spool has reached its limit; what does not fit is lost, and counted as lost."""


class Spool:
    """A directory of clicks that wait for Kafka. Its methods block: call them in a thread.

    Only one thread may be in it at a time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writing: int | None = None
        self._written = 0

    def append(self, lines: Lines) -> None:
        """Append lines, and return once they are on the disk; raises OSError."""
        if self._writing is None or self._written >= FILE_BYTES_MAX:
            self.finish()
            self._writing = self._begin()
        body = b"".join(line + b"\n" for line in lines)
        view = memoryview(body)
        while view:
            view = view[os.write(self._writing, view) :]
        os.fsync(self._writing)
        self._written += len(body)

    def finish(self) -> None:
        """Let go of the file that is being written, so that it can be sent."""
        if self._writing is not None:
            os.close(self._writing)
        self._writing, self._written = None, 0

    def waiting(self) -> list[Path]:
        """Answer the files that there are, oldest first: those of living processes too."""
        return sorted(self._directory.glob(f"*{_SUFFIX}"))

    def _begin(self) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._directory.stat().st_uid != os.getuid():
            # Another user's directory could hold clicks that nobody made.
            raise PermissionError("The spool directory belongs to another user.")
        if sum(path.stat().st_size for path in self.waiting()) > SPOOL_BYTES_MAX:
            raise SpoolFull(f"The spool holds {SPOOL_BYTES_MAX} bytes.")
        path = self._directory / f"{new_id()}{_SUFFIX}"
        writing = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(writing, fcntl.LOCK_EX)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            # A new file's name has to reach the disk as well.
            os.fsync(directory)
        finally:
            os.close(directory)
        return writing


class Adopted:
    """A file whose writer is gone, held so that nobody else sends it at the same time."""

    def __init__(self, path: Path, held: int) -> None:
        self._path = path
        self._held = held

    def read(self) -> list[bytes]:
        """Answer its lines; a line that was cut off by a crash is left out."""
        whole, _, _torn = self._path.read_bytes().rpartition(b"\n")
        return whole.split(b"\n") if whole else []

    def remove(self) -> None:
        """Delete it: everything in it has been acknowledged."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let go of it, so that it can be tried again."""
        os.close(self._held)


def adopt(path: Path) -> Adopted | None:
    """Take a file over, or answer None while its writer lives or when somebody was quicker."""
    try:
        held = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return Adopted(path, held)
