"""Connecting and disconnecting accounts: OAuth 2.0 with PKCE, two short transactions round it."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.service import Context
from chassis.tenancy import enter, tenant_of
from contracts.sharing import AccountConnected
from services.sharing.domain import accounts
from services.sharing.domain.accounts import (
    DOOR_LIFETIME,
    Account,
    AccountTaken,
    ConnectionDenied,
    ConnectionExpired,
    Door,
    NetworkUnavailable,
    SealedTokens,
    door_place,
)
from services.sharing.networks.base import GrantRefused, NetworkTrouble, Profile, Tokens
from services.sharing.networks.outside import Outside
from services.sharing.store import accounts as store
from services.sharing.store import advocates as advocate_store
from services.sharing.use_cases import consents, letting_go

_SECRET_BYTES = 48
"""64 URL-safe characters: a verifier must have 43 to 128 (RFC 7636 4.1)."""


@dataclass(frozen=True)
class Attempt:
    """Where to go to grant access, and until when."""

    authorization_url: str
    expires_at: datetime


async def start(
    session: AsyncSession, clock: Clock, outside: Outside, person_id: UUID, network: str
) -> Attempt:
    """Begin to connect a profile; raises NetworkUnknown, NotAnAdvocate or ConsentMissing."""
    now = clock.now()
    adapter = outside.get(network)
    await advocate_store.lock_advocate(session, person_id)
    await consents.require(session, person_id, "connect", network)
    state, verifier = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    state_hash = _hashed(state)
    tenant_id = tenant_of(session)
    sealed = await outside.seal.close(session, verifier, place=door_place(state_hash))
    door = Door(tenant_id, person_id, network, sealed, now + DOOR_LIFETIME)
    await store.open_door(session, state_hash, door, at=now)
    url = adapter.authorization_url(state=state, verifier=verifier)
    return Attempt(url, door.expires_at)


async def finish(context: Context, state: str, *, code: str | None, error: str | None) -> Account:
    """Connect the profile that somebody comes back from a network with.

    The network is asked between two transactions, so that no lock waits for it: the first takes
    the door, which opens once; the second checks the consent anew and keeps the account.
    """
    outside: Outside = context.resources
    door, verifier = await _take_door(context, _hashed(state))
    if code is None or error is not None:
        raise ConnectionDenied(f"The network answered {error or 'without a code'}."[:200])
    tokens = await _exchange(outside, door.network, code, verifier)
    try:
        profile = await _whose(outside, door.network, tokens)
        async with context.database.transaction(door.tenant_id) as session:
            return await _keep(session, context.clock, outside, door, tokens, profile)
    except Refusal:
        await _give_back(context, door, tokens)
        raise


async def disconnect(
    session: AsyncSession, clock: Clock, person_id: UUID, account_id: UUID
) -> Account:
    """Disconnect an account of one's own; what waits on it is cancelled."""
    now = clock.now()
    await advocate_store.lock_person(session, person_id)
    account = await store.lock_account(session, account_id, person_id=person_id)
    gone = await letting_go.disconnect(session, account, reason="withdrawn", at=now)
    await letting_go.cancel_waiting(
        session, person_id=person_id, account_id=account_id, reason="by_advocate", at=now
    )
    return gone


async def _take_door(context: Context, state_hash: str) -> tuple[Door, str]:
    outside: Outside = context.resources
    verifier: str | None = None
    async with context.database.transaction() as session:
        door = await store.take_door(session, state_hash)
        if door is not None and door.expires_at > context.clock.now():
            await enter(session, door.tenant_id)
            place = door_place(state_hash)
            verifier = await outside.seal.open(session, door.verifier, place=place)
    if door is None or verifier is None:
        raise ConnectionExpired("Begin again: POST /v1/accounts.")
    return door, verifier


async def _exchange(outside: Outside, network: str, code: str, verifier: str) -> Tokens:
    with _refusing():
        return await outside.get(network).exchange(code, verifier=verifier)


async def _whose(outside: Outside, network: str, tokens: Tokens) -> Profile:
    with _refusing():
        return await outside.get(network).profile(tokens.access_token)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except GrantRefused as refused:
        raise ConnectionDenied("The network does not accept its own answer.") from refused
    except NetworkTrouble as trouble:
        raise NetworkUnavailable("The network does not answer.") from trouble


async def _give_back(context: Context, door: Door, tokens: Tokens) -> None:
    """Have a grant ended that we must not keep: nobody could take it back here later."""
    outside: Outside = context.resources
    nobodys, now = new_id(), context.clock.now()
    async with context.database.transaction(door.tenant_id) as session:
        sealed = await outside.close_tokens(session, tokens, account_id=nobodys, at=now)
        await store.add_revocation(session, nobodys, door.network, sealed, due_at=now)


async def _keep(
    session: AsyncSession,
    clock: Clock,
    outside: Outside,
    door: Door,
    tokens: Tokens,
    profile: Profile,
) -> Account:
    now = clock.now()
    await advocate_store.lock_advocate(session, door.person_id)
    await consents.require(session, door.person_id, "connect", door.network)
    whose = (door.person_id, door.network, profile.user_id)
    await store.lock_profile(session, door.network, profile.user_id)
    if await store.connected_by_another(session, *whose):
        raise AccountTaken("A colleague has connected this profile.")
    known = await store.find_account(session, *whose) or Account(
        new_id(), *whose, handle=profile.handle, state="disconnected", connected_at=now
    )
    sealed = await outside.close_tokens(session, tokens, account_id=known.account_id, at=now)
    # The grant that a new one takes the place of would live on at the network otherwise.
    if known.tokens is not None:
        await store.add_revocation(
            session, known.account_id, known.network, known.tokens, due_at=now
        )
    account = accounts.connect(known, handle=profile.handle, tokens=sealed, at=now)
    await store.save_account(session, account)
    connected = AccountConnected(
        account_id=account.account_id, person_id=account.person_id, network=account.network
    )
    outbox.add(session, connected, at=now)
    return account


async def renew(
    session: AsyncSession, clock: Clock, outside: Outside, account: Account
) -> Account | None:
    """Renew an account's access under its lock, so that a one-time token is used once.

    Answers the account with the new tokens, which are stored before anybody uses them, or None
    when the network ended the grant and the account is disconnected. Raises NetworkTrouble.
    """
    current = await store.lock_account(session, account.account_id)
    if current.tokens is None or account.tokens is None:
        return None
    if not await _is_the_same(session, outside, account, current.tokens, account.tokens):
        return current
    now = clock.now()
    if current.tokens.refresh_token is None:
        await letting_go.disconnect(session, current, reason="refused_by_network", at=now)
        return None
    place = accounts.place_of(current.account_id, "refresh_token")
    refresh = await outside.seal.open(session, current.tokens.refresh_token, place=place)
    try:
        tokens = await outside.get(current.network).refresh(refresh)
    except GrantRefused:
        await letting_go.disconnect(session, current, reason="refused_by_network", at=now)
        return None
    if tokens.refresh_token is None:
        tokens = replace(tokens, refresh_token=refresh)
    sealed = await outside.close_tokens(session, tokens, account_id=current.account_id, at=now)
    renewed = replace(current, tokens=sealed)
    await store.save_account(session, renewed)
    return renewed


async def give_up(session: AsyncSession, clock: Clock, account_id: UUID) -> None:
    """Disconnect an account whose fresh token the network rejects all the same."""
    now = clock.now()
    account = await store.lock_account(session, account_id)
    if account.tokens is not None:
        # The network may be wrong today, and the grant be alive again tomorrow.
        await store.add_revocation(
            session, account.account_id, account.network, account.tokens, due_at=now
        )
    await letting_go.disconnect(session, account, reason="refused_by_network", at=now)


async def _is_the_same(
    session: AsyncSession,
    outside: Outside,
    account: Account,
    one: SealedTokens,
    other: SealedTokens,
) -> bool:
    # A rotation seals the same token anew: what looks different need not be.
    if one.access_token == other.access_token:
        return True
    place = accounts.place_of(account.account_id, "access_token")
    opened = await outside.seal.open(session, one.access_token, place=place)
    return opened == await outside.seal.open(session, other.access_token, place=place)


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
