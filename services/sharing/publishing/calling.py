"""Calling a network for an account: bounded in time, with a token that is renewed when it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from opentelemetry.trace import SpanKind

from chassis.crypto import SealBroken
from chassis.service import Context
from chassis.telemetry import current_traceparent, log, span
from services.sharing.domain.accounts import Account, needs_renewal, place_of
from services.sharing.domain.shares import CALL_TIMEOUT_S
from services.sharing.networks.base import (
    NetworkTrouble,
    OutcomeUnknown,
    Refused,
    TokenRejected,
)
from services.sharing.networks.outside import Outside
from services.sharing.use_cases import accounts

Answer = TypeVar("Answer")

RENEW_TIMEOUT_S = 12
"""Renewing holds a lock: well within the time that the database lets a transaction stand still."""

_NotSent = Refused | TokenRejected


async def call_for(
    context: Context,
    tenant_id: UUID,
    account: Account,
    call: Callable[[str], Awaitable[Answer]],
) -> Answer | Refused | TokenRejected | OutcomeUnknown:
    """Call a network with an account's access token; a rejected token is renewed once.

    A rejected token leaves no doubt that nothing was done, so calling again is safe.
    """
    if account.tokens is not None and needs_renewal(account.tokens, at=context.clock.now()):
        renewed = await _renewed(context, tenant_id, account)
        if not isinstance(renewed, Account):
            return renewed
        account = renewed
    outcome = await _call(context, tenant_id, account, call)
    if not isinstance(outcome, TokenRejected):
        return outcome
    renewed = await _renewed(context, tenant_id, account)
    if not isinstance(renewed, Account):
        return renewed
    outcome = await _call(context, tenant_id, renewed, call)
    if isinstance(outcome, TokenRejected):
        async with context.database.transaction(tenant_id) as session:
            await accounts.give_up(session, context.clock, account.account_id)
    return outcome


async def _call(
    context: Context,
    tenant_id: UUID,
    account: Account,
    call: Callable[[str], Awaitable[Answer]],
) -> Answer | Refused | TokenRejected | OutcomeUnknown:
    outside: Outside = context.resources
    if account.tokens is None:
        return TokenRejected()
    try:
        async with context.database.transaction(tenant_id) as session:
            place = place_of(account.account_id, "access_token")
            token = await outside.seal.open(session, account.tokens.access_token, place=place)
    except SealBroken as broken:
        return _unreadable(account, broken)
    traceparent = current_traceparent()
    try:
        with span("network.call", traceparent=traceparent, kind=SpanKind.CLIENT):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                return await call(token)
    except TimeoutError:
        return OutcomeUnknown("timeout")


async def _renewed(context: Context, tenant_id: UUID, account: Account) -> Account | _NotSent:
    try:
        async with (
            asyncio.timeout(RENEW_TIMEOUT_S),
            context.database.transaction(tenant_id) as session,
        ):
            renewed = await accounts.renew(session, context.clock, context.resources, account)
    except (NetworkTrouble, TimeoutError):
        return Refused("network_unreachable", retryable=True)
    except SealBroken as broken:
        return _unreadable(account, broken)
    return renewed or TokenRejected()


def _unreadable(account: Account, broken: SealBroken) -> Refused:
    # A missing key is the operator's to mend: nobody's account is given up for it.
    named = str(account.account_id)
    log("sharing").error("account.seal_broken", account_id=named, reason=str(broken))
    return Refused("token_unreadable", retryable=True)
