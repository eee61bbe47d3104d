"""Waiting for what other processes do: asked again and again, up to a time limit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.02
PATIENCE_S = 60.0
"""Far longer than it takes: only what never happens should fail, not what a busy machine delays."""


async def until(ask: Callable[[], Awaitable[object]], *, within_s: float = PATIENCE_S) -> None:
    """Wait until the answer is yes; fails when it is not in time."""
    async with asyncio.timeout(within_s):
        # Nothing to wait on: the other side is a process or a server that tells nobody.
        while not await ask():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


async def within(seconds: float, doing: Awaitable[T]) -> T:
    """Answer what somebody does, if it is done in time."""
    async with asyncio.timeout(seconds):
        return await doing
