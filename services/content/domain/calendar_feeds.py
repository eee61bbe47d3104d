"""Following the calendar from another program: an address that nobody can guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.calendar import Wanted

FEEDS_MAX = 5
"""Of one person: a telephone, a computer, and one for each of a few campaigns."""

TOKEN_CHARS_MAX = 64
"""Longer than any of ours; what is longer is not looked for."""


class FeedNotFound(Refusal):
    """There is no such feed, or it is not yours, or not any more."""

    kind = "not_found"
    title = "Feed not found"


class TooManyFeeds(Refusal):
    """Somebody has only so many feeds: revoke one, or renew it."""

    kind = "conflict"
    title = "Too many feeds"


@dataclass(frozen=True)
class Feed:
    """What of the calendar one person follows at one address; its token is kept as a hash."""

    feed_id: UUID
    person_id: UUID
    name: str
    campaign_id: UUID | None
    network: str | None
    language: str | None
    mine: bool
    token_hash: str
    created_at: datetime
    renewed_at: datetime

    @property
    def wanted(self) -> Wanted:
        """Answer what of the calendar is in it."""
        return Wanted(
            self.campaign_id, self.network, self.language, self.person_id if self.mine else None
        )


@dataclass(frozen=True)
class Door:
    """Whose feed an address is."""

    tenant_id: UUID
    feed_id: UUID


def check_room(feeds: Sequence[Feed]) -> None:
    """Check that somebody may have one more feed."""
    if len(feeds) >= FEEDS_MAX:
        raise TooManyFeeds(f"You have {FEEDS_MAX}: revoke one.")


def hash_of(token: str) -> str:
    """Answer what is kept of a token. It has 256 random bits, so that a plain hash is enough."""
    return sha256(token.encode()).hexdigest()
