"""The made-up service, wired."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import BigInteger, MetaData, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel.ext.asyncio.session import AsyncSession

from bench.made_up.contract import CounterAdvanced
from chassis import outbox
from chassis.clock import Clock
from chassis.handling import Delivery, Handlers
from chassis.service import Service
from chassis.tenancy import tenant_of

handlers = Handlers()

# Rows are locked in the order of their keys, so that two workers never wait for each other.
_COUNT = text(
    """
    insert into counters as known (tenant_id, counter_id, advances)
    select :tenant_id, news.* from unnest(:counter_ids, :advances) as news (counter_id, advances)
    order by counter_id
    on conflict (tenant_id, counter_id) do update
        set advances = known.advances + excluded.advances
    """
).bindparams(
    bindparam("counter_ids", type_=ARRAY(Uuid)), bindparam("advances", type_=ARRAY(BigInteger))
)


@handlers.on_batch(CounterAdvanced)
async def count(deliveries: Sequence[Delivery[CounterAdvanced]], session: AsyncSession) -> None:
    """Count what was heard."""
    await count_up(session, Counter(one.event.counter_id for one in deliveries))


async def count_up(session: AsyncSession, tally: Counter[UUID]) -> None:
    """Add a tally up."""
    await (await session.connection()).execute(
        _COUNT,
        {
            "tenant_id": tenant_of(session),
            "counter_ids": list(tally),
            "advances": list(tally.values()),
        },
    )


async def advance(session: AsyncSession, clock: Clock, counter_id: UUID, number: int) -> None:
    """Advance a counter under its lock, and announce it: the smallest use case there is."""
    await count_up(session, Counter([counter_id]))
    event = CounterAdvanced(counter_id=counter_id, number=number)
    outbox.add(session, event, at=clock.now())


SERVICE = Service(
    name="bench",
    title="Bench",
    description="Counters that advance.",
    migrations=Path(__file__).parent / "migrations",
    metadata=MetaData(),
    routers=[],
    handlers=handlers,
)
