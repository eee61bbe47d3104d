"""The port: what an adapter of a network can do, and every way in which an answer can end."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


class NetworkTrouble(Exception):
    """The network could not be asked; nothing is known to have changed there."""


class GrantRefused(Exception):
    """The network does not accept the code or refresh token: the advocate must connect again."""


@dataclass(frozen=True)
class Tokens:
    """What a network granted.

    LinkedIn gives most clients no refresh token, and Mastodon's access tokens have no end.
    """

    access_token: str
    refresh_token: str | None
    expires_in_s: int | None


@dataclass(frozen=True)
class Profile:
    """Whose profile the grant is for."""

    user_id: str
    handle: str


@dataclass(frozen=True)
class Draft:
    """What is to be posted. The key names the cause, never the attempt."""

    key: str
    text: str
    link: str | None
    language: str


@dataclass(frozen=True)
class Published:
    """The network has the post, and showed its own id for it."""

    post_id: str
    url: str


@dataclass(frozen=True)
class Refused:
    """The network has not got the post, without doubt. `retryable` when that may change."""

    reason: str
    retryable: bool


@dataclass(frozen=True)
class RateLimited:
    """The network has not got the post, and says when to come back."""

    retry_after_s: float


@dataclass(frozen=True)
class TokenRejected:
    """The network has not got the post, since it does not accept the access token (any more)."""


@dataclass(frozen=True)
class OutcomeUnknown:
    """Whether the network has the post nobody knows: the answer was lost, or was no answer."""

    reason: str


@dataclass(frozen=True)
class NotThere:
    """A look at the network showed no post of that key."""


Outcome = Published | Refused | RateLimited | TokenRejected | OutcomeUnknown
Finding = Published | NotThere | Refused | RateLimited | TokenRejected | OutcomeUnknown


class Network(Protocol):
    """A network that we publish to.

    `dedupe`: for how long the network is *proven* to answer a repeated key with the first post.
    None where it is not: there nothing is ever sent twice.
    """

    name: str
    text_length_max: int
    dedupe: timedelta | None

    def text_length(self, text: str) -> int:
        """Count as the network counts."""
        ...

    def authorization_url(self, *, state: str, verifier: str) -> str:
        """Answer where an advocate grants access (RFC 6749 4.1.1, RFC 7636 S256)."""
        ...

    async def exchange(self, code: str, *, verifier: str) -> Tokens:
        """Redeem a code. Raises GrantRefused or NetworkTrouble."""
        ...

    async def profile(self, access_token: str) -> Profile:
        """Ask whose token this is. Raises GrantRefused or NetworkTrouble."""
        ...

    async def refresh(self, refresh_token: str) -> Tokens:
        """Renew a grant. Raises GrantRefused or NetworkTrouble."""
        ...

    async def revoke(self, token: str) -> None:
        """End the grant behind a token; unknown ones are fine (RFC 7009). Raises NetworkTrouble."""
        ...

    async def publish(self, access_token: str, draft: Draft) -> Outcome:
        """Post, once. Never raises for what a network may do."""
        ...

    async def find(self, access_token: str, key: str) -> Finding:
        """Look for the post of a key."""
        ...
