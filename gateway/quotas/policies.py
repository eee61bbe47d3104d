"""The quotas there are, and how they are told: draft-ietf-httpapi-ratelimit-headers (RateLimit)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from limits import RateLimitItemPerSecond

from chassis.errors import Refusal

WINDOW_S = 60
"""Of all quotas. How much fits in it stands in the settings, each with its reason."""

PolicyName = Literal["person", "tenant", "address", "refused"]


class QuotaExceeded(Refusal):
    """The quota of requests is used up; `policy` says which, and Retry-After when to come back."""

    kind = "too_many"
    title = "Quota is used up"
    retry_after_s = WINDOW_S

    def __init__(self, use: "Use") -> None:
        super().__init__(
            "There were too many requests. Please come back later.", policy=use.policy.name
        )
        self.retry_after_s = use.retry_after_s
        self.use = use


@dataclass(frozen=True)
class Policy:
    """So many requests of one person, company or address within a window of a minute."""

    name: PolicyName
    quota: int

    @property
    def item(self) -> RateLimitItemPerSecond:
        """Answer the policy in the words of the library."""
        return RateLimitItemPerSecond(self.quota, WINDOW_S, namespace=self.name)

    @cached_property
    def said(self) -> str:
        """Answer the policy as a structured field's item."""
        return f'"{self.name}";q={self.quota};w={WINDOW_S}'


@dataclass(frozen=True)
class Use:
    """How much of a quota is used: the count of the last whole window fades as this one grows."""

    policy: Policy
    previous: int
    previous_left_s: float
    current: int
    current_left_s: float

    @property
    def remaining(self) -> int:
        """Answer how many requests are left now."""
        return max(0, self.policy.quota - math.floor(self._weighted()))

    @property
    def resets_in_s(self) -> int:
        """Answer in how many seconds there is more: with the next window, while some is left."""
        if self.remaining > 0:
            return math.ceil(self.current_left_s)
        return self.retry_after_s

    @property
    def retry_after_s(self) -> int:
        """Answer in how many seconds one more request will be let through, at the earliest."""
        room = self.policy.quota - self.current
        if room > 0:
            left_s = self.previous_left_s - room * WINDOW_S / self.previous if self.previous else 0
        else:
            # All of this window must first become the last one, and begin to fade.
            left_s = self.current_left_s - WINDOW_S * room / self.current
        return max(1, math.floor(left_s) + 1)

    def _weighted(self) -> float:
        return self.previous * self.previous_left_s / WINDOW_S + self.current


def headers_of(uses: Sequence[Use]) -> list[tuple[bytes, bytes]]:
    """Tell which policies applied, and how much is left of the one that is nearest to its end."""
    nearest = min(uses, key=lambda use: use.remaining)
    policies = ", ".join(use.policy.said for use in uses)
    left = f'"{nearest.policy.name}";r={nearest.remaining};t={nearest.resets_in_s}'
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", left.encode())]
