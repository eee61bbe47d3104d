"""Ending when told to, also as the first process of a container."""

import signal
import sys


def end_when_told() -> None:
    """End by SIGTERM, with the exit code of whoever was ended by it.

    The kernel passes a signal on to a container's first process only if that handles it. Servers,
    and the platform of `up`, put a handler of their own in this one's place, to end in order.
    """
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)
