"""Loops of a worker that go on for ever, and wait out a database in trouble."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chassis.database import is_trouble
from chassis.telemetry import log

TROUBLE_DELAY_S = 1.0


async def patiently(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Do something again and again, until cancelled; what no waiting can mend is raised."""
    while True:
        try:
            await work()
        except Exception as error:
            if not _only_trouble(error):
                raise
            log(name).warning("loop.trouble", error=type(error).__name__)
        await asyncio.sleep(TROUBLE_DELAY_S)


def _only_trouble(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_only_trouble(one) for one in error.exceptions)
    return is_trouble(error)
