"""Counting requests against quotas; a storage that is away lets all through, and is told of."""

import asyncio
from collections.abc import Callable, Sequence

from limits.aio.storage import SlidingWindowCounterSupport, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from chassis.telemetry import RATE_LIMIT_TROUBLE, RATE_LIMITED, log
from gateway.quotas.policies import WINDOW_S, Policy, PolicyName, QuotaExceeded, Use
from gateway.quotas.windows import WindowsInMemory
from gateway.settings import GatewaySettings

STORAGE_TIMEOUT_S = 0.2
STORAGE_REST_S = 5.0
"""A storage that did not answer is not asked for this long: no request waits for it meanwhile."""

Count = tuple[PolicyName, str]
"""A policy, and whose quota is meant: an id, or an address."""


class Quotas:
    """Quotas that are counted in one storage."""

    def __init__(self, policies: Sequence[Policy], storage: Storage, *, shared: bool) -> None:
        assert isinstance(storage, SlidingWindowCounterSupport)
        self._policies = {policy.name: (policy, policy.item) for policy in policies}
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._shared = shared
        self._resting_until_s = float("-inf")

    async def count(self, *counts: Count) -> list[Use]:
        """Count one request; raises QuotaExceeded. Answers nothing while the storage is away."""
        if not self._shared:
            return await self._count_all(counts)
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until_s:
            RATE_LIMIT_TROUBLE.inc()
            return []
        try:
            async with asyncio.timeout(STORAGE_TIMEOUT_S):
                return await self._count_all(counts)
        except (StorageError, OSError, TimeoutError) as error:
            self._resting_until_s = loop.time() + STORAGE_REST_S
            RATE_LIMIT_TROUBLE.inc()
            log("quotas").error("quotas.storage_away", error=type(error).__name__)
            return []

    async def look(self, name: PolicyName, whose: str) -> None:
        """Raise QuotaExceeded if a quota is used up; counts nothing. For what is counted here."""
        use = await self._use(name, whose)
        if use.remaining == 0:
            raise self._exceeded(use)

    async def _count_all(self, counts: Sequence[Count]) -> list[Use]:
        uses = []
        for name, whose in counts:
            let_through = await self._limiter.hit(self._policies[name][1], whose)
            uses.append(await self._use(name, whose))
            if not let_through:
                raise self._exceeded(uses[-1])
        return uses

    async def _use(self, name: PolicyName, whose: str) -> Use:
        policy, item = self._policies[name]
        previous, previous_left_s, current, current_left_s = await self._storage.get_sliding_window(
            item.key_for(whose), WINDOW_S
        )
        # The library tells how long the present window is kept: as long again as it lasts.
        return Use(policy, previous, previous_left_s, current, max(0.0, current_left_s - WINDOW_S))

    def _exceeded(self, use: Use) -> QuotaExceeded:
        RATE_LIMITED.labels(use.policy.name).inc()
        return QuotaExceeded(use)


def callers_quotas(settings: GatewaySettings, now_s: Callable[[], float]) -> Quotas:
    """Answer the quotas of people and companies: shared by all gateways, if there is a storage."""
    policies = [
        Policy("person", settings.rate_limit_person),
        Policy("tenant", settings.rate_limit_tenant),
    ]
    if settings.rate_limit_storage is None:
        return Quotas(policies, WindowsInMemory(now_s), shared=False)
    storage = storage_from_string(
        f"async+{settings.rate_limit_storage.get_secret_value()}",
        wrap_exceptions=True,
        implementation="redispy",
    )
    assert isinstance(storage, Storage)
    return Quotas(policies, storage, shared=True)


def strangers_quotas(settings: GatewaySettings, now_s: Callable[[], float]) -> Quotas:
    """Answer the quotas of addresses: in memory, so that a flood of them reaches no storage.

    And in a memory of their own: who calls from ever new addresses makes no person forgotten.
    """
    policies = [
        Policy("address", settings.rate_limit_address),
        Policy("refused", settings.rate_limit_refused),
    ]
    return Quotas(policies, WindowsInMemory(now_s), shared=False)
