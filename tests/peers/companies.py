"""A company whose people sign in at somebody else's provider, on every service and the gateway."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from chassis.clock import Clock
from chassis.crypto import new_key
from chassis.http_client import new_client
from contracts.directory import TenantRegistered
from fortaler import services
from gateway.main import build_gateway
from gateway.settings import GatewaySettings
from services.content.settings import ContentSettings
from services.metrics.settings import MetricsSettings
from services.sharing.settings import SharingSettings
from tests.peers.identity_provider import IdentityProvider
from tests.world import OpenService, Tenant, World, serving

A_QUESTION_FOR = {
    "directory": "/v1/me",
    "content": "/v1/stories",
    "sharing": "/v1/feed",
    "metrics": "/v1/metrics/people/me",
    "recognition": "/v1/points/me",
}
"""What anybody of a company may ask each service."""


@dataclass(frozen=True)
class House:
    """All services and the gateway before them, running."""

    world: World
    services: dict[str, OpenService]
    gateway: httpx2.AsyncClient

    async def admit(self, provider: IdentityProvider, *subjects: str) -> Tenant:
        """Let the operator admit a company of that provider, and its admin let people in."""
        directory = self.services["directory"]
        named = self.world.new_tenant()
        answer = await directory.as_(None, "ops").post("/v1/tenants", _application(named, provider))
        assert answer.status_code == 201, answer.text
        tenant = Tenant(answer.json()["tenant_id"], named.issuer_name, provider.issuer)
        news = await directory.announced(tenant)
        # What the issuers' followers would read from Kafka, in every process.
        for registered in (one for one in news if isinstance(one, TenantRegistered)):
            self.world.issuers.learn(registered)
        admin = await provider.token()
        for subject in subjects:
            await self._let_in(admin, subject)
        for event in await directory.announced(tenant):
            for name in self.services.keys() - {"directory"}:
                await self.services[name].hear(tenant, event)
        return tenant

    async def ask(self, service: str, token: str) -> list[httpx2.Response]:
        """Ask a service with a token, and the same through the gateway."""
        path, headers = A_QUESTION_FOR[service], {"authorization": f"Bearer {token}"}
        return [
            await client.get(path, headers=headers)
            for client in (self.services[service].client, self.gateway)
        ]

    async def _let_in(self, admin: str, subject: str) -> None:
        answer = await self.services["directory"].client.post(
            "/v1/people",
            json={"subject": subject, "display_name": subject.title()},
            headers={"authorization": f"Bearer {admin}"},
        )
        assert answer.status_code == 201, answer.text


@asynccontextmanager
async def opened(world: World, folder: Path, clock: Clock | None = None) -> AsyncIterator[House]:
    """Open every service and the gateway, with nothing remembered of any issuer's keys."""
    async with AsyncExitStack() as stack:
        running = {
            name: await stack.enter_async_context(
                world.open(
                    services.load(name), settings=_settings(world, name, folder), clock=clock
                )
            )
            for name in services.NAMES
        }
        settings = GatewaySettings(
            service_urls={name: str(one.client.base_url) for name, one in running.items()},
            operator_issuer=world.settings.operator_issuer,
            operator_jwks_uri=world.settings.operator_jwks_uri,
            trace_sample_ratio=0,
            stream_key=SecretStr(new_key()),
            # Hundreds of forged tokens come from one address within a second.
            rate_limit_refused=10_000,
            rate_limit_person=10_000,
        )
        door = build_gateway(settings, issuers=world.issuers, clock=clock)
        base = await stack.enter_async_context(serving(door))
        client = await stack.enter_async_context(new_client(base))
        yield House(world, running, client)


def _settings(world: World, name: str, folder: Path) -> Any:
    # No tracer is set up here, and one that records nothing would lose a sampled trace's ids.
    known = world.settings.model_dump() | {"trace_sample_ratio": 0}
    if name == "metrics":
        return MetricsSettings(**known, spool_dir=folder / "spool")
    if name == "sharing":
        return SharingSettings(**known, sealing_key=SecretStr(new_key()))
    if name == "content":
        media = (folder / "media").as_uri()
        return ContentSettings(**known, media_url=media, media_key=SecretStr(new_key()))
    return type(world.settings)(**known)


def _application(named: Tenant, provider: IdentityProvider) -> dict[str, Any]:
    return {
        "slug": named.issuer_name,
        "name": "Nordlys Energi",
        "issuer": provider.issuer,
        "jwks_uri": provider.jwks_uri,
        "audience": provider.audience,
        "country": "DK",
        "language": "da",
        "time_zone": "Europe/Copenhagen",
        "first_admin": {"subject": "ana", "display_name": "Ana"},
    }
