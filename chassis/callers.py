"""What routes ask for: the caller, the role they need, and the request's one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import idempotency
from chassis.auth import Identity
from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.people import Person, find_by_subject

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="access_token",
    bearerFormat="JWT",
    description="An access token of your company's identity provider.",
)


class PersonUnknown(Refusal):
    """The token is valid, but names nobody who is active in the tenant's directory."""

    kind = "forbidden"
    title = "Not in the directory"


class RoleMissing(Refusal):
    """The caller has none of the roles that this needs."""

    kind = "forbidden"
    title = "Not allowed with your roles"


class OperatorOnly(Refusal):
    """Only whoever runs the platform may do this."""

    kind = "forbidden"
    title = "For the operator only"


async def identify(
    request: Request,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
) -> Identity:
    """Answer whom the request's token speaks for."""
    identity: Identity = await request.app.state.verifier.verify(
        request.headers.get("authorization")
    )
    return identity


Caller = Annotated[Identity, Depends(identify)]


async def open_transaction(request: Request, identity: Caller) -> AsyncIterator[AsyncSession]:
    """Open the request's one transaction, in the caller's tenant; it commits before the answer."""
    async with request.app.state.database.transaction(identity.tenant_id) as session:
        idempotency.join(request, session, identity)
        yield session


# "function": the commit comes before the answer, so that nobody is told 201 for what was lost.
Transaction = Annotated[AsyncSession, Depends(open_transaction, scope="function")]


async def find_caller(request: Request, identity: Caller, session: Transaction) -> Person:
    """Answer the active person who calls; raises PersonUnknown."""
    return await get_caller(session, identity, find=request.app.state.find_caller)


FindCaller = Callable[[AsyncSession, str], Awaitable[Person | None]]
"""Answers the active person with a subject, or None."""


async def get_caller(
    session: AsyncSession, identity: Identity, *, find: FindCaller = find_by_subject
) -> Person:
    """Answer the active person for whom a token speaks, also outside of a request's transaction.

    Raises PersonUnknown.
    """
    tenant_id_of(identity)
    person = await find(session, identity.subject)
    if person is None:
        raise PersonUnknown("Your token is valid, but you are not (yet) in the directory.")
    return person


Me = Annotated[Person, Depends(find_caller)]
"""Any active person of the tenant."""


def requires(*roles: str) -> Any:
    """Answer the dependency that lets a person with one of the roles in, and nobody else."""

    async def check(person: Me) -> Person:
        if not person.roles & set(roles):
            raise RoleMissing(f"This needs one of: {', '.join(roles)}.", roles=list(roles))
        return person

    return Depends(check)


async def check_operator(identity: Caller) -> Identity:
    """Let only the operator in; raises OperatorOnly."""
    if not identity.is_operator:
        raise OperatorOnly("Only whoever runs the platform may do this.")
    return identity


Operator = Annotated[Identity, Depends(check_operator)]


def read_clock(request: Request) -> Clock:
    """Answer the process's clock."""
    clock: Clock = request.app.state.clock
    return clock


Now = Annotated[Clock, Depends(read_clock)]


def tenant_id_of(identity: Identity) -> UUID:
    """Answer the tenant of an identity that must have one."""
    if identity.tenant_id is None:
        raise PersonUnknown("The operator is nobody in a tenant's directory.")
    return identity.tenant_id
