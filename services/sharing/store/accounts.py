"""Questions about accounts, ways back from networks, and tokens to be revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.sharing.domain.accounts import (
    Account,
    AccountNotFound,
    Door,
    SealedTokens,
    TokenKind,
    place_of,
)
from services.sharing.tables import AccountRow, ConnectionDoorRow, RevocationRow

DOORS_SWEPT_MAX = 100
"""Forgotten ways back are swept when a new one is made, so many at a time."""

REVOCATION_DELAY_S = 5
REVOCATION_DELAY_S_MAX = 3600
REVOCATION_ATTEMPTS_MAX = 36
"""After 10 s, then twice as long each time up to an hour: a day and more of a network's outage."""


async def accounts_of(
    session: AsyncSession, person_id: UUID, page: PageRequest
) -> Sequence[Account]:
    """Answer a person's accounts, newest first: one more than the page holds."""
    question = (
        select(AccountRow)
        .where(col(AccountRow.person_id) == person_id)
        .order_by(col(AccountRow.account_id).desc())
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(AccountRow.account_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_account(row) for row in rows]


async def lock_connected_accounts(
    session: AsyncSession, person_id: UUID, network: str | None = None
) -> list[Account]:
    """Lock a person's connected accounts, on one network or on all."""
    question = (
        select(AccountRow)
        .where(col(AccountRow.person_id) == person_id, col(AccountRow.state) == "connected")
        .order_by(col(AccountRow.account_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if network is not None:
        question = question.where(col(AccountRow.network) == network)
    return [_account(row) for row in (await session.exec(question)).all()]


async def lock_account(
    session: AsyncSession, account_id: UUID, *, person_id: UUID | None = None, read: bool = False
) -> Account:
    """Lock an account, of one person where given; raises AccountNotFound."""
    question = (
        select(AccountRow)
        .where(col(AccountRow.account_id) == account_id)
        .with_for_update(read=read)
        .execution_options(populate_existing=True)
    )
    if person_id is not None:
        question = question.where(col(AccountRow.person_id) == person_id)
    row = (await session.exec(question)).first()
    if row is None:
        raise AccountNotFound(f"You have no account {account_id}.")
    return _account(row)


async def find_account(
    session: AsyncSession, person_id: UUID, network: str, network_user_id: str
) -> Account | None:
    """Answer the account that a person had for a profile before, locked, or None."""
    question = (
        select(AccountRow)
        .where(
            col(AccountRow.person_id) == person_id,
            col(AccountRow.network) == network,
            col(AccountRow.network_user_id) == network_user_id,
        )
        .with_for_update()
    )
    row = (await session.exec(question)).first()
    return _account(row) if row else None


async def lock_profile(session: AsyncSession, network: str, network_user_id: str) -> None:
    """Let nobody else of the tenant connect a profile until the end of the transaction."""
    await alone_with(session, f"profile/{network}/{network_user_id}")


async def connected_by_another(
    session: AsyncSession, person_id: UUID, network: str, network_user_id: str
) -> bool:
    """Answer whether somebody else of the tenant has a profile connected."""
    question = select(AccountRow.account_id).where(
        col(AccountRow.network) == network,
        col(AccountRow.network_user_id) == network_user_id,
        col(AccountRow.state) == "connected",
        col(AccountRow.person_id) != person_id,
    )
    return (await session.exec(question)).first() is not None


async def save_account(session: AsyncSession, account: Account) -> None:
    """Save an account, with its tokens or without any."""
    tokens = account.tokens
    await session.merge(
        AccountRow(
            tenant_id=tenant_of(session),
            account_id=account.account_id,
            person_id=account.person_id,
            network=account.network,
            network_user_id=account.network_user_id,
            handle=account.handle,
            state=account.state,
            connected_at=account.connected_at,
            disconnected_at=account.disconnected_at,
            reason=account.reason,
            access_token=tokens.access_token if tokens else None,
            refresh_token=tokens.refresh_token if tokens else None,
            expires_at=tokens.expires_at if tokens else None,
        )
    )


async def add_revocation(
    session: AsyncSession,
    account_id: UUID,
    network: str,
    tokens: SealedTokens,
    *,
    due_at: datetime,
) -> None:
    """Remember that a network must be told to forget a grant, sealed for an account's row."""
    # The refresh token stands for the whole grant; the access token would end by itself.
    kind: TokenKind = "refresh_token" if tokens.refresh_token else "access_token"
    session.add(
        RevocationRow(
            tenant_id=tenant_of(session),
            revocation_id=new_id(),
            account_id=account_id,
            network=network,
            place=place_of(account_id, kind),
            token=tokens.refresh_token or tokens.access_token,
            attempts=0,
            due_at=due_at,
        )
    )


@dataclass(frozen=True)
class Revocation:
    """A sealed token that a network must forget, and where the seal belongs."""

    network: str
    place: str
    token: bytes


async def put_off_revocation(
    session: AsyncSession, revocation_id: UUID, *, at: datetime
) -> Revocation | None:
    """Take a due revocation, and put it off in case that the call is lost; None if it is not due.

    The last time it is forgotten here: the token is of no more use to keep than to anybody else.
    """
    question = (
        select(RevocationRow)
        .where(col(RevocationRow.revocation_id) == revocation_id, col(RevocationRow.due_at) <= at)
        .with_for_update(skip_locked=True)
    )
    row = (await session.exec(question)).first()
    if row is None:
        return None
    row.attempts += 1
    delay_s = min(REVOCATION_DELAY_S * 2**row.attempts, REVOCATION_DELAY_S_MAX)
    row.due_at = at + timedelta(seconds=delay_s)
    if row.attempts >= REVOCATION_ATTEMPTS_MAX:
        await session.delete(row)
    return Revocation(row.network, row.place, row.token)


async def forget_revocation(session: AsyncSession, revocation_id: UUID) -> None:
    """Forget a token that the network has forgotten."""
    await (await session.connection()).execute(
        delete(RevocationRow).where(col(RevocationRow.revocation_id) == revocation_id)
    )


async def open_door(session: AsyncSession, state_hash: str, door: Door, *, at: datetime) -> None:
    """Keep a way back from a network, and sweep forgotten ones."""
    forgotten = (
        select(ConnectionDoorRow.state_hash)
        .where(col(ConnectionDoorRow.expires_at) < at)
        .limit(DOORS_SWEPT_MAX)
    )
    connection = await session.connection()
    await connection.execute(
        delete(ConnectionDoorRow).where(col(ConnectionDoorRow.state_hash).in_(forgotten))
    )
    session.add(
        ConnectionDoorRow(
            state_hash=state_hash,
            tenant_id=door.tenant_id,
            person_id=door.person_id,
            network=door.network,
            verifier=door.verifier,
            expires_at=door.expires_at,
        )
    )


async def take_door(session: AsyncSession, state_hash: str) -> Door | None:
    """Take a way back, so that nobody uses it again; None when there is none."""
    taken = (
        delete(ConnectionDoorRow)
        .where(col(ConnectionDoorRow.state_hash) == state_hash)
        .returning(
            col(ConnectionDoorRow.tenant_id),
            col(ConnectionDoorRow.person_id),
            col(ConnectionDoorRow.network),
            col(ConnectionDoorRow.verifier),
            col(ConnectionDoorRow.expires_at),
        )
    )
    row = (await (await session.connection()).execute(taken)).mappings().first()
    return Door(**row) if row else None


def _account(row: AccountRow) -> Account:
    tokens = None
    if row.access_token is not None:
        tokens = SealedTokens(row.access_token, row.refresh_token, row.expires_at)
    sealed = {"tenant_id", "access_token", "refresh_token", "expires_at"}
    return Account(**row.model_dump(exclude=sealed), tokens=tokens)
