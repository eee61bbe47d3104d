"""Pauses: everything stopped by one call, and let go on."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import pauses, texts
from services.content.domain.pauses import Pause, PauseState
from services.content.schemas.pauses import PauseIn, PauseView, ProlongationIn
from services.content.use_cases import pauses as use_cases

StateFilter = Annotated[
    PauseState | None, Query(description="Only pauses that are in this state now.")
]

router = Router(prefix="/v1/pauses")

Stopper = Annotated[Person, requires(*sorted(pauses.MAY_PAUSE))]

Lifter = Annotated[Person, requires(*sorted(pauses.MAY_LIFT))]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=PauseView,
    **refuses(texts.DatesOutOfOrder, pauses.AlreadyPaused),
)
async def pause_everything(body: PauseIn, me: Stopper, session: Transaction, clock: Now) -> Pause:
    """Stop everything: from the answer on no story is published, and within five seconds no share.

    Shares can still be made; they wait. Those that have waited for more than four hours when the
    pause ends are cancelled (`paused_too_long`), the others go out. There is one pause at a time:
    while one holds, another is refused with the `pause_id` of the one that holds.
    """
    return await use_cases.pause_everything(session, clock, me, body.reason, body.until)


@router.get("", response_model=Page[PauseView], **refuses(CursorUnreadable))
async def list_pauses(
    page: Paging, _me: Stopper, session: Transaction, clock: Now, state: StateFilter = None
) -> Page[Pause]:
    """List the pauses, newest first: the first is the one that holds, if one does."""
    found = await use_cases.read_pauses(session, clock, page, state=state)
    return page_of(found, page.limit, lambda pause: [pause.pause_id])


@router.post(
    "/{pause_id}/prolong",
    response_model=PauseView,
    **refuses(
        texts.DatesOutOfOrder, pauses.PauseNotFound, pauses.PauseEnded, pauses.PauseNotLonger
    ),
)
async def prolong_pause(
    pause_id: UUID, body: ProlongationIn, _me: Stopper, session: Transaction, clock: Now
) -> Pause:
    """Make a pause last longer, or until somebody lifts it, without a moment in between."""
    return await use_cases.prolong_pause(session, clock, pause_id, body.until)


@router.post(
    "/{pause_id}/lift",
    response_model=PauseView,
    **refuses(pauses.PauseNotFound),
)
async def lift_pause(pause_id: UUID, me: Lifter, session: Transaction, clock: Now) -> Pause:
    """Let everything go on. Lifting twice, or what has ended by itself, changes nothing."""
    return await use_cases.lift_pause(session, clock, me, pause_id)
