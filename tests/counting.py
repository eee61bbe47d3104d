"""Counts the work that something takes: it is the same on every machine, as its time is not.

So is what of it the event loop does by itself, while all others wait.
"""

import gc
import sys
from collections.abc import Awaitable, Callable
from types import CodeType, FrameType
from typing import TypeVar

T = TypeVar("T")


def counted(work: Callable[[], T]) -> tuple[T, int]:
    """Do some work, and count the calls of functions of Python that it takes."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    # What is tidied up after others, at a moment of chance, is no part of the work.
    collecting = gc.isenabled()
    gc.disable()
    sys.setprofile(count)
    try:
        done = work()
    finally:
        sys.setprofile(None)
        if collecting:
            gc.enable()
    return done, calls


async def called_on_the_loop(work: Awaitable[T]) -> tuple[T, set[CodeType]]:
    """Wait for some work, and answer what the loop's own thread called meanwhile."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    # It is told of this thread, and of no other.
    sys.setprofile(note)
    try:
        done = await work
    finally:
        sys.setprofile(None)
    return done, called
