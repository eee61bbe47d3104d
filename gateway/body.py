"""A request's body on its way in: counted, never gathered, and given up when the client leaves."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive

from chassis.errors import Refusal
from chassis.problems import BODY_BYTES_MAX, too_large


class ClientLeft(Exception):
    """The client closed its connection: nobody waits for the answer any more."""


class RequestBody:
    """What a client sends, read only as fast as the service takes it."""

    def __init__(
        self, receive: Receive, *, expected: bool, bytes_max: int = BODY_BYTES_MAX
    ) -> None:
        self._receive = receive
        self._bytes_max = bytes_max
        self._read = asyncio.Event()
        self.trouble: Refusal | ClientLeft | None = None
        """Why the body ended before its end, if it did."""
        if not expected:
            self._read.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Read the body; raises BodyTooLarge at the byte too much, and ClientLeft."""
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._stop(ClientLeft())
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._bytes_max:
                self._stop(too_large(self._bytes_max))
            more = message.get("more_body", False)
            if piece:
                yield piece
        self._read.set()

    async def client_left(self) -> None:
        """Wait until the client is gone; only one may receive, so first the body is read."""
        await self._read.wait()
        while self.trouble is None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.trouble = ClientLeft()

    def _stop(self, trouble: Refusal | ClientLeft) -> None:
        self.trouble = trouble
        self._read.set()
        raise trouble
