"""One share, from due to settled or put off: intent committed, network asked, outcome recorded."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.crypto import SealBroken
from chassis.database import is_trouble
from chassis.ids import new_id
from chassis.service import Context
from chassis.telemetry import log, span
from services.sharing.domain.shares import LEASE
from services.sharing.networks.base import (
    Draft,
    Finding,
    NetworkTrouble,
    NotThere,
    Outcome,
    OutcomeUnknown,
    Refused,
)
from services.sharing.networks.outside import Outside
from services.sharing.publishing.calling import call_for
from services.sharing.store import accounts as account_store
from services.sharing.store.accounts import Revocation
from services.sharing.store.due import Due, sweeping
from services.sharing.use_cases import publishing as use_cases
from services.sharing.use_cases.publishing import Errand

SHARES_AT_ONCE = 8
"""Below the pool of connections, so that a publisher never starves the consumer beside it."""

SHARES_PER_ROUND = 100

FRESH_FOR = timedelta(seconds=1)
"""What was checked longer ago is checked once more before the network is told: a slow look, or a
token that had to be renewed, is time in which a consent or a story can be withdrawn."""

ERRAND_TIMEOUT_S = 75
"""All calls of one errand together: well within the lease, so that nobody else has it meanwhile."""

REVOCATIONS_PER_ROUND = 50


async def publish_round(context: Context) -> int:
    """Look once at every share that is due, and wait until each has been dealt with.

    Answers how many were due.
    """
    async with sweeping(context.database) as sweeper:
        due = await sweeper.shares(at=context.clock.now(), limit=SHARES_PER_ROUND)
    at_once = asyncio.Semaphore(SHARES_AT_ONCE)

    async def one_of_some(one: Due) -> None:
        async with at_once:
            await advance(context, one)

    async with asyncio.TaskGroup() as tasks:
        for one in due:
            tasks.create_task(one_of_some(one))
    return len(due)


async def advance(context: Context, due: Due) -> None:
    """Take one share a step further, in the trace of the request that shared it.

    Trouble with the database is waited out: whatever is left open, a lease ends by itself.
    """
    try:
        with span("share.publish", traceparent=due.traceparent, share_id=str(due.id)):
            await _advance(context, due)
    except Exception as error:
        if not is_trouble(error):
            raise
        log("sharing").warning("share.trouble", error=type(error).__name__)


async def revoke_round(context: Context) -> int:
    """Tell networks to forget the tokens that are due; answers how many were due."""
    async with sweeping(context.database) as sweeper:
        due = await sweeper.revocations(at=context.clock.now(), limit=REVOCATIONS_PER_ROUND)
    for one in due:
        await _revoke(context, one)
    return len(due)


async def _advance(context: Context, due: Due) -> None:
    lease = new_id()
    async with context.database.transaction(due.tenant_id) as session:
        errand = await use_cases.claim(session, context.clock, context.resources, due.id, lease)
    if errand is None:
        return
    # From here on the intent is committed: the network may be told.
    try:
        async with asyncio.timeout(ERRAND_TIMEOUT_S):
            outcome = await _run(context, due.tenant_id, errand)
    except TimeoutError:
        outcome = OutcomeUnknown("timeout")
    async with context.database.transaction(due.tenant_id) as session:
        await use_cases.record(session, context.clock, errand, outcome)


async def _run(context: Context, tenant_id: UUID, errand: Errand) -> Finding:
    outside: Outside = context.resources
    share, network = errand.share, outside.get(errand.share.network)

    async def send(token: str) -> Outcome:
        if (reason := await _why_not_now(context, tenant_id, errand)) is not None:
            return Refused(reason, retryable=True)
        return await network.publish(
            token, Draft(share.key, share.text, share.link, share.language)
        )

    async def look(token: str) -> Finding:
        return await network.find(token, share.key)

    if errand.ask == "send":
        return await call_for(context, tenant_id, errand.account, send)
    found = await call_for(context, tenant_id, errand.account, look)
    if isinstance(found, NotThere) and errand.may_repeat:
        return await call_for(context, tenant_id, errand.account, send)
    return found


async def _why_not_now(context: Context, tenant_id: UUID, errand: Errand) -> str | None:
    # A process that slept over its lease has lost the right to send.
    until, now = errand.share.wake_at, context.clock.now()
    if until is None or now >= until:
        return "lease_lost"
    async with context.database.transaction(tenant_id) as session:
        if now < until - LEASE + FRESH_FOR:
            # Whoever pauses everything means this moment, too.
            return await use_cases.why_paused(session, at=now)
        return await use_cases.why_not_now(session, context.resources, errand, at=now)


async def _revoke(context: Context, due: Due) -> None:
    outside: Outside = context.resources
    async with context.database.transaction(due.tenant_id) as session:
        task = await account_store.put_off_revocation(session, due.id, at=context.clock.now())
        token = await _token_of(session, outside, due, task) if task is not None else None
    network = outside.networks.get(task.network) if task is not None else None
    if token is None or network is None:
        return
    try:
        await network.revoke(token)
    except NetworkTrouble as trouble:
        log("sharing").info("revocation.put_off", reason=str(trouble))
        return
    async with context.database.transaction(due.tenant_id) as session:
        await account_store.forget_revocation(session, due.id)


async def _token_of(
    session: AsyncSession, outside: Outside, due: Due, task: Revocation
) -> str | None:
    try:
        return await outside.seal.open(session, task.token, place=task.place)
    except SealBroken as broken:
        # A missing key is the operator's to mend; until then the token waits.
        named = str(due.id)
        log("sharing").error("revocation.seal_broken", revocation_id=named, reason=str(broken))
        return None
