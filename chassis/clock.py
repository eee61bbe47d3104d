"""The one place that reads the time; everybody else is told it."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Whoever can say what time it is."""

    def now(self) -> datetime:
        """Answer the instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Answer the instant, in UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Answer the instant that the clock was set to."""
        return self._now

    def advance(self, span: timedelta) -> None:
        """Move the clock forward."""
        self._now += span
