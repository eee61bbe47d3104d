"""A gateway with whatever a test puts behind it, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from chassis.clock import Clock
from chassis.crypto import new_key
from chassis.http_client import new_client
from gateway.main import build_gateway
from gateway.routing import OWNERS
from gateway.settings import DEADLINE_S, GatewaySettings
from tests.gateway.upstreams import Behaviour, Service, Stage
from tests.patience import PATIENCE_S
from tests.world import Tenant, World, serving

PUBLIC_URL = "https://fortaler.example"


@dataclass
class Gateway:
    """A running gateway, what is behind it, and somebody with a token in front of it."""

    world: World
    base: str
    client: httpx2.AsyncClient
    services: dict[str, Service]
    tenant: Tenant
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = self.world.token(self.tenant, "ana")

    @property
    def bearer(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"authorization": f"Bearer {self.token}"}

    def asks(self, line: str, *headers: str) -> bytes:
        """Answer a request as bytes, with a token, and with headers just as they are written."""
        lines = [f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}", *headers]
        return "\r\n".join([*lines, "", ""]).encode()

    async def say(self, request: bytes) -> bytes:
        """Send bytes as they are, and answer all that comes back until the connection ends."""
        reader, writer = await self.connect()
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection of one's own."""
        host, port = self.base.removeprefix("http://").split(":")
        return await asyncio.open_connection(host, int(port))


OpenGateway = Callable[..., Awaitable[Gateway]]


def settings_of(
    world: World, urls: Mapping[str, str], deadline_s: float, **more: Any
) -> GatewaySettings:
    """Answer the settings of a gateway in front of these addresses."""
    return GatewaySettings(
        **more,
        service_urls=dict(urls),
        public_url=PUBLIC_URL,
        operator_issuer=world.settings.operator_issuer,
        operator_jwks_uri=world.settings.operator_jwks_uri,
        deadline_s=deadline_s,
        stream_key=SecretStr(new_key()),
        # Nothing records spans here; their ids travel all the same.
        trace_sample_ratio=0,
    )


@dataclass
class Standing:
    """The one gateway that most tests share, since only what is behind it differs."""

    base: str
    client: httpx2.AsyncClient
    stages: dict[str, Stage]


@pytest.fixture(scope="session")
async def standing(world: World) -> AsyncIterator[Standing]:
    """Open a gateway to five stages on which services appear."""
    async with AsyncExitStack() as stack:
        stages = {name: Stage() for name in set(OWNERS.values())}
        urls = {
            name: await stack.enter_async_context(serving(stage)) for name, stage in stages.items()
        }
        app = build_gateway(settings_of(world, urls, DEADLINE_S), issuers=world.issuers)
        base = await stack.enter_async_context(serving(app))
        client = await stack.enter_async_context(new_client(base))
        yield Standing(base, client, stages)


@pytest.fixture
async def gateway_to(world: World, standing: Standing) -> OpenGateway:
    """Answer a gateway to services that behave as told."""

    async def put_behind(**behind: Behaviour) -> Gateway:
        services = {name: Service(behaviour) for name, behaviour in behind.items()}
        for name, stage in standing.stages.items():
            stage.service = services.get(name)
        return Gateway(world, standing.base, standing.client, services, world.new_tenant())

    return put_behind


@pytest.fixture
async def own_gateway_to(world: World) -> AsyncIterator[OpenGateway]:
    """Open a gateway of the test's own, to services that behave as told or are at an address."""
    async with opening_gateways(world) as open_gateway:
        yield open_gateway


@asynccontextmanager
async def opening_gateways(world: World) -> AsyncIterator[OpenGateway]:
    """Open gateways to services that behave as told or are at an address, until the end."""
    async with AsyncExitStack() as stack:

        async def open_gateway(
            *,
            deadline_s: float = DEADLINE_S,
            clock: Clock | None = None,
            settings: Mapping[str, Any] = MappingProxyType({}),
            **behind: Behaviour | str,
        ) -> Gateway:
            urls, services = {}, {}
            for name, behaviour in behind.items():
                if isinstance(behaviour, str):
                    urls[name] = behaviour
                else:
                    services[name] = Service(behaviour)
                    stage = Stage(services[name])
                    urls[name] = await stack.enter_async_context(serving(stage))
            chosen = settings_of(world, urls, deadline_s, **settings)
            app = build_gateway(chosen, issuers=world.issuers, clock=clock)
            base = await stack.enter_async_context(serving(app))
            client = await stack.enter_async_context(new_client(base))
            client.timeout = httpx2.Timeout(PATIENCE_S)
            return Gateway(world, base, client, services, world.new_tenant())

        yield open_gateway
