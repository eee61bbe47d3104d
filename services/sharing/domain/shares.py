"""Shares: one advocate's posting of one story on one account, never twice (design 7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.sharing.domain.disclosure import Kind

State = Literal[
    "scheduled", "publishing", "published", "failed", "uncertain", "needs_review", "cancelled"
]

NEXT: dict[State, frozenset[State]] = {
    "scheduled": frozenset({"publishing", "failed", "cancelled"}),
    "publishing": frozenset({"scheduled", "published", "failed", "uncertain"}),
    "uncertain": frozenset({"published", "needs_review"}),
    "published": frozenset(),
    "failed": frozenset(),
    "needs_review": frozenset(),
    "cancelled": frozenset(),
}
"""The state machine. Back to scheduled only when the network has said no, without doubt, or was
never asked."""

UNDER_WAY: tuple[State, ...] = ("scheduled", "publishing", "uncertain")
MAY_BE_OUT: tuple[State, ...] = ("published", "needs_review")

LEASE = timedelta(seconds=90)
"""How long one publisher has a share for itself: longer than an errand can take
(publishing/rounds.py), so that it ends only when its publisher died."""

CALL_TIMEOUT_S = 20
"""A network that has not answered by then may answer when it likes: the outcome is unknown."""

GIVE_UP_AFTER = timedelta(hours=24)
"""What could not be sent within a day is stale: its author is told instead."""

RETRY_DELAY_S = 5
RETRY_DELAY_S_MAX = 900
"""A network in trouble is tried again after 5 s, then twice as long each time, up to 15 min."""

HELD_MAX = timedelta(hours=4)
"""What a pause has kept back for longer stays unsaid: a morning's greeting is none at night."""

PAUSED = "publishing_paused"
PAUSED_TOO_LONG = "paused_too_long"

SHOWN_WITHIN = timedelta(seconds=30)
"""Networks show a new post late. Before this time a look that finds nothing proves nothing."""

LOOK_DELAYS_S = (1, 4, 10, 20, 30, 60, 300, 900, 1800, 3600, 3600, 3600)
"""When to look for a share whose answer was lost: soon, since most are there, then ever more
seldom, about four hours in all. After the last look a person has to decide."""

KEY_MARGIN = timedelta(minutes=5)
"""A network's clock is not ours: this long before it forgets a key, a repeat is over."""

TEXT_CHARS_MAX = 5000
"""More than any network takes."""


class ShareNotFound(Refusal):
    """You have no such share."""

    kind = "not_found"
    title = "Share not found"


class ShareNotCancellable(Refusal):
    """Only a share that still waits can be cancelled; this one may be out already."""

    kind = "conflict"
    title = "Share cannot be cancelled any more"


class ShareUnderWay(Refusal):
    """You are sharing this story on this account already; wait until that share has ended."""

    kind = "conflict"
    title = "Share is under way"


class ShareRepeated(Refusal):
    """You have shared this story on this account in these very words; say it anew to share it."""

    kind = "conflict"
    title = "Story was shared in these words"


class TextTooLong(Refusal):
    """With disclosure and link the text is longer than the network takes; nothing is cut (D9)."""

    kind = "invalid"
    title = "Text is too long for the network"


@dataclass(frozen=True)
class Share:
    """A share. `wake_at` is when the publisher must look at it again; None when it has ended."""

    share_id: UUID
    person_id: UUID
    account_id: UUID
    story_id: UUID
    story_version: int
    campaign_id: UUID | None
    network: str
    state: State
    words: str
    text: str
    language: str
    disclosure: Kind
    own_words: bool
    decision: dict[str, Any]
    code: str | None
    link: str | None
    target: str | None
    traceparent: str | None
    created_at: datetime
    wake_at: datetime | None
    findings: Sequence[dict[str, Any]] = ()
    """What guidelines advised against when it was made, the first of it."""
    reason: str | None = None
    lease: UUID | None = None
    attempts: int = 0
    looks: int = 0
    sent_at: datetime | None = None
    uncertain_since: datetime | None = None
    published_at: datetime | None = None
    post_id: str | None = None
    post_url: str | None = None
    revision: int = 1

    @property
    def key(self) -> str:
        """Answer what the network knows this share by: the cause, never the attempt."""
        return f"share-{self.share_id}"

    @property
    def under_way(self) -> bool:
        """Answer whether it may still reach the network, or may have."""
        return self.state in UNDER_WAY


def begin(share: Share, *, lease: UUID, at: datetime) -> Share:
    """Intend to send: this is committed before the network is called."""
    return _move(
        share,
        "publishing",
        lease=lease,
        wake_at=at + LEASE,
        attempts=share.attempts + 1,
        sent_at=at,
        reason=None,
    )


def publish(share: Share, *, post_id: str, post_url: str, at: datetime) -> Share:
    """Keep what the network calls the post: only with that a share is published."""
    return _move(
        share, "published", reason=None, post_id=post_id, post_url=post_url, published_at=at
    )


def fail(share: Share, *, reason: str) -> Share:
    """End a share that is not on the network."""
    return _move(share, "failed", reason=reason)


def cancel(share: Share, *, reason: str) -> Share:
    """Stop a share that still waits; raises ShareNotCancellable."""
    if share.state != "scheduled":
        raise ShareNotCancellable(f"The share is {share.state}.", state=share.state)
    return _move(share, "cancelled", reason=reason)


def postpone(share: Share, *, reason: str, at: datetime, after_s: float | None = None) -> Share:
    """Wait after the network said no for now; after a day of that the share has failed.

    What a pause has stopped before the network was asked waits for its end; that was no try.
    """
    if reason == PAUSED:
        return _move(share, "scheduled", reason=reason, wake_at=at, attempts=share.attempts - 1)
    delay_s = after_s or min(RETRY_DELAY_S * 2 ** (share.attempts - 1), RETRY_DELAY_S_MAX)
    until = at + timedelta(seconds=delay_s)
    if until > share.created_at + GIVE_UP_AFTER:
        return fail(share, reason=reason)
    return _move(share, "scheduled", reason=reason, wake_at=until)


def is_stale(share: Share, *, at: datetime) -> bool:
    """Answer whether a share has waited for too long to go out, if it was a pause that kept it."""
    waits_since = share.wake_at if share.state == "scheduled" else None
    return waits_since is not None and at > waits_since + HELD_MAX


def doubt(share: Share, *, reason: str, at: datetime) -> Share:
    """Admit that nobody knows whether the network has the post: from now on it is only asked."""
    soon = at + timedelta(seconds=LOOK_DELAYS_S[0])
    return _move(share, "uncertain", reason=reason, uncertain_since=at, wake_at=soon)


def lease_for_a_look(share: Share, *, lease: UUID, at: datetime) -> Share:
    """Have an uncertain share for oneself while the network is asked."""
    return replace(share, lease=lease, wake_at=at + LEASE)


def look_again(share: Share, *, reason: str, at: datetime, after_s: float | None = None) -> Share:
    """Look later, after a look that settled nothing; after the last one a person must decide."""
    looks = share.looks + 1
    if looks >= len(LOOK_DELAYS_S):
        return review(share, reason=reason)
    delay_s = max(LOOK_DELAYS_S[looks], after_s or 0)
    wake_at = at + timedelta(seconds=delay_s)
    return replace(share, looks=looks, lease=None, wake_at=wake_at)


def review(share: Share, *, reason: str) -> Share:
    """Hand an uncertain share over to a person."""
    return _move(share, "needs_review", reason=reason)


def may_repeat(share: Share, *, key_kept: timedelta | None, at: datetime) -> bool:
    """Answer whether the same key may be sent again.

    Only where the network is proven to remember it for `key_kept`, and only once a post would
    have shown.
    """
    if key_kept is None or share.uncertain_since is None or share.sent_at is None:
        return False
    shown = at >= share.uncertain_since + SHOWN_WITHIN
    return shown and at < share.sent_at + key_kept - KEY_MARGIN


def check_length(length: int, longest: int) -> None:
    """Check the length as the network counts it; raises TextTooLong."""
    if length > longest:
        raise TextTooLong(
            f"{length} characters with disclosure and link; the network takes {longest}.",
            field="/text",
            length=length,
            length_max=longest,
        )


def _move(share: Share, state: State, **changes: Any) -> Share:
    if state not in NEXT[share.state]:
        raise ValueError(f"A share that is {share.state} cannot become {state}.")
    kept = {"lease": None, "wake_at": None, **changes}
    return replace(share, state=state, revision=share.revision + 1, **kept)
