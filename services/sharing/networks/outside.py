"""What sharing holds of the world outside: its networks, and the seal of their tokens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.http_client import new_client
from chassis.sealing import Sealing
from chassis.service import Context
from services.sharing.domain.accounts import NetworkUnknown, SealedTokens, place_of
from services.sharing.networks.base import Network, Tokens
from services.sharing.networks.sandbox import Sandbox
from services.sharing.settings import SharingSettings

CALLBACK_PATH = "/v1/accounts/callback"


@dataclass(frozen=True)
class Outside:
    """The networks that are offered, the seal, and the address that people know us by."""

    networks: Mapping[str, Network]
    seal: Sealing
    public_url: str

    def get(self, name: str) -> Network:
        """Answer a network; raises NetworkUnknown."""
        network = self.networks.get(name)
        if network is None:
            offered = ", ".join(sorted(self.networks)) or "none"
            raise NetworkUnknown(f"Networks here: {offered}.", field="/network")
        return network

    async def close_tokens(
        self, session: AsyncSession, tokens: Tokens, *, account_id: UUID, at: datetime
    ) -> SealedTokens:
        """Seal what a network granted for the row of one account."""
        until = None
        if tokens.expires_in_s is not None:
            until = at + timedelta(seconds=tokens.expires_in_s)
        place = place_of(account_id, "access_token")
        access = await self.seal.close(session, tokens.access_token, place=place)
        refresh = None
        if tokens.refresh_token is not None:
            place = place_of(account_id, "refresh_token")
            refresh = await self.seal.close(session, tokens.refresh_token, place=place)
        return SealedTokens(access, refresh, until)


@asynccontextmanager
async def open_outside(context: Context) -> AsyncIterator[Outside]:
    """Open what sharing needs of the world outside."""
    settings = context.settings
    if not isinstance(settings, SharingSettings):
        raise TypeError("Sharing is opened with SharingSettings.")
    async with new_client() as client:
        networks: dict[str, Network] = {}
        if settings.sandbox_url is not None:
            networks["sandbox"] = Sandbox(
                client,
                base_url=settings.sandbox_url,
                client_id=settings.sandbox_client_id,
                client_secret=settings.sandbox_client_secret.get_secret_value(),
                redirect_uri=f"{settings.public_url}{CALLBACK_PATH}",
            )
        seal = Sealing(context.database, context.clock, settings.platform_keys())
        yield Outside(networks, seal, settings.public_url)
