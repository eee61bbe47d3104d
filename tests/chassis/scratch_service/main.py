"""The made-up service, wired: routes, handlers, and the service itself."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import MetaData
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.callers import Me, Now, Operator, Transaction, requires
from chassis.clock import SystemClock
from chassis.handling import Delivery, Handlers
from chassis.idempotency import IdempotencyKeyMissing, KeyNeeded
from chassis.people import Person
from chassis.problems import refuses
from chassis.routing import Router
from chassis.schemas import InShape
from chassis.service import Service
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.contract import CounterAdvanced

router = Router(prefix="/v1")
handlers = Handlers()


class Words(InShape):
    """What a note says."""

    words: str


class Number(BaseModel):
    """A number."""

    number: int


@router.post("/counters/{counter_id}/advance", status_code=201, response_model=Number, **refuses())
async def advance(counter_id: UUID, _me: Me, session: Transaction, clock: Now) -> Number:
    """Advance a counter."""
    return Number(number=await use_cases.advance(session, clock, counter_id))


@router.post(
    "/announcements", status_code=201, response_model=Number, **refuses(IdempotencyKeyMissing)
)
async def announce(body: Words, _me: Me, _key: KeyNeeded, session: Transaction) -> Number:
    """Write a note that cannot be taken back."""
    await use_cases.write_note(session, body.words)
    return Number(number=await use_cases.count_notes(session))


@router.post("/decrees", status_code=201, response_model=Number, **refuses())
async def decree(
    body: Words, _admin: Annotated[Person, requires("admin")], session: Transaction
) -> Number:
    """Write a note, as an admin."""
    await use_cases.write_note(session, body.words)
    return Number(number=await use_cases.count_notes(session))


@router.post("/notes", status_code=201, response_model=Number, **refuses())
async def write_note(body: Words, _me: Me, session: Transaction) -> Number:
    """Write a note, and answer how many there are."""
    await use_cases.write_note(session, body.words)
    return Number(number=await use_cases.count_notes(session))


@router.post("/locks/{lock}", response_model=Number, **refuses())
async def hold(lock: int, _me: Me, session: Transaction) -> Number:
    """Hold a transaction open until a lock is free."""
    await use_cases.wait_for(session, lock)
    return Number(number=lock)


@router.post("/open-locks/{lock}", response_model=Number, **refuses())
async def hold_for_the_operator(lock: int, _operator: Operator, session: Transaction) -> Number:
    """Hold a transaction open until a lock is free, for whoever runs the platform."""
    await use_cases.wait_for(session, lock)
    return Number(number=lock)


@router.get("/me", response_model=Number, **refuses())
async def read_me(_me: Me) -> Number:
    """Answer any person of a tenant."""
    return Number(number=1)


@router.get("/operator", response_model=Number, **refuses())
async def read_operator(_operator: Operator) -> Number:
    """Answer the operator."""
    return Number(number=1)


@router.get("/admin", response_model=Number, **refuses())
async def read_admin(_admin: Annotated[Person, requires("admin")]) -> Number:
    """Answer an admin."""
    return Number(number=1)


@handlers.on(CounterAdvanced)
async def keep_tally(delivery: Delivery[CounterAdvanced], session: AsyncSession) -> None:
    """Count what was heard, and say so."""
    advances = await use_cases.keep_tally(session, delivery.event)
    use_cases.announce_tally(session, SystemClock(), delivery.event.counter_id, advances)


handlers.include(people.handlers)

SERVICE = Service(
    name="scratch",
    title="Scratch",
    description="Counters that advance, and tallies of them.",
    migrations=Path(__file__).parent / "migrations",
    metadata=MetaData(),
    routers=[router],
    handlers=handlers,
)
