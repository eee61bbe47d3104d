"""Counting requests against quotas; a storage that is away lets all through, and is told of."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from limits.aio.storage import SlidingWindowCounterSupport, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from chassis.telemetry import RATE_LIMIT_TROUBLE, RATE_LIMITED, log
from gateway.quotas.policies import WINDOW_S, Policy, PolicyName, QuotaExceeded, Use
from gateway.quotas.windows import KEYS_MAX, Windows
from gateway.settings import GatewaySettings

STORAGE_TIMEOUT_S = 0.2
STORAGE_REST_S = 5.0
"""A storage that did not answer is not asked for this long: no request waits for it meanwhile."""

Count = tuple[PolicyName, str]
"""A policy, and whose quota is meant: an id, or an address."""


class Quotas(Protocol):
    """Whoever can count requests."""

    async def count(self, *counts: Count) -> list[Use]:
        """Count one request; raises QuotaExceeded. Answers nothing where nothing can be known."""
        ...


class InMemory:
    """Quotas that this gateway counts by itself."""

    def __init__(
        self,
        policies: Sequence[Policy],
        now_s: Callable[[], float],
        *,
        keys_max: int = KEYS_MAX,
    ) -> None:
        self._policies = {policy.name: policy for policy in policies}
        self._windows = Windows(now_s, keys_max=keys_max)

    async def count(self, *counts: Count) -> list[Use]:
        """Count one request; raises QuotaExceeded."""
        uses = []
        for name, whose in counts:
            let_through, use = self._windows.count(self._policies[name], whose)
            if not let_through:
                raise _exceeded(use)
            uses.append(use)
        return uses

    def look(self, name: PolicyName, whose: str) -> None:
        """Raise QuotaExceeded if a quota is used up, and count nothing."""
        use = self._windows.look(self._policies[name], whose)
        if use.remaining == 0:
            raise _exceeded(use)


class InStorage:
    """Quotas that several gateways count together; while the storage is away, all pass."""

    def __init__(self, policies: Sequence[Policy], storage: Storage) -> None:
        assert isinstance(storage, SlidingWindowCounterSupport)
        self._policies = {policy.name: (policy, policy.item) for policy in policies}
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._resting_until_s = float("-inf")

    async def count(self, *counts: Count) -> list[Use]:
        """Count one request; raises QuotaExceeded. Answers nothing while the storage is away."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until_s:
            RATE_LIMIT_TROUBLE.inc()
            return []
        try:
            async with asyncio.timeout(STORAGE_TIMEOUT_S):
                return [await self._count(*one) for one in counts]
        except (StorageError, OSError, TimeoutError) as error:
            self._resting_until_s = loop.time() + STORAGE_REST_S
            RATE_LIMIT_TROUBLE.inc()
            log("quotas").error("quotas.storage_away", error=type(error).__name__)
            return []

    async def _count(self, name: PolicyName, whose: str) -> Use:
        policy, item = self._policies[name]
        let_through = await self._limiter.hit(item, whose)
        previous, previous_left_s, current, current_left_s = await self._storage.get_sliding_window(
            item.key_for(whose), WINDOW_S
        )
        # The library tells how long the present window is kept: as long again as it lasts.
        left_s = max(0.0, current_left_s - WINDOW_S)
        use = Use(policy, previous, previous_left_s, current, left_s)
        if not let_through:
            raise _exceeded(use)
        return use


def _exceeded(use: Use) -> QuotaExceeded:
    RATE_LIMITED.labels(use.policy.name).inc()
    return QuotaExceeded(use)


def callers_quotas(settings: GatewaySettings, now_s: Callable[[], float]) -> Quotas:
    """Answer the quotas of people and companies: shared by all gateways, if there is a storage."""
    policies = [
        Policy("person", settings.rate_limit_person),
        Policy("tenant", settings.rate_limit_tenant),
    ]
    if settings.rate_limit_storage is None:
        return InMemory(policies, now_s)
    storage = storage_from_string(
        f"async+{settings.rate_limit_storage.get_secret_value()}",
        wrap_exceptions=True,
        implementation="redispy",
    )
    assert isinstance(storage, Storage)
    return InStorage(policies, storage)


def strangers_quotas(settings: GatewaySettings, now_s: Callable[[], float]) -> InMemory:
    """Answer the quotas of addresses: in memory, so that a flood of them reaches no storage.

    And in a memory of their own: who calls from ever new addresses makes no person forgotten.
    """
    policies = [
        Policy("address", settings.rate_limit_address),
        Policy("refused", settings.rate_limit_refused),
    ]
    return InMemory(policies, now_s)
