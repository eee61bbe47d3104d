"""Small services of our own behind the gateway: they do what a test wants to see it live with."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

PIECE = bytes(range(256)) * 256


@dataclass
class Seen:
    """A request as it reached a service."""

    method: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[str, str]]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Answer every value of a header."""
        return [value for known, value in self.headers if known == name]

    def names(self) -> set[str]:
        """Answer which headers came."""
        return {name for name, _ in self.headers}


Behaviour = Callable[["Service", Scope, Receive, Send], Awaitable[None]]


@dataclass
class Service:
    """A service that remembers what it was asked, and then behaves as told."""

    behave: Behaviour
    seen: list[Seen] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    pieces_sent: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        self.seen.append(Seen(scope["method"], scope["raw_path"], scope["query_string"], headers))
        self.reached.set()
        try:
            await self.behave(self, scope, receive, send)
        finally:
            self.ended.set()

    async def read(self, receive: Receive) -> bool:
        """Read a body to its end; False when the caller went away before it."""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left_alone.set()
                return False
            self.seen[-1].body += message.get("body", b"")
            more = message.get("more_body", False)
        return True


@dataclass
class Stage:
    """The raw ASGI app at an address, where one test's service follows another's."""

    service: Service | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request by whoever is on stage."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        assert self.service is not None, f"Nobody expected {scope['raw_path']!r} here."
        await self.service(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def answers(
    status: int = 200, headers: dict[str, str] | None = None, body: bytes = b""
) -> Behaviour:
    """Read everything, then answer this."""

    async def behave(service: Service, _scope: Scope, receive: Receive, send: Send) -> None:
        if await service.read(receive):
            raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": body})

    return behave


def documents(document: object) -> Behaviour:
    """Answer an API document."""
    return answers(200, {"content-type": "application/json"}, json.dumps(document).encode())


async def hangs(service: Service, _scope: Scope, receive: Receive, _send: Send) -> None:
    """Take everything and say nothing, until nobody waits any more."""
    await service.read(receive)
    while (await receive())["type"] != "http.disconnect":
        pass
    service.left_alone.set()


async def breaks_off(service: Service, _scope: Scope, receive: Receive, send: Send) -> None:
    """Begin an answer of a hundred bytes, and leave in the middle of it."""
    await service.read(receive)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]}
    )
    await send({"type": "http.response.body", "body": b"half of it", "more_body": True})


async def answers_before_it_has_read(
    service: Service, _scope: Scope, _receive: Receive, send: Send
) -> None:
    """Refuse a body without looking at it."""
    await send({"type": "http.response.start", "status": 422, "headers": []})
    await send({"type": "http.response.body", "body": b"no need"})


async def goes_on_when_told(service: Service, _scope: Scope, receive: Receive, send: Send) -> None:
    """Send a first line, and the second when the test says so."""
    await service.read(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await service.go_on.wait()
    await send({"type": "http.response.body", "body": b"second"})


def pours(pieces: int) -> Behaviour:
    """Answer so many pieces of 64 KiB as fast as they are taken."""

    async def behave(service: Service, _scope: Scope, receive: Receive, send: Send) -> None:
        await service.read(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(pieces):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            service.pieces_sent += 1
        await send({"type": "http.response.body", "body": b""})

    return behave
