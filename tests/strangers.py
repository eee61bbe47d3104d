"""Web servers of strangers: they answer as a test says, as badly as it wants, on this machine.

Names and ways to them are given to whoever calls, so that public addresses can be played.
"""

import asyncio
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpcore2

PUBLIC = "93.184.215.14"
"""An address of the public internet that nobody is ever connected to here."""

Body = bytes | Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Reply:
    """What a stranger answers; a body without a length is sent until it ends, or nobody reads."""

    status: int = 200
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a stranger was asked."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Strangers:
    """All servers of strangers in one; by a path's replies the last one is given again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.port = 0
        self.stuck = asyncio.Event()
        """Set once a server has begun to let somebody wait for ever."""
        self.busy_max = 0
        """How many asked one host at once, at most."""
        self._serving: Counter[str] = Counter()
        self._busy: set[asyncio.Task[None] | None] = set()
        self._replies: dict[str, list[Reply]] = defaultdict(list)

    def answer(self, path: str, *replies: Reply) -> None:
        """From now on answer a path so, one after another."""
        self._replies[path] = list(replies)

    def asked_for(self, path: str) -> list[Asked]:
        """Answer what was asked of a path."""
        return [one for one in self.asked if one.path == path]

    async def drip(self) -> AsyncIterator[bytes]:
        """Begin a body, and never go on."""
        yield b"<rss "
        self.stuck.set()
        await asyncio.Event().wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        task = asyncio.current_task()
        self._busy.add(task)
        try:
            # Whoever calls may have heard enough, or have gone.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self._busy.discard(task)
            writer.close()

    async def leave(self) -> None:
        """End whatever is still being answered."""
        tasks = [task for task in self._busy if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _read(reader)
        self.asked.append(asked)
        self._serving[asked.host] += 1
        self.busy_max = max(self.busy_max, self._serving[asked.host])
        try:
            await self._reply(asked, writer)
        finally:
            self._serving[asked.host] -= 1

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        replies = self._replies.get(asked.path, [Reply(404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        headers = {"connection": "close", **reply.headers}
        if isinstance(reply.body, bytes):
            headers.setdefault("content-length", str(len(reply.body)))
        head = [f"HTTP/1.1 {reply.status} Said", *(f"{key}: {headers[key]}" for key in headers)]
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1"))
        if isinstance(reply.body, bytes):
            writer.write(reply.body)
            await writer.drain()
            return
        async for part in reply.body():
            writer.write(part)
            await writer.drain()


class Ways(httpcore2.AsyncNetworkBackend):
    """Brings every call to one port of this machine, and remembers where it was to go."""

    def __init__(self, port: int) -> None:
        self.dialled: list[tuple[str, int]] = []
        self._port = port
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        return await self._inner.connect_tcp("127.0.0.1", self._port, timeout)


class Names:
    """A resolver: what it answers for a host, one after another; the last one again."""

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self._known = {host: list(answers) for host, answers in known.items()}

    def learn(self, host: str, *answers: Sequence[str]) -> None:
        """From now on answer so for a host."""
        self._known[host] = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Answer the addresses of a host; whoever was never named is public."""
        answers = self._known.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def strangers(certificate: ssl.SSLContext | None = None) -> AsyncIterator[Strangers]:
    """Let strangers serve on a port of this machine."""
    them = Strangers()
    server = await asyncio.start_server(them.serve, "127.0.0.1", 0, ssl=certificate)
    them.port = server.sockets[0].getsockname()[1]
    try:
        yield them
    finally:
        server.close()
        await them.leave()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {
        name.lower(): value
        for name, value in (line.split(": ", 1) for line in head[1:] if ": " in line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, headers["host"], path, headers, body)
