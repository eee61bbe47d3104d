"""The one small seam to the HTTP client: ask a service, and hear its answer piece by piece."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway.refusals import ServiceBroke, ServiceUnavailable
from gateway.settings import (
    CONNECT_TIMEOUT_S,
    CONNECTIONS_PER_SERVICE_MAX,
    FREE_CONNECTION_TIMEOUT_S,
    KEEPALIVE_S,
)

_NOTHING_BY_ITSELF = ("accept", "accept-encoding", "content-type", "user-agent")
"""Headers that the client would add where a caller sent none."""


@dataclass(frozen=True)
class Question:
    """What a service is asked. `path` and `query` are kept as they came, byte for byte."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: AsyncIterator[bytes] | None = None


class Answer:
    """What a service answers: its head, and its body as long as it is read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Sequence[tuple[bytes, bytes]] = response.raw_headers

    async def next_piece(self) -> bytes:
        """Answer the next bytes of the body, and none at its end; raises ServiceBroke.

        What nobody reads is not fetched: the service has to wait.
        """
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise ServiceBroke("The service broke off within its answer.") from error


class Upstreams:
    """The services, by name, with the connections that are kept to them."""

    def __init__(self, urls: Mapping[str, str], session: aiohttp.ClientSession) -> None:
        self._urls = {name: URL(url) for name, url in urls.items()}
        self._session = session

    @classmethod
    @asynccontextmanager
    async def open(cls, urls: Mapping[str, str]) -> AsyncIterator["Upstreams"]:
        """Hold the connections open; they are closed at the end."""
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=CONNECTIONS_PER_SERVICE_MAX, keepalive_timeout=KEEPALIVE_S
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NOTHING_BY_ITSELF,
            auto_decompress=False,
            # The deadline of a whole request is the proxy's; here is only the way to a service.
            timeout=aiohttp.ClientTimeout(
                total=None, connect=FREE_CONNECTION_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S
            ),
        )
        async with session:
            yield cls(urls, session)

    @asynccontextmanager
    async def ask(self, service: str, question: Question) -> AsyncIterator[Answer]:
        """Ask a service; leaving early takes the question back, by closing its connection.

        Raises ServiceUnavailable when nothing was sent, and ServiceBroke when that is not sure.
        The client itself asks once more where a kept connection turns out to be closed, for
        idempotent methods without a body only (RFC 9110 9.2.2).
        """
        response = await self._send(service, question)
        try:
            yield Answer(response)
        finally:
            # After the whole answer this does nothing: the connection is kept already.
            response.close()

    async def _send(self, service: str, question: Question) -> aiohttp.ClientResponse:
        base = self._urls.get(service)
        if base is None:
            raise ServiceUnavailable(f"The service {service} is not there.")
        url = URL.build(
            scheme=base.scheme,
            host=base.raw_host or "",
            port=base.explicit_port,
            path=base.raw_path.rstrip("/") + question.path,
            query_string=question.query,
            encoded=True,
        )
        try:
            return await self._session.request(
                question.method,
                url,
                headers=question.headers,
                data=question.body,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ServiceUnavailable(f"The service {service} cannot be reached.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ServiceBroke(f"The service {service} broke off before it answered.") from error
