"""The loops of the worker: short polls, several shares at once, and patience with the database."""

import asyncio
from uuid import UUID

from chassis.looping import patiently
from chassis.service import Context
from services.sharing.publishing.rounds import SHARES_AT_ONCE, advance, revoke_round
from services.sharing.store.due import Sweeper, sweeping

POLL_S = 0.2
"""A share that is due now leaves within this time; four cheap questions a second at rest."""

REVOKE_POLL_S = 1.0


async def publish_due(context: Context) -> None:
    """Publish what is due, until cancelled."""

    async def while_connected() -> None:
        async with sweeping(context.database) as sweeper, asyncio.TaskGroup() as tasks:
            busy: dict[UUID, asyncio.Task[None]] = {}
            while True:
                await _start_due(context, sweeper, tasks, busy)
                if len(busy) < SHARES_AT_ONCE:
                    await asyncio.sleep(POLL_S)
                else:
                    # A slow network holds its own places only; the first free one goes on.
                    await asyncio.wait(busy.values(), return_when=asyncio.FIRST_COMPLETED)

    await patiently(while_connected, "sharing")


async def revoke_due(context: Context) -> None:
    """Let networks forget tokens, until cancelled."""

    async def for_ever() -> None:
        while True:
            await revoke_round(context)
            await asyncio.sleep(REVOKE_POLL_S)

    await patiently(for_ever, "sharing")


async def _start_due(
    context: Context,
    sweeper: Sweeper,
    tasks: asyncio.TaskGroup,
    busy: dict[UUID, asyncio.Task[None]],
) -> None:
    for share_id in [one for one, task in busy.items() if task.done()]:
        del busy[share_id]
    # Those that are being claimed at this moment may still look due.
    limit = SHARES_AT_ONCE + len(busy)
    for due in await sweeper.shares(at=context.clock.now(), limit=limit):
        if due.id not in busy and len(busy) < SHARES_AT_ONCE:
            busy[due.id] = tasks.create_task(advance(context, due))
