"""What both embedded servers have in common: how they are started, watched and ended."""

import os
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from fortaler.embedded.children import Child
from fortaler.embedded.directories import hold, own_directory
from fortaler.embedded.ports import HOST, free_port, require_free

START_TIMEOUT_S = 60.0
"""After a kill, what was written since the last checkpoint is read again."""

STOP_TIMEOUT_S = 30.0


class EmbeddedServer(ABC):
    """A server that keeps its data in a directory of its own and ends with this process.

    With `port` 0 a free port is chosen at the first start and kept for later ones.
    """

    name: str
    stop_signal: ClassVar[signal.Signals]
    host = HOST

    def __init__(self, data_dir: Path, port: int) -> None:
        self.port = port
        self._data_dir = data_dir.absolute()
        self._child: Child | None = None

    @property
    def alive(self) -> bool:
        """Answer whether the server's process runs."""
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int | None:
        """Answer the process id of the server last started."""
        return None if self._child is None else self._child.pid

    def last_words(self) -> str:
        """Answer the end of the server's output in one line, for the person who finds it dead."""
        return "it was never started" if self._child is None else self._child.last_words()

    def start(self) -> None:
        """Start the server, with new data if there is none; return when it answers clients.

        Must be called from the main thread. Raises EmbeddedFailed with one clear line.
        """
        self.begin()
        self.wait_until_ready()

    def begin(self) -> None:
        """Start the server's process, if it does not run; others may be begun beside it."""
        if self.alive:
            return
        own_directory(self._data_dir)
        lock = hold(self._data_dir)
        try:
            self.port = self.port or free_port()
            require_free(self.port, wanted_by=self.name)
            self._child = self._spawn(lock)
        finally:
            os.close(lock)

    def wait_until_ready(self) -> None:
        """Return when the server that was begun answers clients; raises EmbeddedFailed."""
        assert self._child is not None, "It was never begun."
        self._child.wait_until(self._is_ready, timeout_s=START_TIMEOUT_S)

    @abstractmethod
    def _spawn(self, lock: int) -> Child:
        """Start the process, which inherits `lock`, with new data if there is none."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Answer whether the process serves clients."""

    def ask_to_stop(self) -> None:
        """Ask the server to end in order, and do not wait for it."""
        if self._child is not None:
            self._child.ask(self.stop_signal)

    def stop(self) -> None:
        """End the server in order: what it holds is on disk."""
        if self._child is not None:
            self._child.stop(self.stop_signal, timeout_s=STOP_TIMEOUT_S)

    def kill(self) -> None:
        """End the server at once (SIGKILL), as a power cut would; for tests of faults."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()
