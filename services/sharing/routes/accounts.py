"""Accounts: profiles on networks, connected and disconnected by their owners."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.sharing import schemas
from services.sharing.domain.accounts import (
    Account,
    AccountNotFound,
    AccountTaken,
    ConnectionDenied,
    ConnectionExpired,
    NetworkUnavailable,
    NetworkUnknown,
)
from services.sharing.domain.consents import ConsentMissing
from services.sharing.domain.programs import NotAnAdvocate
from services.sharing.routes.outside import Outside, Process
from services.sharing.store import accounts as store
from services.sharing.use_cases import accounts as use_cases

router = Router(prefix="/v1/accounts")


def _answered(description: str) -> Any:
    return Query(max_length=2000, pattern=r"^[^\x00]*$", description=description)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.AttemptView,
    **refuses(NetworkUnknown, NotAnAdvocate, ConsentMissing),
)
async def begin_connecting(
    body: schemas.AccountIn, me: Me, session: Transaction, clock: Now, outside: Outside
) -> use_cases.Attempt:
    """Begin to connect a profile: go to the address within ten minutes and grant access there."""
    return await use_cases.start(session, clock, outside, me.person_id, body.network)


@router.get("", response_model=Page[schemas.AccountView], **refuses(CursorUnreadable))
async def list_my_accounts(page: Paging, me: Me, session: Transaction) -> Page[Account]:
    """List your profiles, connected or not, newest first."""
    found = await store.accounts_of(session, me.person_id, page)
    return page_of(found, page.limit, lambda account: [account.account_id])


@router.get(
    "/callback",
    response_model=schemas.AccountView,
    **refuses(
        ConnectionExpired,
        ConnectionDenied,
        NetworkUnavailable,
        AccountTaken,
        NotAnAdvocate,
        ConsentMissing,
    ),
)
async def finish_connecting(
    process: Process,
    state: Annotated[str, _answered("What the network was given at the beginning.")],
    code: Annotated[str | None, _answered("Given where access was granted.")] = None,
    error: Annotated[str | None, _answered("Given where it was not: why.")] = None,
) -> Account:
    """Take in what a network sends you back with, once. It needs no token: `state` is yours."""
    return await use_cases.finish(process, state, code=code, error=error)


@router.delete("/{account_id}", response_model=schemas.AccountView, **refuses(AccountNotFound))
async def disconnect_account(account_id: UUID, me: Me, session: Transaction, clock: Now) -> Account:
    """Disconnect a profile. Its access is ended at the network; what waits on it is cancelled."""
    return await use_cases.disconnect(session, clock, me.person_id, account_id)
