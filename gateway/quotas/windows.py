"""Where one gateway counts by itself: two numbers a key, and not more keys than it can hold.

It counts as the library's strategy does in a shared storage. The library's own memory looks through
all its keys while it serves a request (read in 5.8), which a gateway with many callers cannot pay.
"""

from collections import OrderedDict
from collections.abc import Callable

from gateway.quotas.policies import WINDOW_S, Policy, Use

KEYS_MAX = 100_000
"""About twenty megabytes. Whoever was silent longest is forgotten, and begins with a full quota."""


class Windows:
    """Counts in windows that begin at whole multiples of their length."""

    def __init__(self, now_s: Callable[[], float], *, keys_max: int = KEYS_MAX) -> None:
        self._now_s = now_s
        self._keys_max = keys_max
        self._counts: OrderedDict[tuple[str, str], tuple[int, int, int]] = OrderedDict()
        """By policy and key: which window, the count in it, and the count in the one before."""

    def count(self, policy: Policy, whose: str) -> tuple[bool, Use]:
        """Count one more, unless that would be too many; answers whether it did, and the use."""
        key = policy.name, whose
        window, left_s, current, previous = self._found(key)
        use = Use(policy, previous, left_s, current, left_s)
        if use.remaining == 0:
            return False, use
        self._counts[key] = window, current + 1, previous
        self._counts.move_to_end(key)
        if len(self._counts) > self._keys_max:
            self._counts.popitem(last=False)
        return True, Use(policy, previous, left_s, current + 1, left_s)

    def look(self, policy: Policy, whose: str) -> Use:
        """Answer the use of a quota, and count nothing."""
        _, left_s, current, previous = self._found((policy.name, whose))
        return Use(policy, previous, left_s, current, left_s)

    def _found(self, key: tuple[str, str]) -> tuple[int, float, int, int]:
        now_s = self._now_s()
        window = int(now_s / WINDOW_S)
        known, current, previous = self._counts.get(key, (window, 0, 0))
        if known == window - 1:
            previous, current = current, 0
        elif known != window:
            previous, current = 0, 0
        return window, (window + 1) * WINDOW_S - now_s, current, previous
