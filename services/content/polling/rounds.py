"""Sources that are due: each claimed, asked outside of any transaction, and settled."""

import asyncio
import random
from collections.abc import Callable
from uuid import UUID

from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from chassis.database import is_trouble
from chassis.guarded_client import GuardedClient
from chassis.ids import new_id
from chassis.service import Context
from chassis.telemetry import log, span
from services.content.domain.sources import Failed, Outcome
from services.content.polling.fetching import ask
from services.content.store.due_sources import Due, Sweeper, sweeping
from services.content.use_cases import sources as use_cases

HOSTS_AT_ONCE = 6
"""Below the pool of connections, so that a poller never starves the consumer beside it."""

READING_AT_ONCE = 1
"""Reading is quick, but a hostile feed may take a core and as much memory as the worker itself."""

LOOK_S = 2.0
"""A source that a person wants asked now is asked within this time; and a host that another worker
holds is not looked at again before."""

ASKED = Counter(
    "fortaler_sources_asked_total",
    "Sources that were asked, by outcome: read, unchanged, gone, failed, or lease lost.",
    ("outcome",),
)

Draw = Callable[[], float]
"""What answers the jitter of a source, from 0 to 1."""


def any_jitter() -> float:
    """Answer any jitter; it keeps no secret."""
    return random.random()  # noqa: S311


class Poller:
    """One worker's polling: some hosts at once, none of them twice."""

    def __init__(
        self,
        context: Context,
        client: GuardedClient,
        sweeper: Sweeper,
        draw: Draw,
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._context = context
        self._client = client
        self._sweeper = sweeper
        self._draw = draw
        self._look_s = look_s
        self._reading = asyncio.Semaphore(READING_AT_ONCE)
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def start_due(self, tasks: asyncio.TaskGroup) -> bool:
        """Begin to ask what is due, as far as there is room; answers whether there is room left."""
        for host in [host for host, task in self._busy.items() if task.done()]:
            del self._busy[host]
        room = HOSTS_AT_ONCE - len(self._busy)
        if room == 0:
            return False
        now = self._context.clock.now()
        for due in await self._sweeper.due(at=now, besides=self._busy.keys(), limit=room):
            self._busy[due.host] = tasks.create_task(self._poll(due))
        return len(self._busy) < HOSTS_AT_ONCE

    async def one_is_done(self) -> None:
        """Wait until there is room again: a slow host holds its own place only."""
        await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)

    async def _poll(self, due: Due) -> None:
        # Trouble with the database is waited out: whatever is left open, a lease ends by itself.
        try:
            async with self._sweeper.holding(due.host) as held:
                if held:
                    await self._ask(due)
            if not held:
                # It keeps its place for so long: else it would be found due again at once.
                await asyncio.sleep(self._look_s)
        except Exception as error:
            if not is_trouble(error):
                raise
            log("sources").warning("source.trouble", error=type(error).__name__)

    async def _ask(self, due: Due) -> None:
        context, lease_id = self._context, new_id()
        async with context.database.transaction(due.tenant_id) as session:
            source = await use_cases.claim(session, context.clock, due.source_id, lease_id)
        if source is None:
            return
        try:
            with span("network.call", kind=SpanKind.CLIENT, source_id=str(due.source_id)):
                outcome = await ask(self._client, source, self._reading, at=context.clock.now())
            settled = await self._settle(due, lease_id, outcome)
        except Exception as error:
            if is_trouble(error):
                raise
            # What nobody has thought of is a problem of this feed, and of no other: its type says
            # enough, since its words could quote what was read.
            log("sources").error(
                "source.surprise", source_id=str(due.source_id), error=type(error).__name__
            )
            outcome = Failed("feed_unreadable")
            settled = await self._settle(due, lease_id, outcome)
        _tell(due, outcome, settled=settled)

    async def _settle(self, due: Due, lease_id: UUID, outcome: Outcome) -> bool:
        context = self._context
        async with context.database.transaction(due.tenant_id) as session:
            return await use_cases.settle(
                session, context.clock, due.source_id, lease_id, outcome, jitter=self._draw()
            )


async def poll_round(context: Context, client: GuardedClient, *, draw: Draw = any_jitter) -> None:
    """Ask once what is due, as far as one worker has room, and wait until all has been settled."""
    async with sweeping(context.database) as sweeper, asyncio.TaskGroup() as tasks:
        # Nobody looks again, so what another worker holds keeps no place.
        await Poller(context, client, sweeper, draw, look_s=0).start_due(tasks)


def _tell(due: Due, outcome: Outcome, *, settled: bool) -> None:
    # Never the address: its query may hold what lets one in.
    named = str(due.source_id)
    ASKED.labels(type(outcome).__name__.lower() if settled else "lease_lost").inc()
    if not settled:
        log("sources").info("source.lease_lost", source_id=named)
    elif isinstance(outcome, Failed):
        log("sources").info("source.failed", source_id=named, problem=outcome.problem)
