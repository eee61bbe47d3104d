"""What a client is told when a service is away, late, or breaks off; and what a service notices."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress

import httpx2
import pytest

from fortaler.embedded.ports import free_port
from gateway.settings import DEADLINE_S
from tests.gateway.conftest import Gateway, OpenGateway
from tests.gateway.upstreams import Behaviour, answers, breaks_off, goes_on_when_told, hangs
from tests.patience import within
from tests.world import problem_of

SHORT_S = 2.0
"""Far longer than it takes to reach a service, also on a slow machine."""
SOON_S = DEADLINE_S / 2
"""Long before the deadline, by which the gateway would give up in any case."""

OpenHurriedGateway = Callable[[Behaviour], Awaitable[Gateway]]


@pytest.fixture
async def hurried_gateway_to(own_gateway_to: OpenGateway) -> OpenHurriedGateway:
    """Open a gateway that gives a service up soon, and knows the issuer's keys before.

    To fetch them is part of the first request, and of its deadline.
    """

    async def open_gateway(content: Behaviour) -> Gateway:
        gateway = await own_gateway_to(content=content, sharing=answers(), deadline_s=SHORT_S)
        first = await gateway.client.get("/v1/feed", headers=gateway.bearer)
        assert first.status_code == 200
        return gateway

    return open_gateway


async def test_a_service_that_cannot_be_reached_is_said_to_be_away(
    own_gateway_to: OpenGateway,
) -> None:
    gateway = await own_gateway_to(content=f"http://127.0.0.1:{free_port()}")

    away = await gateway.client.post("/v1/stories", content=b"{}", headers=gateway.bearer)
    absent = await gateway.client.get("/v1/feed", headers=gateway.bearer)

    for answer in (away, absent):
        assert (answer.status_code, problem_of(answer)) == (503, "service-unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_service_that_is_late_is_given_up_and_notices(
    hurried_gateway_to: OpenHurriedGateway,
) -> None:
    gateway = await hurried_gateway_to(hangs)

    answer = await gateway.client.get("/v1/stories", headers=gateway.bearer)

    assert (answer.status_code, problem_of(answer)) == (504, "deadline-missed")
    assert await within(SOON_S, gateway.services["content"].left_alone.wait())


async def test_an_answer_that_begins_and_does_not_end_is_cut_off(
    hurried_gateway_to: OpenHurriedGateway,
) -> None:
    gateway = await hurried_gateway_to(goes_on_when_told)

    with pytest.raises(httpx2.RemoteProtocolError):
        await gateway.client.get("/v1/stories", headers=gateway.bearer)

    gateway.services["content"].go_on.set()
    assert len(gateway.services["content"].seen) == 1


async def test_a_client_that_never_ends_its_body_is_told_so(
    hurried_gateway_to: OpenHurriedGateway,
) -> None:
    gateway = await hurried_gateway_to(answers())
    reader, writer = await gateway.connect()

    writer.write(gateway.asks("POST /v1/stories", "Content-Length: 10") + b"half")
    head = await within(SOON_S, reader.readuntil(b"\r\n\r\n"))

    writer.close()
    assert head.startswith(b"HTTP/1.1 504 ")
    assert await within(SOON_S, gateway.services["content"].left_alone.wait())
    assert gateway.services["content"].seen[0].body in {b"", b"half"}


async def test_half_an_answer_is_never_passed_off_as_a_whole_one(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=breaks_off)

    with pytest.raises(httpx2.RemoteProtocolError):
        await gateway.client.get("/v1/stories", headers=gateway.bearer)

    assert len(gateway.services["content"].seen) == 1


async def test_half_a_chunked_answer_has_no_end(own_gateway_to: OpenGateway) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    async with server:
        gateway = await own_gateway_to(content=_address(server))
        answer = await gateway.say(gateway.asks("GET /v1/stories", "Connection: close"))

    assert answer.endswith(b"4\r\nhalf\r\n")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"nothing like HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_nonsense_from_a_service_is_a_problem_document(
    own_gateway_to: OpenGateway, nonsense: bytes
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(nonsense)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        gateway = await own_gateway_to(content=_address(server))
        answer = await gateway.client.get("/v1/stories", headers=gateway.bearer)

    assert (answer.status_code, problem_of(answer)) == (502, "service-broke")


async def test_a_service_notices_that_nobody_waits_any_more(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=hangs)
    _, writer = await gateway.connect()
    writer.write(gateway.asks("GET /v1/stories"))
    await within(SOON_S, gateway.services["content"].reached.wait())

    writer.close()

    assert await within(SOON_S, gateway.services["content"].left_alone.wait())


async def test_a_service_notices_that_a_client_left_while_it_sent(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    _, writer = await gateway.connect()
    writer.write(gateway.asks("POST /v1/stories", "Transfer-Encoding: chunked") + b"4\r\nhalf\r\n")
    await within(SOON_S, gateway.services["content"].reached.wait())

    writer.close()

    assert await within(SOON_S, gateway.services["content"].left_alone.wait())


class ClosesAfterOne:
    """A server that answers once on every connection, and closes it at the second request."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        with suppress(asyncio.IncompleteReadError), closing(writer):
            for served in range(2):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(1 if b"content-length: 1" in head.lower() else 0)
                self.requests += 1
                if served == 0:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize(
    ("method", "body", "status", "requests"),
    [
        ("GET", b"", 200, 3),
        ("DELETE", b"", 200, 3),
        ("POST", b"", 502, 2),
        ("POST", b"x", 502, 2),
        ("PATCH", b"x", 502, 2),
        ("PUT", b"x", 502, 2),
    ],
)
async def test_only_what_may_be_done_twice_is_asked_again(
    own_gateway_to: OpenGateway, method: str, body: bytes, status: int, requests: int
) -> None:
    service = ClosesAfterOne()
    server = await asyncio.start_server(service, "127.0.0.1", 0)
    async with server:
        gateway = await own_gateway_to(content=_address(server))
        await gateway.client.get("/v1/stories", headers=gateway.bearer)

        answer = await gateway.client.request(
            method, "/v1/stories/1", content=body, headers=gateway.bearer
        )

    assert (answer.status_code, service.requests) == (status, requests)


def _address(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
