"""What the made-up service does: load, decide, save, announce."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.tenancy import tenant_of
from tests.chassis.scratch_service.contract import CounterAdvanced, TallyKept


class NumberRefused(Refusal):
    """A counter never has a number below nought."""

    kind = "invalid"
    title = "Number is refused"


async def advance(session: AsyncSession, clock: Clock, counter_id: UUID, words: str = "") -> int:
    """Advance a counter under its lock, and announce it."""
    found = await _ask(
        session,
        "insert into counters values (:tenant, :counter, 1) on conflict (tenant_id, counter_id)"
        " do update set number = counters.number + 1 returning number",
        counter=counter_id,
    )
    number = int(found.scalar_one())
    event = CounterAdvanced(counter_id=counter_id, number=number, words=words)
    outbox.add(session, event, at=clock.now())
    return number


async def keep_tally(session: AsyncSession, event: CounterAdvanced) -> int:
    """Count an advance, and remember when it was seen; refuses a number below nought."""
    if event.number < 0:
        raise NumberRefused(f"{event.number} is below nought.")
    await _ask(
        session,
        "insert into seen (tenant_id, counter_id, number) values (:tenant, :counter, :number)",
        counter=event.counter_id,
        number=event.number,
    )
    found = await _ask(
        session,
        "insert into tallies values (:tenant, :counter, 1) on conflict (tenant_id, counter_id)"
        " do update set advances = tallies.advances + 1 returning advances",
        counter=event.counter_id,
    )
    return int(found.scalar_one())


def announce_tally(session: AsyncSession, clock: Clock, counter_id: UUID, advances: int) -> None:
    """Announce how many advances there are; the tally's lock is held."""
    outbox.add(session, TallyKept(counter_id=counter_id, advances=advances), at=clock.now())


async def write_note(session: AsyncSession, words: str) -> UUID:
    """Write a note; whether another one has the same words is only found at the commit."""
    note_id = new_id()
    await _ask(
        session, "insert into notes values (:tenant, :note, :words)", note=note_id, words=words
    )
    return note_id


async def count_notes(session: AsyncSession) -> int:
    """Count the notes that this transaction can see."""
    return int((await _run(session, "select count(*) from notes")).scalar_one())


async def wait_for(session: AsyncSession, lock: int) -> None:
    """Hold the transaction until somebody lets go of a lock."""
    await _run(session, "select pg_advisory_xact_lock(:lock)", lock=lock)


async def _ask(session: AsyncSession, statement: str, **values: Any) -> Any:
    return await _run(session, statement, tenant=tenant_of(session), **values)


async def _run(session: AsyncSession, statement: str, **values: Any) -> Any:
    return await (await session.connection()).execute(text(statement), values)
