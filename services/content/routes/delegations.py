"""Delegations: who decides in whose name while they are away."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import delegations, policies, texts
from services.content.domain.delegations import Delegation
from services.content.schemas.approval import DelegationIn, DelegationView
from services.content.store import delegations as store
from services.content.use_cases import delegations as use_cases

router = Router(prefix="/v1/delegations")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=DelegationView,
    **refuses(
        delegations.DelegationToOneself,
        delegations.DelegateUnknown,
        delegations.DelegationTooLong,
        delegations.DelegationsTooMany,
        policies.PolicyNotFound,
        texts.DatesOutOfOrder,
    ),
)
async def delegate(body: DelegationIn, me: Me, session: Transaction, clock: Now) -> Delegation:
    """Let somebody decide in your name for a time. What others delegated to you stays yours.

    A delegate decides as "they for you", once for each stage, never on what either of you made,
    and never for you as a principal.
    """
    return await use_cases.delegate(session, clock, me, **body.model_dump())


@router.get("", response_model=Page[DelegationView], **refuses(CursorUnreadable))
async def list_delegations(
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    running: Annotated[bool, Query(description="Only those that hold now.")] = False,
) -> Page[Delegation]:
    """List delegations from you and to you, newest first."""
    at = clock.now() if running else None
    found = await store.delegations_of(session, me.person_id, page, running_at=at)
    return page_of(found, page.limit, lambda one: [one.delegation_id])


@router.post(
    "/{delegation_id}/end",
    response_model=DelegationView,
    **refuses(delegations.DelegationNotFound),
)
async def end_delegation(
    delegation_id: UUID, me: Me, session: Transaction, clock: Now
) -> Delegation:
    """End a delegation from you or to you at once. Ending twice is the same as once.

    Nobody asks you before you are made a delegate: so you can end it, whoever made it.
    """
    return await use_cases.end_delegation(session, clock, me, delegation_id)
