"""The loop of the worker that polls sources: patient with the database, and with hosts."""

import asyncio

from chassis.guarded_client import GuardedClient
from chassis.looping import patiently
from chassis.service import Context
from services.content.polling.rounds import LOOK_S, Poller, any_jitter
from services.content.store.due_sources import sweeping


async def poll_sources(context: Context) -> None:
    """Ask what is due, until cancelled."""
    user_agent = f"Fortaler/1 (+{context.settings.public_url})"

    async def while_connected() -> None:
        async with (
            GuardedClient(user_agent=user_agent) as client,
            sweeping(context.database) as sweeper,
            asyncio.TaskGroup() as tasks,
        ):
            poller = Poller(context, client, sweeper, any_jitter)
            while True:
                if await poller.start_due(tasks):
                    await asyncio.sleep(LOOK_S)
                else:
                    await poller.one_is_done()

    await patiently(while_connected, "sources")
