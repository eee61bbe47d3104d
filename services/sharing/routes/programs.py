"""Programs: opened by a program manager, joined and left by whoever wants to."""

from typing import Annotated
from uuid import UUID

from fastapi import status

from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.problems import refuses
from chassis.routing import Router
from services.sharing import schemas
from services.sharing.domain.programs import (
    Enrolment,
    NotJoined,
    Program,
    ProgramIsClosed,
    ProgramNotFound,
)
from services.sharing.store import advocates as store
from services.sharing.use_cases import programs as use_cases

router = Router(prefix="/v1/programs")

Manager = Annotated[Person, requires("program_manager")]


@router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=schemas.ProgramView, **refuses()
)
async def open_program(
    body: schemas.ProgramIn, _manager: Manager, session: Transaction, clock: Now
) -> Program:
    """Open a program."""
    return await use_cases.open_program(session, clock, body.name)


@router.get("", response_model=Page[schemas.ProgramView], **refuses(CursorUnreadable))
async def list_programs(page: Paging, _me: Me, session: Transaction) -> Page[Program]:
    """List the programs, newest first. Who takes part in them is not shown to anybody."""
    found = await store.programs_of_the_tenant(session, page)
    return page_of(found, page.limit, lambda program: [program.program_id])


@router.get("/mine", response_model=Page[schemas.EnrolmentView], **refuses())
async def list_my_programs(me: Me, session: Transaction) -> Page[schemas.EnrolmentView]:
    """List the programs that you take or took part in."""
    mine = await use_cases.my_programs(session, me.person_id)
    return Page(items=[_enrolment(*one) for one in mine], next_cursor=None)


@router.post("/{program_id}/close", response_model=schemas.ProgramView, **refuses(ProgramNotFound))
async def close_program(
    program_id: UUID, _manager: Manager, session: Transaction, clock: Now
) -> Program:
    """Close a program for newcomers; whoever joined stays in it."""
    return await use_cases.close_program(session, clock, program_id)


@router.post(
    "/{program_id}/join",
    response_model=schemas.EnrolmentView,
    **refuses(ProgramNotFound, ProgramIsClosed),
)
async def join_program(
    program_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.EnrolmentView:
    """Take part, because you want to. Consents are asked for one by one, later."""
    return _enrolment(*await use_cases.join(session, clock, program_id, me.person_id))


@router.post(
    "/{program_id}/leave",
    response_model=schemas.EnrolmentView,
    **refuses(ProgramNotFound, NotJoined),
)
async def leave_program(
    program_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.EnrolmentView:
    """Stop taking part. With your last program all consents and accounts of yours end too."""
    return _enrolment(*await use_cases.leave(session, clock, program_id, me.person_id))


def _enrolment(program: Program, enrolment: Enrolment) -> schemas.EnrolmentView:
    return schemas.EnrolmentView(
        program_id=program.program_id,
        name=program.name,
        joined_at=enrolment.joined_at,
        left_at=enrolment.left_at,
    )
