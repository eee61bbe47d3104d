"""Connections that take what is not theirs: endless heads, slow ones, too many, readers that stall.

uvicorn gathers a request's head without limit and waits for its end for ever. What can be known at
once is refused at once, with a problem document; whoever is merely slow harms only themselves.
"""

import asyncio
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from chassis.errors import Refusal
from chassis.problems import answer
from chassis.telemetry import CONNECTIONS_CUT

HEAD_BYTES_MAX = 32_000
"""Request line and headers. A token is a tenth of this."""

HEAD_TIMEOUT_S = 10.0
"""From a head's first byte to its last, however the bytes are spread."""

BODY_TIMEOUT_S = 60.0
"""A body of the largest size arrives in this time at 17 kB a second."""

STALL_TIMEOUT_S = 30.0
"""A client that does not take what is sent is let go: it holds memory, and a shutdown."""

CONNECTIONS_MAX = 4_000
"""Of a process. Each takes a file descriptor and some ten kilobytes."""

DESCRIPTORS_SHARE = 0.75
"""The rest is for databases, brokers, and the services behind a gateway."""

EXCESS_SHARE = 1.25
"""So many are told that there is no room; beyond, there is not even room for that."""

REFUSED_TIMEOUT_S = 1.0
LINGER_S = 5.0
LINGER_BYTES_MAX = 2_000_000
"""What is sent after its answer is read on and dropped this far, so that the answer arrives."""

CLOSING_TIMEOUT_S = 2.0
_CLOSING = "fortaler.closing"


class HeadTooLarge(Refusal):
    """Request line and headers are larger than any request needs."""

    kind = "head_too_large"
    title = "Headers are too large"


class RequestTooSlow(Refusal):
    """The request did not arrive in time; nothing was done, unless its body has already begun."""

    kind = "too_slow"
    title = "Request came too slowly"


class RequestUnreadable(Refusal):
    """What was sent is no request in HTTP."""

    kind = "malformed"
    title = "Request cannot be read"


class ServerFull(Refusal):
    """As many requests are under way as can be; the same request may be sent again."""

    kind = "unavailable"
    title = "Server is full"
    retry_after_s = 2


def _room_for_connections() -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return min(CONNECTIONS_MAX, int(descriptors * DESCRIPTORS_SHARE))


@dataclass(frozen=True)
class Bounds:
    """What a connection may take."""

    head_bytes: int = HEAD_BYTES_MAX
    head_s: float = HEAD_TIMEOUT_S
    body_s: float = BODY_TIMEOUT_S
    stall_s: float = STALL_TIMEOUT_S
    linger_s: float = LINGER_S
    connections: int | None = None
    """As many as the process may hold, where nothing is said."""


class Room:
    """What the connections of one server share."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.connections_max = bounds.connections or _room_for_connections()
        self.idle: dict[Connection, None] = {}
        """Those without a request under way, the longest waiting first."""
        self.closing = asyncio.Event()


class Connection(HttpToolsProtocol):
    """One connection, kept within its bounds. Made by uvicorn, of a subclass that has a room."""

    room: ClassVar[Room]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._head_bytes = 0
        self._is_excess = False
        self._is_cut = False
        self._is_head_too_large = False
        self._linger_bytes = LINGER_BYTES_MAX
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Find room: whoever has been waiting longest with nothing to do gives way."""
        super().connection_made(transport)
        bounds, most = self.room.bounds, self.room.connections_max
        if len(self.connections) > most:
            longest = next(iter(self.room.idle), None)
            if longest is not None:
                longest.give_way()
            elif len(self.connections) > most * EXCESS_SHARE:
                CONNECTIONS_CUT.labels("full").inc()
                transport.abort()
                return
            else:
                self._is_excess = True
        self._arm(REFUSED_TIMEOUT_S if self._is_excess else bounds.head_s, self._head_is_late)
        self.room.idle[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        self.room.idle.pop(self, None)
        self._disarm()
        if self._stalled is not None:
            self._stalled.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as what comes is within bounds."""
        if self._is_cut:
            self._drop(len(data))
            return
        if self._is_excess:
            self._cut(ServerFull("There are too many connections. Please try again."), "full")
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self.transport.is_closing() and not self._is_cut:
            self._wait_for_the_rest()

    def _wait_for_the_rest(self) -> None:
        if not self._in_head:
            if not self.cycle.response_complete:
                self._arm(self.room.bounds.body_s, self._body_is_late)
        elif self._head_bytes > self.room.bounds.head_bytes:
            self._cut(self._too_large(), "head_large")
        elif self._head_bytes:
            self._arm(self.room.bounds.head_s, self._head_is_late)

    def on_message_begin(self) -> None:
        """Let the app know how it learns that the server is closing."""
        super().on_message_begin()
        self.scope["extensions"] = {_CLOSING: self.room.closing}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """A request is under way."""
        self._check_head()
        self._in_head, self._head_bytes = False, 0
        self._linger_bytes = LINGER_BYTES_MAX
        self._disarm()
        self.room.idle.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece; after the answer it is dropped."""
        if self.cycle.response_complete:
            self._drop(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        self._in_head = True
        self._disarm()
        super().on_message_complete()
        if self.cycle.response_complete:
            # Answered before it had come: uvicorn has forgotten meanwhile to wait for the next.
            self.room.idle[self] = None
            self._arm(self.room.bounds.head_s, self._head_is_late)

    def on_response_complete(self) -> None:
        """Wait for the next request; but not for ever for the rest of an answered one."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if not self._in_head:
            self._disarm()
            self._arm(self.room.bounds.linger_s, self.transport.close)
        elif self.cycle.response_complete:
            self.room.idle[self] = None

    def pause_writing(self) -> None:
        """The client takes less than is sent: for a while."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.room.bounds.stall_s, self._give_up, "stalled")

    def resume_writing(self) -> None:
        """The client goes on reading."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def shutdown(self) -> None:
        """Tell the app that the server is closing; who does not read then is not waited for."""
        self.room.closing.set()
        super().shutdown()
        if self.flow.write_paused:
            self.loop.call_later(CLOSING_TIMEOUT_S, self._give_up, "stalled")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP with a document, as everything else is refused."""
        if self._is_head_too_large:
            self._cut(self._too_large(), "head_large")
        else:
            self._cut(RequestUnreadable("This is not a request in HTTP/1.1."), "unreadable")

    def give_way(self) -> None:
        """Close, since another needs the place more."""
        self.room.idle.pop(self, None)
        CONNECTIONS_CUT.labels("gave_way").inc()
        self.transport.close()

    def _head_is_late(self) -> None:
        self._timer = None
        if self._is_excess:
            self._cut(ServerFull("There are too many connections. Please try again."), "full")
        elif self._is_answering():
            # What came early, if only a stray line end, must not cost the answer before it.
            self._arm(self.room.bounds.head_s, self._head_is_late)
        elif self._head_bytes:
            self._cut(RequestTooSlow("The head of the request did not end in time."), "head_slow")
        else:
            # Nothing was asked, so nothing is answered.
            self.transport.close()

    def _body_is_late(self) -> None:
        self._cut(RequestTooSlow("The body of the request did not end in time."), "body_slow")

    def _check_head(self) -> None:
        """Stop the parser at a whole head that is too large; most are known not to be, at once."""
        most = self.room.bounds.head_bytes
        if self._head_bytes > most:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > most:
                self._is_head_too_large = True
                raise self._too_large()

    def _too_large(self) -> HeadTooLarge:
        most = self.room.bounds.head_bytes
        return HeadTooLarge(f"A head may have {most:,} bytes at most.", bytes_max=most)

    def _give_up(self, reason: str) -> None:
        CONNECTIONS_CUT.labels(reason).inc()
        self.transport.abort()

    def _cut(self, refusal: Refusal, reason: str) -> None:
        """Answer once more, read nothing more, and close when the answer can have arrived."""
        self._disarm()
        self._is_cut = True
        self.room.idle.pop(self, None)
        under_way = self._is_answering()
        if under_way and (self._in_head or self.cycle.response_started):
            # An answer is on its way already; another in its midst would be read as a part of it.
            self._give_up(reason)
            return
        if under_way:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        CONNECTIONS_CUT.labels(reason).inc()
        self.flow.resume_reading()
        self.transport.write(_as_bytes(refusal))
        self.transport.write_eof()
        self._arm(self.room.bounds.linger_s, self.transport.close)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _drop(self, count: int) -> None:
        self._linger_bytes -= count
        if self._linger_bytes < 0:
            self.flow.pause_reading()

    def _arm(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, then)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def connections_within(bounds: Bounds) -> type[Connection]:
    """Answer the class of one server's connections."""

    class Within(Connection):
        room = Room(bounds)

    return Within


def closing_of(scope: Scope) -> asyncio.Event:
    """Answer what happens when the server begins to close: whoever streams should end then."""
    closing: asyncio.Event = scope.get("extensions", {}).get(_CLOSING) or asyncio.Event()
    return closing


def _as_bytes(refusal: Refusal) -> bytes:
    # Relative: which house this is, a connection does not know; the gateway explains them all.
    document = answer(refusal, base="/problems", instance="")
    lines = b"".join(b"%b: %b\r\n" % header for header in document.raw_headers)
    return b"%b%bconnection: close\r\n\r\n%b" % (
        STATUS_LINE[document.status_code],
        lines,
        bytes(document.body),
    )
