"""How often one account may post: a fixed window, as Mastodon counts (300 in 5 minutes)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

POSTS_PER_WINDOW_MAX = 300
WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to an account after the request just counted; below zero it was one too many."""

    remaining: int
    reset_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """`X-RateLimit-*` as Mastodon writes them: the reset is a timestamp."""
        return {
            "X-RateLimit-Limit": str(POSTS_PER_WINDOW_MAX),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": self.reset_at.isoformat(),
        }

    def wait_s(self, now: datetime) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, ceil((self.reset_at - now).total_seconds()))


@dataclass(slots=True)
class PostRate:
    """Counts posts per account, and forgets all counts when the window ends."""

    _reset_at: datetime | None = None
    _counts: Counter[str] = field(default_factory=Counter)

    def count(self, account_id: str, now: datetime) -> Allowance:
        """Count one attempt to post."""
        if self._reset_at is None or now >= self._reset_at:
            self._reset_at = now + WINDOW
            self._counts.clear()
        self._counts[account_id] += 1
        return Allowance(POSTS_PER_WINDOW_MAX - self._counts[account_id], self._reset_at)
