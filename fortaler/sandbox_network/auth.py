"""Who is calling: bearer tokens as RFC 6750 has them, and the operator's secret."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated

from fastapi import Depends, Request

from fortaler.sandbox_network.errors import SandboxRefusal, unauthorized
from fortaler.sandbox_network.grants import Account, get_bearer
from fortaler.sandbox_network.network import Here

SCOPES = ("profile", "read:posts", "write:posts")


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a token, and what the token allows."""

    account: Account
    scopes: frozenset[str]


def bearer_token(authorization: str) -> str | None:
    """Answer the token of an Authorization header, if it carries one."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


async def caller_of(request: Request, here: Here) -> Caller:
    """Answer the account that calls, or 401."""
    token = bearer_token(request.headers.get("authorization", ""))
    if token is None:
        raise unauthorized("A bearer token is needed.", error="invalid_request")
    with here.store.transaction() as connection:
        row = get_bearer(connection, token, here.epoch_s)
    account = Account(row["id"], row["handle"], row["display_name"])
    return Caller(account, frozenset(row["scope"].split()))


def caller_with(scope: str) -> Callable[[Caller], Awaitable[Account]]:
    """Answer a dependency that gives the calling account when its token has the scope, else 403."""

    async def account_with_scope(caller: Annotated[Caller, Depends(caller_of)]) -> Account:
        if scope not in caller.scopes:
            challenge = f'Bearer realm="sandbox", error="insufficient_scope", scope="{scope}"'
            raise SandboxRefusal(
                403, "insufficient_scope", f"Needs {scope}.", {"WWW-Authenticate": challenge}
            )
        return caller.account

    return account_with_scope


async def require_operator(request: Request, here: Here) -> None:
    """401 without the operator's secret, when the network was given one."""
    if here.operator_secret is None:
        return
    given = bearer_token(request.headers.get("authorization", "")) or ""
    if not compare_digest(given.encode(), here.operator_secret.encode()):
        raise unauthorized("The operator's secret is needed here.")
