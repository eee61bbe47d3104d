"""Opening and closing programs; joining and leaving them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from contracts.sharing import AdvocateJoined, AdvocateLeft, ProgramClosed, ProgramOpened
from services.sharing.domain import programs
from services.sharing.domain.programs import Enrolment, Program
from services.sharing.store import advocates as store
from services.sharing.use_cases import letting_go


async def open_program(session: AsyncSession, clock: Clock, name: str) -> Program:
    """Open a program."""
    program = Program(program_id=new_id(), name=name, state="open", opened_at=clock.now())
    await store.save_program(session, program)
    opened = ProgramOpened(program_id=program.program_id, name=name)
    outbox.add(session, opened, at=program.opened_at)
    return program


async def close_program(session: AsyncSession, clock: Clock, program_id: UUID) -> Program:
    """Close a program for newcomers."""
    now = clock.now()
    program = await store.lock_program(session, program_id)
    closed = programs.close(program, at=now)
    if closed != program:
        await store.save_program(session, closed)
        outbox.add(session, ProgramClosed(program_id=program_id, name=program.name), at=now)
    return closed


async def my_programs(
    session: AsyncSession, person_id: UUID
) -> Sequence[tuple[Program, Enrolment]]:
    """Answer the programs that a person takes or took part in. Nobody else is ever told."""
    mine = await store.enrolments_of(session, person_id)
    known = await store.programs_by_id(session, [one.program_id for one in mine])
    return [(known[one.program_id], one) for one in mine]


async def join(
    session: AsyncSession, clock: Clock, program_id: UUID, person_id: UUID
) -> tuple[Program, Enrolment]:
    """Take part in a program, by one's own choice."""
    now = clock.now()
    await store.lock_person(session, person_id)
    program = await store.lock_program(session, program_id)
    earlier = await store.find_enrolment(session, program_id, person_id)
    enrolment = programs.join(program, person_id, earlier, at=now)
    if enrolment != earlier:
        await store.save_enrolment(session, enrolment)
        await store.save_advocate(session, person_id, active=True)
        joined = AdvocateJoined(person_id=person_id, program_id=program_id)
        outbox.add(session, joined, at=enrolment.joined_at)
    return program, enrolment


async def leave(
    session: AsyncSession, clock: Clock, program_id: UUID, person_id: UUID
) -> tuple[Program, Enrolment]:
    """Stop taking part; whoever leaves the last program lets go of everything (V2, G2)."""
    now = clock.now()
    await store.lock_person(session, person_id)
    program = await store.lock_program(session, program_id)
    earlier = await store.find_enrolment(session, program_id, person_id)
    left = programs.leave(earlier, at=now)
    if left == earlier:
        return program, left
    await store.save_enrolment(session, left)
    others = await store.enrolments_of(session, person_id)
    if not any(one.current for one in others if one.program_id != program_id):
        await letting_go.of_everything(session, person_id, reason="left", at=now)
        await store.save_advocate(session, person_id, active=False)
    gone = AdvocateLeft(person_id=person_id, program_id=program_id)
    outbox.add(session, gone, at=left.left_at or now)
    return program, left


async def end_for(session: AsyncSession, person_id: UUID, *, at: datetime) -> None:
    """End whatever a person who left the company takes part in (G12)."""
    await store.lock_person(session, person_id)
    await letting_go.of_everything(session, person_id, reason="deactivated", at=at)
    for enrolment in await store.enrolments_of(session, person_id):
        if enrolment.current:
            ended = programs.leave(enrolment, at=at)
            await store.save_enrolment(session, ended)
            left = AdvocateLeft(person_id=person_id, program_id=enrolment.program_id)
            outbox.add(session, left, at=ended.left_at or at)
    await store.save_advocate(session, person_id, active=False)
