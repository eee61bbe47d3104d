"""What is sent to do harm is refused at once, at the door and at a service's own; others go on."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import httpx2
import pytest

from chassis.http_client import new_client
from chassis.problems import BODY_BYTES_MAX
from services.content.main import SERVICE as CONTENT
from services.metrics.main import SERVICE as METRICS
from services.metrics.settings import MetricsSettings
from tests.gateway.conftest import Gateway, opening_gateways
from tests.patience import PATIENCE_S, within
from tests.world import OpenService, World, problem_of

HUNDRED_MEGABYTES = 100_000_000
SLOW_CONNECTIONS = 200
DEEP = 200_000
JSON = {"content-type": "application/json"}


@dataclass
class House:
    """A gateway and two real services, each of which can be reached past the gateway too."""

    gateway: Gateway
    content: OpenService
    metrics: OpenService

    @property
    def ways(self) -> dict[str, httpx2.AsyncClient]:
        """Answer every way to a service."""
        return {
            "gateway": self.gateway.client,
            "content": self.content.client,
            "metrics": self.metrics.client,
        }

    async def serves_others(self) -> None:
        """Check that somebody who means no harm is served."""
        answer = await within(
            PATIENCE_S, self.gateway.client.get("/v1/stories", headers=self.gateway.bearer)
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
async def opened(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Open the house once: what one has thrown into it must not trouble the next."""
    spool = tmp_path_factory.mktemp("spool")
    metrics_settings = MetricsSettings(**world.settings.model_dump(), spool_dir=spool)
    async with (
        world.open(CONTENT) as content,
        world.open(METRICS, settings=metrics_settings) as metrics,
        opening_gateways(world) as open_gateway,
    ):
        gateway = await open_gateway(
            content=str(content.client.base_url), metrics=str(metrics.client.base_url)
        )
        yield House(gateway, content, metrics)


@pytest.fixture
async def house(opened: House) -> House:
    """Let somebody of a new company stand before it."""
    gateway = replace(opened.gateway, tenant=opened.gateway.world.new_tenant())
    for service in (opened.content, opened.metrics):
        await service.hire(gateway.tenant, "ana", "author", "analyst")
    return replace(opened, gateway=gateway)


def nested(opening: bytes, closing: bytes) -> bytes:
    """Make JSON that is nothing but depth."""
    return opening * DEEP + b"1" + closing * DEEP


@pytest.mark.parametrize(
    ("way", "path"),
    [
        ("gateway", "/v1/stories"),
        ("gateway", "/v1/engagements:batch"),
        ("content", "/v1/stories"),
        ("metrics", "/v1/engagements:batch"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        nested(b"[", b"]"),
        b"[" * DEEP,
        nested(b'{"a":', b"}"),
        b'{"title": ' + nested(b"[", b"]") + b"}",
        b'{"items": ' + nested(b"[", b"]") + b"}",
        b'{"source": "x", "items": [{"meta": ' + nested(b'{"a":', b"}")[: BODY_BYTES_MAX // 2],
        b'{"title": ' + b"9" * 400_000 + b"}",
    ],
    ids=["lists", "unclosed", "objects", "in a title", "in items", "in an item", "one number"],
)
async def test_deep_json_is_refused(house: House, way: str, path: str, body: bytes) -> None:
    answer = await house.ways[way].post(
        path, content=body[:BODY_BYTES_MAX], headers=house.gateway.bearer | JSON
    )

    assert 400 <= answer.status_code < 500, answer.text
    assert problem_of(answer)
    await house.serves_others()


@pytest.mark.parametrize("way", ["gateway", "content"])
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "GZIP"])
async def test_a_packed_body_is_refused_before_it_is_read(
    house: House, way: str, coding: str
) -> None:
    bomb = gzip.compress(b" " * 10_000_000)

    answer = await house.ways[way].post(
        "/v1/stories",
        content=bomb,
        headers=house.gateway.bearer | JSON | {"content-encoding": coding},
    )

    assert (answer.status_code, problem_of(answer)) == (415, "content-coding-unknown")
    assert answer.headers["accept-encoding"] == "identity"
    await house.serves_others()


@pytest.mark.parametrize("way", ["gateway", "content"])
async def test_identity_is_no_coding(house: House, way: str) -> None:
    answer = await house.ways[way].post(
        "/v1/stories",
        json={"title": "En dag", "body": "Der er højt.", "language": "da"},
        headers=house.gateway.bearer | {"content-encoding": "identity"},
    )

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("way", ["gateway", "content"])
@pytest.mark.parametrize("limit", ["1000000000", "-1", "9" * 400, "1e9", "0x10"])
async def test_a_page_of_a_billion_is_refused(house: House, way: str, limit: str) -> None:
    answer = await house.ways[way].get(
        "/v1/stories", params={"limit": limit}, headers=house.gateway.bearer
    )

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


def with_length(gateway: Gateway) -> bytes:
    return gateway.asks("POST /v1/stories", f"Content-Length: {HUNDRED_MEGABYTES}")


def chunked(gateway: Gateway) -> bytes:
    return gateway.asks("POST /v1/stories", "Transfer-Encoding: chunked")


@pytest.mark.parametrize("way", ["gateway", "content"])
@pytest.mark.parametrize(("head", "piece"), [(with_length, b""), (chunked, b"10000\r\n%b\r\n")])
async def test_a_hundred_megabytes_are_refused_and_not_read(
    house: House, way: str, head: Callable[[Gateway], bytes], piece: bytes
) -> None:
    host, port = str(house.ways[way].base_url).rstrip("/").removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    sent = 0

    async def pour() -> None:
        nonlocal sent
        block = piece % (b"x" * 0x10000) if piece else b"x" * 0x10000
        with suppress(ConnectionError):
            while sent < HUNDRED_MEGABYTES:
                writer.write(block)
                sent += len(block)
                await writer.drain()

    writer.write(head(house.gateway))
    pouring = asyncio.create_task(pour())
    answer = await within(PATIENCE_S, reader.readuntil(b"\r\n\r\n"))
    await house.serves_others()
    await within(PATIENCE_S, pouring)

    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 "), answer
    assert sent < HUNDRED_MEGABYTES / 4


async def test_slow_heads_and_slow_bodies_hold_nobody_up(house: House) -> None:
    heads = [await house.gateway.connect() for _ in range(SLOW_CONNECTIONS)]
    bodies = [await house.gateway.connect() for _ in range(20)]
    slow_body = house.gateway.asks("POST /v1/stories", "Content-Length: 10")

    for _, writer in heads:
        writer.write(b"GET /v1/stories HTTP/1.1\r\nHost: x\r\nX: ")
    for _, writer in bodies:
        writer.write(slow_body)
    async with new_client(house.gateway.base) as other:
        for _ in range(10):
            for _, writer in (*heads, *bodies):
                writer.write(b"y")
            answer = await other.get("/v1/stories", headers=house.gateway.bearer)
            assert answer.status_code == 200

    for _, writer in (*heads, *bodies):
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
