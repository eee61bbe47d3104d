"""The client for addresses that users gave: it calls public ones only, and is not held up by them.

`http_client` is for addresses that the operator gave.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, Self

import httpcore2
import httpx2

from chassis.http_client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from chassis.public_addresses import PORTS, AddressRefused, check_url, is_public, may_be_public

CONNECTIONS_MAX = 20
ADDRESSES_TRIED_MAX = 4
"""A host with two families of two addresses each; whoever has more is not down on the others."""

HEADERS_BYTES_MAX = 32 * 1024
"""Twice what common servers let out; httpcore2 itself reads 100 KiB at most."""

Reason = Literal[
    "address_refused",
    "address_not_public",
    "name_unknown",
    "unreachable",
    "not_trusted",
    "too_slow",
    "too_large",
    "too_many_redirects",
    "redirect_refused",
    "unreadable",
]
"""Why nothing came of a call."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""What answers the IP addresses of a host; raises OSError."""

Endpoint = tuple[str, int]


class CallFailed(Exception):
    """A call that brought no answer; `reason` is for rules, and tells nothing of the address."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class NotPublic(Exception):
    """A host led to where nobody may be sent."""


class NameUnknown(Exception):
    """A resolver knows nothing of a host."""


@dataclass(frozen=True)
class Bounds:
    """How much of our time and memory a call may take."""

    deadline_s: float = 30.0
    """From the first name that is asked for to the last byte, all redirects together."""
    body_bytes_max: int = 2_000_000
    """Of what is unpacked: a small answer cannot become a large one."""
    redirects_max: int = 3


@dataclass(frozen=True)
class Answer:
    """What an address answered. Names of headers are small; of several the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    """Where it came from at last."""
    moved_to: str | None = field(repr=False, default=None)
    """Where permanent redirects alone have led, if there were any (RFC 9110 15.4.2, 15.4.9)."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses only: those it checked, whatever a name says a moment later."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
        allowed: Collection[Endpoint] = (),
    ) -> None:
        self._resolve = resolve
        self._dial = dial or httpcore2.AnyIOBackend()
        self._allowed = frozenset(allowed)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore2 calls it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to a host, or raise what says why not."""
        addresses = await self._checked(host, port)
        trouble: Exception | None = None
        for address in addresses[:ADDRESSES_TRIED_MAX]:
            try:
                return await self._dial.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpcore2.ConnectError("This host has no address.")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore2 calls it
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: nobody's socket on this machine is public."""
        raise NotPublic

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore2 asks for between tries."""
        await self._dial.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        if (host, port) in self._allowed:
            return [host]
        if port not in PORTS or not may_be_public(host):
            raise NotPublic
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameUnknown from error
        # All of them: one that is not shows that somebody means to lead us somewhere.
        if not all(is_public(address) for address in addresses):
            raise NotPublic
        return addresses


class GuardedClient:
    """Calls addresses that users gave; one per process, closed by whoever made it.

    It keeps no cookies, trusts no proxy variable, follows no redirect unseen, and unpacks no more
    than it was told to. `allowed` are hosts with ports that are let through unchecked: for tests
    and a developer's own machine, never from anything that a user can set.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        resolve: Resolve = resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
        allowed: Collection[Endpoint] = (),
        trust: ssl.SSLContext | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._bounds = bounds or Bounds()
        self._allowed = frozenset(allowed)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust or httpx2.create_ssl_context(trust_env=False),
            max_connections=CONNECTIONS_MAX,
            # Strangers are called seldom; what is kept open to them only serves them.
            max_keepalive_connections=0,
            network_backend=Guard(resolve=resolve, dial=dial, allowed=allowed),
        )

    async def __aenter__(self) -> Self:
        """Be open."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, bounds: Bounds | None = None
    ) -> Answer:
        """Read what an address answers, after some redirects; raises CallFailed."""
        return await self._within(bounds or self._bounds, "GET", url, headers or {}, None)

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        bounds: Bounds | None = None,
    ) -> Answer:
        """Tell an address something, once: a redirect is an answer; raises CallFailed."""
        told = replace(bounds or self._bounds, redirects_max=0)
        return await self._within(told, "POST", url, headers or {}, content)

    async def _within(
        self,
        bounds: Bounds,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Answer:
        try:
            async with asyncio.timeout(bounds.deadline_s):
                return await self._follow(bounds, method, url, headers, content)
        except TimeoutError as error:
            raise CallFailed("too_slow") from error

    async def _follow(
        self,
        bounds: Bounds,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Answer:
        here, moved_to, permanent = self._read(url, "address_refused"), None, True
        for _ in range(bounds.redirects_max + 1):
            answer = await self._call(bounds, method, here, headers, content)
            there = answer.headers.get("location")
            if not (answer.status in _REDIRECTS and there) or bounds.redirects_max == 0:
                return replace(answer, moved_to=moved_to)
            permanent = permanent and answer.status in _PERMANENT
            here = self._next(here, there)
            moved_to = str(here) if permanent else moved_to
        raise CallFailed("too_many_redirects")

    def _next(self, here: httpx2.URL, location: str) -> httpx2.URL:
        try:
            there = self._read(str(here.join(location)), "redirect_refused")
        except (httpx2.InvalidURL, ValueError) as error:
            raise CallFailed("redirect_refused") from error
        if here.scheme == "https" and there.scheme != "https":
            raise CallFailed("redirect_refused")
        return there

    def _read(self, url: str, reason: Reason) -> httpx2.URL:
        try:
            known = httpx2.URL(url)
            # The host as it is called: not every name can be read as what it stands for (IDNA).
            if (known.raw_host.decode("ascii"), known.port) in self._allowed:
                return known
            return check_url(url)
        except (AddressRefused, httpx2.InvalidURL, ValueError) as error:
            raise CallFailed(reason) from error

    async def _call(
        self,
        bounds: Bounds,
        method: str,
        url: httpx2.URL,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Answer:
        try:
            async with self._pool.stream(
                method,
                _target(url),
                headers=[
                    *headers.items(),
                    ("user-agent", self._user_agent),
                    # What others there are unpack more than they are told to.
                    ("accept-encoding", "gzip"),
                ],
                content=content,
                extensions={"timeout": _TIMEOUTS},
            ) as response:
                told = _headers(response.headers)
                body = await _unpacked(response, told, bounds.body_bytes_max)
                return Answer(response.status, told, body, str(url))
        except NotPublic as error:
            raise CallFailed("address_not_public") from error
        except NameUnknown as error:
            raise CallFailed("name_unknown") from error
        except httpcore2.TimeoutException as error:
            raise CallFailed("too_slow") from error
        except (httpcore2.NetworkError, ssl.SSLError) as error:
            raise CallFailed(_why(error)) from error
        except (httpcore2.ProtocolError, zlib.error) as error:
            raise CallFailed("unreadable") from error


_PERMANENT = frozenset({301, 308})
_REDIRECTS = _PERMANENT | {302, 303, 307}
_TIMEOUTS = {
    "connect": CONNECT_TIMEOUT_S,
    "read": READ_TIMEOUT_S,
    "write": READ_TIMEOUT_S,
    "pool": READ_TIMEOUT_S,
}


def _target(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _headers(told: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    if sum(len(name) + len(value) for name, value in told) > HEADERS_BYTES_MAX:
        raise CallFailed("too_large")
    headers: dict[str, str] = {}
    for name, value in told:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())
    return headers


async def _unpacked(
    response: httpcore2.Response, headers: Mapping[str, str], bytes_max: int
) -> bytes:
    coding = headers.get("content-encoding", "").lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise CallFailed("unreadable")
    # 31: the largest window, in gzip's wrapping.
    unpacker = zlib.decompressobj(31) if "gzip" in coding else None
    body, packed_bytes = bytearray(), 0
    async for part in response.aiter_stream():
        packed_bytes += len(part)
        room = bytes_max - len(body) + 1
        body += unpacker.decompress(part, room) if unpacker else part
        # Packed bytes count too: what follows the end of a packed body unpacks to nothing.
        if max(len(body), packed_bytes) > bytes_max:
            raise CallFailed("too_large")
    if unpacker and packed_bytes and not unpacker.eof:
        raise CallFailed("unreadable")
    return bytes(body)


def _why(error: BaseException) -> Reason:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "not_trusted"
        cause = cause.__cause__ or cause.__context__
    return "unreachable"
