"""Waiting that ends: by what is waited for, by the time limit, or by being cancelled."""

import asyncio
from contextlib import suppress


async def wait_up_to(timeout_s: float, event: asyncio.Event) -> None:
    """Wait until something has happened, but not longer than `timeout_s`.

    Not by asyncio.wait_for: before Python 3.12 it swallows a cancellation that comes at the moment
    of the event, and whoever was told to end goes on for ever.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()


def end_if_told() -> None:
    """Raise the cancellation that this task was given, if something has swallowed it.

    aiokafka does when it closes: it suppresses the cancellation of its own tasks, and takes ours
    for theirs. Whoever tries again and again after Kafka's trouble asks this in between.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
