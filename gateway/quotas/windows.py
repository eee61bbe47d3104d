"""Where one gateway counts by itself: two numbers a key, and not more keys than it can hold.

The library's own memory looks through all its keys while it serves a request (read in 5.8), which a
gateway with many callers cannot pay; what a strategy asks of a storage is little.
"""

from collections import OrderedDict
from collections.abc import Callable

from limits.aio.storage import SlidingWindowCounterSupport, Storage

KEYS_MAX = 100_000
"""About twenty megabytes. Whoever was silent longest is forgotten, and begins with a full quota."""


class WindowsInMemory(Storage, SlidingWindowCounterSupport):
    """Counts in windows that begin at whole multiples of their length."""

    STORAGE_SCHEME = None

    def __init__(self, now_s: Callable[[], float], *, keys_max: int = KEYS_MAX) -> None:
        super().__init__()
        self._now_s = now_s
        self._keys_max = keys_max
        self._counts: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        """By key: which window, the count in it, and the count in the one before."""

    @property
    def base_exceptions(self) -> type[Exception]:
        """Answer what may go wrong: nothing does."""
        return ValueError

    async def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count some more, unless that would be too many."""
        previous, previous_left_s, current, _ = await self.get_sliding_window(key, expiry)
        if int(previous * previous_left_s / expiry + current) + amount > limit:
            return False
        self._counts[key] = int(self._now_s() / expiry), current + amount, previous
        self._counts.move_to_end(key)
        if len(self._counts) > self._keys_max:
            self._counts.popitem(last=False)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Answer the last window's count and how long it still weighs, this one's and how long."""
        now_s = self._now_s()
        window = int(now_s / expiry)
        left_s = (window + 1) * expiry - now_s
        known, current, previous = self._counts.get(key, (window, 0, 0))
        if known == window - 1:
            previous, current = current, 0
        elif known != window:
            previous, current = 0, 0
        return previous, left_s if previous else 0.0, current, left_s + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key."""
        self._counts.pop(key, None)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Of other strategies; nothing here uses them."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Of other strategies; nothing here uses them."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Of other strategies; nothing here uses them."""
        raise NotImplementedError

    async def check(self) -> bool:
        """Answer that memory is there."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        count = len(self._counts)
        self._counts.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget a key."""
        self._counts.pop(key, None)
