"""Connections that take what is not theirs are refused with a document, and others are served."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from chassis.connections import HEAD_BYTES_MAX, LINGER_BYTES_MAX, Bounds
from chassis.run import DRAIN_TIMEOUT_S
from tests.patience import PATIENCE_S, until, within
from tests.world import serving

SHORT = 0.2
IN_TIME = 1.0
"""So long also a machine that is busy for a moment needs for none of what is sent at once."""
NEVER = 3_600.0
PIECE = b"x" * 50_000
POURED_BYTES = 100_000_000
"""Far more than all buffers between a server and its client take."""
PATIENT = Bounds(head_s=NEVER, body_s=NEVER, stall_s=NEVER, linger_s=NEVER)


@dataclass
class App:
    """An app that answers what its path says."""

    heard: list[Message] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    poured: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] == "/reads":
            await self._read(receive)
        if scope["path"] == "/waits":
            await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/pours":
            for _ in range(POURED_BYTES // len(PIECE)):
                await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            self.poured.set()
        await send({"type": "http.response.body", "body": b""})

    async def _read(self, receive: Receive) -> None:
        more = True
        while more:
            message = await receive()
            self.heard.append(message)
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            more = message["more_body"]


@dataclass
class Server:
    """A server within bounds, and its address."""

    app: App
    port: int
    clients: list["Client"] = field(default_factory=list)

    async def connect(self) -> "Client":
        """Open a connection; the fixture closes it."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def leave(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()

    async def serves(self) -> bool:
        """Answer whether somebody else is served."""
        other = await self.connect()
        return (
            await other.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        ).startswith(b"HTTP/1.1 200")


@dataclass
class Client:
    """Somebody who writes and reads bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def rest(self) -> bytes:
        """Answer all that comes until the server ends the connection."""
        try:
            return await within(PATIENCE_S, self.reader.read())
        except ConnectionError:
            return b""
        finally:
            self.writer.close()

    async def say(self, data: bytes) -> bytes:
        self.write(data)
        return await self.rest()


Open = Callable[..., Awaitable[Server]]


@pytest.fixture
async def open_server() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_one(bounds: Bounds = PATIENT) -> Server:
            app = App()
            base = await stack.enter_async_context(serving(app, bounds=bounds))
            server = Server(app, int(base.rsplit(":", 1)[1]))
            stack.push_async_callback(server.leave)
            return server

        yield open_one


def problem_in(answer: bytes) -> tuple[int, str, dict[str, Any]]:
    """Read an answer; fails where it is no problem document."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert headers["content-type"] == "application/problem+json", answer
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    document = json.loads(body)
    assert document["status"] == int(lines[0].split()[1])
    assert document["title"]
    return document["status"], document["type"].rsplit("/", 1)[1], document | headers


@pytest.mark.parametrize("of_one", [True, False], ids=["one endless header", "endless headers"])
async def test_a_head_without_end_is_refused_while_it_comes(
    open_server: Open, of_one: bool
) -> None:
    server = await open_server()
    client = await server.connect()

    client.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
    for _ in range(HEAD_BYTES_MAX // 1_000 + 1):
        client.write(b"y" * 1_000 if of_one else b"y\r\nX: " * 200)
    status, problem, document = problem_in(await client.rest())

    assert (status, problem) == (431, "head-too-large")
    assert document["bytes_max"] == HEAD_BYTES_MAX


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"y" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * HEAD_BYTES_MAX + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Header: y\r\n" * 4_000 + b"\r\n",
    ],
    ids=["path", "one header", "many headers"],
)
async def test_a_whole_head_that_is_too_large_is_refused(open_server: Open, head: bytes) -> None:
    server = await open_server()

    status, problem, _ = problem_in(await (await server.connect()).say(head))

    assert (status, problem) == (431, "head-too-large")
    assert server.app.heard == []


async def test_a_large_body_in_the_same_breath_is_no_large_head(open_server: Open) -> None:
    server = await open_server()
    body = b"x" * 200_000
    head = b"POST /reads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"

    answer = await (await server.connect()).say(head % len(body) + body)

    assert answer.startswith(b"HTTP/1.1 200")
    assert sum(len(one["body"]) for one in server.app.heard) == len(body)


async def test_a_head_that_does_not_end_in_time_is_refused(open_server: Open) -> None:
    server = await open_server(Bounds(head_s=SHORT))

    status, problem, _ = problem_in(await (await server.connect()).say(b"GET / HTTP/1.1\r\nHo"))

    assert (status, problem) == (408, "request-too-slow")


async def test_the_second_head_of_a_connection_has_a_time_limit_too(open_server: Open) -> None:
    server = await open_server(Bounds(head_s=IN_TIME))
    client = await server.connect()
    client.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await within(PATIENCE_S, client.reader.readuntil(b"0\r\n\r\n"))

    status, problem, _ = problem_in(await client.say(b"G"))

    assert (status, problem) == (408, "request-too-slow")


async def test_a_stray_line_end_costs_no_answer(open_server: Open) -> None:
    server = await open_server(Bounds(head_s=IN_TIME))
    client = await server.connect()
    client.write(b"GET /waits HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    client.write(b"\r\n")
    # Whoever came later is given up for its head, so the time of this one is over too.
    for _ in range(2):
        assert await (await server.connect()).rest() == b""

    server.app.go_on.set()

    assert (await client.rest()).startswith(b"HTTP/1.1 200")


async def test_who_connects_and_says_nothing_is_let_go_without_a_word(open_server: Open) -> None:
    server = await open_server(Bounds(head_s=SHORT))

    assert await (await server.connect()).rest() == b""


async def test_a_body_that_does_not_end_in_time_is_refused_and_the_app_learns_of_it(
    open_server: Open,
) -> None:
    server = await open_server(Bounds(body_s=SHORT))
    head = b"POST /reads HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"

    status, problem, _ = problem_in(await (await server.connect()).say(head))

    assert (status, problem) == (408, "request-too-slow")
    await within(PATIENCE_S, server.app.left.wait())


async def test_what_is_no_http_is_refused_with_a_document(open_server: Open) -> None:
    server = await open_server()

    status, problem, _ = problem_in(
        await (await server.connect()).say(b"\x16\x03\x01 hello\r\n\r\n")
    )

    assert (status, problem) == (400, "request-unreadable")


async def test_slow_connections_take_no_place_from_others(open_server: Open) -> None:
    server = await open_server(Bounds(head_s=NEVER, connections=20))
    slow = [await server.connect() for _ in range(60)]
    for client in slow:
        client.write(b"GET / HTTP/1.1\r\nHost:")

    served = [await server.serves() for _ in range(10)]

    assert served == [True] * 10


async def test_when_all_places_are_busy_there_is_a_document_and_a_time_to_come_back(
    open_server: Open,
) -> None:
    server = await open_server(Bounds(connections=4))
    busy = [await server.connect() for _ in range(4)]
    for client in busy:
        client.write(b"GET /waits HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    refused = b""

    async def is_refused() -> bool:
        # With a word only as long as there are few such; beyond, without one.
        nonlocal refused
        extra = await server.connect()
        refused = await extra.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b" 503 " in refused

    await until(is_refused)
    status, problem, document = problem_in(refused)
    server.app.go_on.set()
    answers = [await client.rest() for client in busy]

    assert (status, problem) == (503, "server-full")
    assert int(document["retry-after"]) > 0
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    await until(server.serves)


async def test_who_does_not_read_is_let_go(open_server: Open) -> None:
    server = await open_server(Bounds(stall_s=SHORT))
    client = await server.connect()

    client.write(b"GET /pours HTTP/1.1\r\nHost: x\r\n\r\n")
    await within(PATIENCE_S, server.app.poured.wait())

    # It could come to its end only because nobody waited any more for what is still unread.
    assert 0 < len(await client.rest()) < POURED_BYTES
    assert await server.serves()


async def test_a_server_that_closes_does_not_wait_for_who_does_not_read() -> None:
    loop = asyncio.get_running_loop()
    app = App()
    async with serving(app, bounds=PATIENT) as base:
        port = int(base.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /pours HTTP/1.1\r\nHost: x\r\n\r\n")
        await within(PATIENCE_S, reader.readuntil(b"\r\n\r\n"))
        began_s = loop.time()
    took_s = loop.time() - began_s

    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    assert took_s < DRAIN_TIMEOUT_S / 2
    assert app.poured.is_set()


async def test_after_its_answer_an_endless_body_is_not_read_on(open_server: Open) -> None:
    server = await open_server(Bounds(linger_s=SHORT))
    client = await server.connect()
    client.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    answer = await within(PATIENCE_S, client.reader.readuntil(b"0\r\n\r\n"))
    sent = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            while sent < 100 * LINGER_BYTES_MAX:
                client.write(chunk)
                sent += len(chunk)
                await client.writer.drain()
    except ConnectionError:
        pass

    assert answer.startswith(b"HTTP/1.1 200")
    assert sent < 100 * LINGER_BYTES_MAX


async def test_after_its_answer_the_rest_of_a_body_is_dropped_and_the_next_is_served(
    open_server: Open,
) -> None:
    server = await open_server(Bounds())
    client = await server.connect()
    client.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
    await within(PATIENCE_S, client.reader.readuntil(b"0\r\n\r\n"))

    answer = await client.say(b"defGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
