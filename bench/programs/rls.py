"""Row-level security on against off: the same notes, read and written through the ORM."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import uvloop
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bench.comparing import Bar, Contest, Line, Rounds, Sample, take_turns
from bench.house import CONNECTIONS, House, house
from bench.made_up.main import SERVICE
from bench.made_up.tables import Note, OpenNote
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.service import Context, open_context, opened

TENANTS = 20
NOTES_PER_TENANT = 200
PAGE = 20
WORDS = "Freja climbed 90 metres to save a falcon, and the blade waited for both of them."
PER_S = "transactions per second"
HOW = f"{CONNECTIONS} connections, SQLModel, {TENANTS} tenants"

READS = Contest(
    "rls.reads",
    f"read a page of {PAGE}: the transaction says whose it is, policies hold it to that",
    "the same statement on the same table without policies",
    PER_S,
    Bar(">=", 0.80),
    HOW,
)
WRITES = Contest(
    "rls.writes",
    "insert a row: the transaction says whose it is, policies check it",
    "the same statement on the same table without policies",
    PER_S,
    Bar(">=", 0.90),
    HOW,
)

Work = Callable[[AsyncSession, UUID], Awaitable[None]]


def measure(effort: Effort) -> Iterator[Line]:
    """Compare transactions per second, first of reads, then of writes."""
    with house(SERVICE, kafka=False) as at:
        reads, writes = uvloop.run(_measured(at, effort))
    yield READS.told(reads.of(0, PER_S), reads.of(1, PER_S))
    yield WRITES.told(writes.of(0, PER_S), writes.of(1, PER_S))


async def _measured(at: House, effort: Effort) -> tuple[Rounds, Rounds]:
    context = open_context(SERVICE, at.settings, SystemClock())
    async with opened(SERVICE, context):
        tenants = [new_id() for _ in range(TENANTS)]
        for tenant_id in tenants:
            await _write_notes(context, tenant_id)

        def side(work: Work, *, walled: bool) -> Callable[[], Awaitable[Sample]]:
            return lambda: _as_often_as_possible(context, tenants, work, effort.seconds, walled)

        reads = await take_turns(
            effort.rounds,
            side(_reading(Note), walled=True),
            side(_reading(OpenNote), walled=False),
        )
        writes = await take_turns(
            effort.rounds,
            side(_writing(Note), walled=True),
            side(_writing(OpenNote), walled=False),
        )
        return reads, writes


async def _write_notes(context: Context, tenant_id: UUID) -> None:
    async with context.database.transaction(tenant_id) as session:
        for table in (Note, OpenNote):
            session.add_all([_note(table, tenant_id) for _ in range(NOTES_PER_TENANT)])


async def _as_often_as_possible(
    context: Context, tenants: list[UUID], work: Work, seconds: float, walled: bool
) -> Sample:
    began = time.perf_counter()
    until = began + seconds
    done = 0

    async def go_on() -> None:
        nonlocal done
        while time.perf_counter() < until:
            tenant_id = random.choice(tenants)  # noqa: S311 - whose turn it is
            # Without walls nobody has to be told whose a transaction is.
            async with context.database.transaction(tenant_id if walled else None) as session:
                await work(session, tenant_id)
            done += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(go_on())
    return {PER_S: done / (time.perf_counter() - began)}


def _reading(table: type[Note] | type[OpenNote]) -> Work:
    async def read(session: AsyncSession, tenant_id: UUID) -> None:
        question = (
            select(table)
            .where(col(table.tenant_id) == tenant_id)
            .order_by(col(table.note_id).desc())
            .limit(PAGE)
        )
        found = (await session.exec(question)).all()
        if len(found) != PAGE:
            raise RuntimeError(f"Only {len(found)} of {PAGE} notes were seen.")

    return read


def _writing(table: type[Note] | type[OpenNote]) -> Work:
    async def write(session: AsyncSession, tenant_id: UUID) -> None:
        session.add(_note(table, tenant_id))

    return write


def _note(table: type[Note] | type[OpenNote], tenant_id: UUID) -> Note | OpenNote:
    return table(tenant_id=tenant_id, note_id=new_id(), title="A falcon", words=WORDS)
