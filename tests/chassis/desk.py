"""A service whose handler can be made to fail, and an operator at its dead letters."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import settling
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.errors import Refusal
from chassis.handling import Delivery, Handlers
from chassis.ids import new_id
from chassis.messages import Record
from chassis.replaying import Order, Replayed, Replayer
from chassis.settings import ServiceSettings
from chassis.settling import Letter, Which
from tests.chassis.checker import as_owner
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.contract import CounterAdvanced
from tests.chassis.test_poison import record

ORDER = Order(by="ida", why="The fault is mended.")
EVERYTHING = Which(state=None)


class NotToday(Refusal):
    """The handler is not in the mood."""

    kind = "conflict"
    title = "Not today"


@dataclass
class Desk:
    """A service that can be made to fail, and the operator's view of its dead letters."""

    name: str
    settings: ServiceSettings
    database: Database
    handlers: Handlers = field(default_factory=Handlers)
    failing: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.handlers.on(CounterAdvanced)(self.advance)
        self.consumer = self.new_consumer()
        self.replayer = Replayer(self.name, self.handlers, self.database, SystemClock())

    def new_consumer(self) -> Consumer:
        """Answer the consumer of another process."""
        return Consumer(self.name, self.handlers, self.database, SystemClock())

    async def advance(self, delivery: Delivery[CounterAdvanced], session: AsyncSession) -> None:
        """Keep the tally, where it does not fail."""
        advances = await use_cases.keep_tally(session, delivery.event)
        use_cases.announce_tally(session, SystemClock(), delivery.event.counter_id, advances)
        if delivery.event.number in self.failing:
            raise NotToday(f"Not {delivery.event.number}, not today.")

    async def letters(self, which: Which = EVERYTHING) -> list[Letter]:
        """Answer the letters in their order."""
        async with self.database.transaction() as session:
            return await settling.find_in_order(session, self.name, which, limit=1000)

    async def park(self, *records: Record) -> list[Letter]:
        """Let the consumer park records."""
        await self.consumer.take_in(records)
        return await self.letters()

    async def replay_all(self, which: Which | None = None, order: Order = ORDER) -> list[Replayed]:
        """Replay letters, as one command does."""
        return [one async for one in self.replayer.replay_all(which or Which(), order)]

    async def numbers(self, tenant_id: UUID) -> list[int]:
        """Answer what came to effect."""
        return [
            row["number"]
            for row in await self.ask(
                "select number from seen where tenant_id = $1 order by place", tenant_id
            )
        ]

    async def ask(self, question: str, *values: Any) -> list[Any]:
        """Ask the tables, as one who sees all tenants."""
        owner = await as_owner(self.settings)
        try:
            return list(await owner.fetch(question, *values))
        finally:
            await owner.close()


def advances(tenant_id: UUID, *numbers: int, counter_id: UUID | None = None) -> list[Record]:
    """Answer records of a counter's advances, in the order of their offsets."""
    counter = counter_id or new_id()
    return [
        record(CounterAdvanced(counter_id=counter, number=number), tenant_id) for number in numbers
    ]
