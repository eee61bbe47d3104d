"""Letting a request in: who calls is verified, and then counted."""

from starlette.types import Scope

from chassis.auth import Identity, TokenMissing, TokenRefused, Verifier
from chassis.clock import Clock
from gateway.addresses import Addresses
from gateway.quotas.counting import callers_quotas, strangers_quotas
from gateway.quotas.policies import QuotaExceeded, headers_of
from gateway.settings import GatewaySettings

Told = list[tuple[bytes, bytes]]
"""Headers that go with whatever is answered: what is left of the quotas."""


class Admission:
    """Verifies and counts callers; one for all doors of a gateway."""

    def __init__(self, settings: GatewaySettings, clock: Clock) -> None:
        def now_s() -> float:
            return clock.now().timestamp()

        self.addresses = Addresses(settings.trusted_proxies)
        self._callers = callers_quotas(settings, now_s)
        self._strangers = strangers_quotas(settings, now_s)

    async def stranger(self, scope: Scope, told: Told) -> None:
        """Count somebody who needs no token here, by address; raises QuotaExceeded."""
        try:
            uses = await self._strangers.count(("address", self.addresses.prefix_of(scope)))
        except QuotaExceeded as exceeded:
            told += headers_of([exceeded.use])
            raise
        told += headers_of(uses)

    async def caller(
        self, scope: Scope, verifier: Verifier, authorization: str | None, told: Told
    ) -> Identity:
        """Answer whom a token speaks for, counted for that person and their company.

        Raises what the verifier raises, and QuotaExceeded. What is refused is counted too, by
        address: from where too much of it came, only tokens that were good a moment ago are taken.
        """
        try:
            identity = await self._verified(scope, verifier, authorization)
            whose = f"{identity.tenant_id}/{identity.subject}"
            uses = await self._callers.count(("person", whose), ("tenant", str(identity.tenant_id)))
        except QuotaExceeded as exceeded:
            told += headers_of([exceeded.use])
            raise
        if uses:
            told += headers_of(uses)
        return identity

    async def _verified(
        self, scope: Scope, verifier: Verifier, authorization: str | None
    ) -> Identity:
        if verifier.remembered((authorization or "").partition(" ")[2]) is not None:
            return await verifier.verify(authorization)
        address = self.addresses.prefix_of(scope)
        self._strangers.look("refused", address)
        try:
            return await verifier.verify(authorization)
        except (TokenMissing, TokenRefused):
            await self._strangers.count(("refused", address))
            raise
