"""Requests that mean two things are refused, and never reach a service as two."""

import pytest

from tests.gateway.conftest import OpenGateway
from tests.gateway.upstreams import answers

INNER = b"GET /v1/stories/stolen HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        "Content-Length: +3",
        "Content-Length: 0x3",
        "Content-Length: 3 4",
        "Content-Length: -1",
        "X: y\rTransfer-Encoding: chunked",
        " Content-Length: 3",
        "X: \x00y",
    ],
)
async def test_a_body_with_two_ends_is_refused(gateway_to: OpenGateway, framing: str) -> None:
    gateway = await gateway_to(content=answers(200, body=b"served"))

    answer = await gateway.say(
        gateway.asks("POST /v1/stories", "Connection: close", framing) + b"0\r\n\r\n" + INNER
    )

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert [seen.raw_path for seen in gateway.services["content"].seen] == []


async def test_a_request_within_a_body_stays_a_body(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(200, body=b"served"))

    await gateway.say(
        gateway.asks(
            "POST /v1/stories",
            "Connection: close, content-length",
            f"Content-Length: {len(INNER)}",
        )
        + INNER
    )

    seen = gateway.services["content"].seen
    assert [(one.raw_path, one.body) for one in seen] == [(b"/v1/stories", INNER)]


async def test_an_upgrade_is_not_passed_on(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(200, body=b"served"))

    answer = await gateway.say(
        gateway.asks(
            "GET /v1/stories",
            "Connection: Upgrade, HTTP2-Settings, close",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__",
        )
    )

    assert answer.startswith(b"HTTP/1.1 200 ")
    names = gateway.services["content"].seen[0].names()
    assert not {"upgrade", "http2-settings", "connection"} & names


@pytest.mark.parametrize(
    "target",
    [
        "/v1/people/../stories",
        "/v1//stories",
        "//v1/stories",
        "/v1/stories/%2e%2e/people",
        "/v1/stories%2Fx",
        "/v1/stories/..%5cpeople",
        "/v1/stories/%252e%252e/people",
        "/v1/stories/%00",
        "/docs/static/../../v1/stories",
        "/r/%2e%2e/v1/stories",
        "/v1/stories?" + "x" * 9000,
    ],
)
async def test_a_path_with_two_readings_reaches_nobody(
    gateway_to: OpenGateway, target: str
) -> None:
    gateway = await gateway_to(content=answers(), directory=answers(), metrics=answers())

    answer = await gateway.say(gateway.asks(f"GET {target}", "Connection: close"))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/request-malformed" in answer
    assert [service.seen for service in gateway.services.values()] == [[], [], []]


@pytest.mark.parametrize("target", ["http://evil.example/v1/stories", "/v1/stories"])
async def test_another_host_in_the_request_changes_nothing(
    gateway_to: OpenGateway, target: str
) -> None:
    gateway = await gateway_to(content=answers())

    await gateway.say(
        f"GET {target} HTTP/1.1\r\nHost: evil.example\r\n"
        f"Authorization: Bearer {gateway.token}\r\nConnection: close\r\n\r\n".encode()
    )

    seen = gateway.services["content"].seen
    assert [(one.raw_path, one.all("host")) for one in seen] == [
        (b"/v1/stories", ["fortaler.example"])
    ]


@pytest.mark.parametrize("line", ["CONNECT /v1/stories", "CONNECT evil.example:80", "OPTIONS *"])
async def test_a_tunnel_is_not_dug(gateway_to: OpenGateway, line: str) -> None:
    gateway = await gateway_to(content=answers(200, body=b"served"))

    answer = await gateway.say(gateway.asks(line, "Connection: close"))

    assert b" 200 " not in answer
    assert gateway.services["content"].seen == []


@pytest.mark.parametrize("headers", [["X: " + "y" * 32_000], ["X: y"] * 16_000])
async def test_more_headers_than_anybody_needs_reach_nobody(
    gateway_to: OpenGateway, headers: list[str]
) -> None:
    gateway = await gateway_to(content=answers(200, body=b"served"))

    answer = await gateway.say(gateway.asks("GET /v1/stories", "Connection: close", *headers))

    assert answer.startswith(b"HTTP/1.1 431 "), answer
    assert b"head-too-large" in answer
    assert gateway.services["content"].seen == []
