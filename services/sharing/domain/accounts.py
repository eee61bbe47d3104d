"""Accounts: an advocate's profile on a network, and how it comes and goes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal

DOOR_LIFETIME = timedelta(minutes=10)
"""Long enough to log in at the network, short enough that a forgotten tab cannot be used."""

EXPIRY_MARGIN = timedelta(seconds=30)
"""A token that ends within this time is renewed first: it could end on its way."""

AccountState = Literal["connected", "disconnected"]
TokenKind = Literal["access_token", "refresh_token"]
Reason = Literal["withdrawn", "left", "deactivated", "refused_by_network"]


class AccountNotFound(Refusal):
    """You have no such account."""

    kind = "not_found"
    title = "Account not found"


class AccountNotConnected(Refusal):
    """The account is disconnected; connect it again first. Its history is kept."""

    kind = "conflict"
    title = "Account is not connected"


class AccountTaken(Refusal):
    """A colleague has connected this very profile; a profile belongs to one person."""

    kind = "conflict"
    title = "Profile is connected by somebody else"


class NetworkUnknown(Refusal):
    """There is no such network here."""

    kind = "invalid"
    title = "Network is unknown"


class ConnectionExpired(Refusal):
    """This way back from the network was used before or is too old; begin again."""

    kind = "gone"
    title = "Connection attempt has expired"


class ConnectionDenied(Refusal):
    """The network did not grant access: you said no there, or it no longer knows the request."""

    kind = "conflict"
    title = "Network did not grant access"


class NetworkUnavailable(Refusal):
    """The network does not answer; nothing was connected. Begin again in a moment."""

    kind = "unavailable"
    title = "Network is unavailable"
    retry_after_s = 5


@dataclass(frozen=True)
class SealedTokens:
    """What a network granted, sealed for this account's row."""

    access_token: bytes
    refresh_token: bytes | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Account:
    """A profile. Tokens exist only while it is connected."""

    account_id: UUID
    person_id: UUID
    network: str
    network_user_id: str
    handle: str
    state: AccountState
    connected_at: datetime
    disconnected_at: datetime | None = None
    reason: Reason | None = None
    tokens: SealedTokens | None = None


@dataclass(frozen=True)
class Door:
    """A way back from a network that is open once, for a while."""

    tenant_id: UUID
    person_id: UUID
    network: str
    verifier: bytes
    expires_at: datetime


def connect(account: Account, *, handle: str, tokens: SealedTokens, at: datetime) -> Account:
    """Connect an account, again or for the first time."""
    return replace(
        account,
        handle=handle,
        state="connected",
        connected_at=at,
        disconnected_at=None,
        reason=None,
        tokens=tokens,
    )


def disconnect(account: Account, *, reason: Reason, at: datetime) -> Account:
    """Let go of an account: its tokens are no longer here. Twice is the same as once."""
    if account.state == "disconnected":
        return account
    return replace(account, state="disconnected", disconnected_at=at, reason=reason, tokens=None)


def needs_renewal(tokens: SealedTokens, *, at: datetime) -> bool:
    """Answer whether an access token has ended, or nearly."""
    return tokens.expires_at is not None and tokens.expires_at - EXPIRY_MARGIN <= at


def place_of(account_id: UUID, kind: TokenKind) -> str:
    """Answer where a token belongs: it opens nowhere else."""
    return f"accounts/{account_id}/{kind}"


def door_place(state_hash: str) -> str:
    """Answer where the verifier of a way back belongs."""
    return f"connection_doors/{state_hash}"
