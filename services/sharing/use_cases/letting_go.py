"""Letting go: a yes that is taken back has effect at once (G2), and nothing is kept of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from contracts.sharing import AccountDisconnected, ConsentWithdrawn
from services.sharing.domain import accounts, shares
from services.sharing.domain.accounts import Account, Reason
from services.sharing.domain.consents import Consent, withdraw
from services.sharing.store import accounts as account_store
from services.sharing.store import advocates as advocate_store
from services.sharing.store import shares as share_store
from services.sharing.use_cases.announcing import keep_share

CancelReason = Literal[
    "by_advocate",
    "story_withdrawn",
    "story_expired",
    "story_revised",
    "consent_withdrawn",
    "left",
    "deactivated",
]


async def of_everything(
    session: AsyncSession,
    person_id: UUID,
    *,
    reason: Literal["left", "deactivated"],
    at: datetime,
) -> None:
    """Cancel what waits, disconnect every account and withdraw every consent of a person.

    What is published stays: it is the advocate's own post. Her lock must be held.
    """
    await disconnect_accounts(session, person_id, reason=reason, at=at)
    await cancel_waiting(session, person_id=person_id, reason=reason, at=at)
    for consent in await advocate_store.consents_of(session, person_id):
        await withdraw_consent(session, consent, at=at)


async def withdraw_consent(session: AsyncSession, consent: Consent, *, at: datetime) -> None:
    """Take one yes back."""
    gone = withdraw(consent, at=at)
    await advocate_store.save_consent(session, gone)
    withdrawn = ConsentWithdrawn(
        person_id=consent.person_id,
        purpose=consent.purpose,
        network=consent.network,
        text_version=consent.text_version,
    )
    outbox.add(session, withdrawn, at=gone.withdrawn_at or at)


async def disconnect_accounts(
    session: AsyncSession,
    person_id: UUID,
    *,
    network: str | None = None,
    reason: Reason,
    at: datetime,
) -> None:
    """Disconnect a person's accounts, on one network or on all."""
    for account in await account_store.lock_connected_accounts(session, person_id, network):
        await disconnect(session, account, reason=reason, at=at)


async def disconnect(
    session: AsyncSession, account: Account, *, reason: Reason, at: datetime
) -> Account:
    """Disconnect an account that is locked; its grant is ended at the network soon after."""
    gone = accounts.disconnect(account, reason=reason, at=at)
    if gone == account:
        return account
    if reason != "refused_by_network" and account.tokens is not None:
        await account_store.add_revocation(
            session, account.account_id, account.network, account.tokens, due_at=at
        )
    await account_store.save_account(session, gone)
    disconnected = AccountDisconnected(
        account_id=account.account_id,
        person_id=account.person_id,
        network=account.network,
        reason=reason,
    )
    outbox.add(session, disconnected, at=at)
    return gone


async def cancel_waiting(
    session: AsyncSession,
    *,
    story_id: UUID | None = None,
    person_id: UUID | None = None,
    network: str | None = None,
    account_id: UUID | None = None,
    reason: CancelReason,
    at: datetime,
) -> None:
    """Cancel the shares that still wait, of a story or of a person."""
    waiting = await share_store.lock_waiting_shares(
        session, story_id=story_id, person_id=person_id, network=network, account_id=account_id
    )
    for share in waiting:
        # The news of a withdrawal is a little older than a share that was made meanwhile.
        cancelled_at = max(at, share.created_at)
        await keep_share(session, shares.cancel(share, reason=reason), at=cancelled_at)
