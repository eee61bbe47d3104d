"""A small HTTP load of our own, for machines without wrk: it reads its task as JSON, and reports.

Every connection has one request under way. It runs in a process of its own, so that what it costs
is never counted as the server's.
"""

import selectors
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from itertools import cycle

import msgspec

from fortaler.embedded.ports import HOST

READ_BYTES = 256 * 1024
STUCK_S = 10.0


class Task(msgspec.Struct, frozen=True):
    """What to ask of whom, and for how long."""

    port: int
    requests: list[bytes]
    connections: int
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """How it went. Latencies are in milliseconds."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float


class UnexpectedAnswer(Exception):
    """A measurement of failures would be worthless."""


class _Connection:
    """One connection, and the answer that it waits for."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = 0
        self._head = b""
        self._began = 0.0

    def ask(self, request: bytes) -> None:
        self._began = time.perf_counter()
        self.socket.sendall(request)

    def took_s(self) -> float:
        return time.perf_counter() - self._began

    def close(self) -> None:
        self.socket.close()

    def hear(self) -> bool:
        """Read what is there; answers whether the answer is whole."""
        piece = self.socket.recv(READ_BYTES)
        if not piece:
            raise UnexpectedAnswer("The server closed the connection.")
        if self._rest:
            self._rest -= len(piece)
            return self._rest == 0
        self._head += piece
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return False
        self._rest = _length(self._head[:end]) - (len(self._head) - end - 4)
        self._head = b""
        return self._rest == 0


def _length(head: bytes) -> int:
    if head[9:10] not in {b"2", b"3"}:
        raise UnexpectedAnswer(head.decode(errors="replace")[:500])
    folded = head.lower()
    place = folded.find(b"\r\ncontent-length:")
    if place < 0:
        raise UnexpectedAnswer("An answer does not say how long it is.")
    return int(folded[place + 17 :].split(b"\r\n", 1)[0])


def drive(task: Task) -> Outcome:
    """Ask until the time is over, then let what is under way end."""
    requests = cycle(task.requests)
    took: list[float] = []
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(task.connections):
            connection = stack.enter_context(closing(_Connection(task.port)))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(next(requests))
        began = time.perf_counter()
        while time.perf_counter() - began < task.seconds:
            for connection in _answered(selector):
                took.append(connection.took_s())
                connection.ask(next(requests))
        # The server has worked on these as well.
        while selector.get_map():
            for connection in _answered(selector):
                took.append(connection.took_s())
                selector.unregister(connection.socket)
        return _outcome(took, time.perf_counter() - began)


def _answered(selector: selectors.BaseSelector) -> list[_Connection]:
    ready = selector.select(STUCK_S)
    if not ready:
        raise UnexpectedAnswer(f"Nothing was answered for {STUCK_S:.0f} s.")
    return [key.data for key, _ in ready if key.data.hear()]


def ask_once(port: int, requests: Iterable[bytes]) -> None:
    """Ask everything once, one after the other."""
    with closing(_Connection(port)) as connection:
        for request in requests:
            connection.ask(request)
            while not connection.hear():
                pass


def _outcome(took: list[float], seconds: float) -> Outcome:
    took.sort()
    return Outcome(
        answered=len(took),
        seconds=seconds,
        p50_ms=took[len(took) // 2] * 1000,
        p99_ms=took[len(took) * 99 // 100] * 1000,
    )


def main() -> None:
    """Do what is asked on the standard input, and report on the standard output."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(drive(task)))


if __name__ == "__main__":
    main()
