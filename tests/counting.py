"""Counts the work that something takes: it is the same on every machine, as its time is not."""

import gc
import sys
from collections.abc import Callable
from types import FrameType
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
