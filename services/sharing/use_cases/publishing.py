"""The two ends of a call to a network: the intent before it, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.clock import Clock
from chassis.telemetry import log
from contracts.checks import checking
from services.sharing.domain import disclosure, shares
from services.sharing.domain.accounts import Account
from services.sharing.domain.guidelines import AGAINST_GUIDELINES
from services.sharing.domain.shares import Share
from services.sharing.domain.stories import why_not_live
from services.sharing.networks.base import (
    Finding,
    NotThere,
    OutcomeUnknown,
    Published,
    RateLimited,
    Refused,
    TokenRejected,
)
from services.sharing.networks.outside import Outside
from services.sharing.store import accounts as account_store
from services.sharing.store import advocates as advocate_store
from services.sharing.store import pauses as pause_store
from services.sharing.store import shares as store
from services.sharing.store import stories as story_store
from services.sharing.use_cases.announcing import keep_share
from services.sharing.use_cases.guidelines import findings_in


@dataclass(frozen=True)
class Errand:
    """What to ask of the network for a share that this publisher has for itself."""

    share: Share
    account: Account
    ask: Literal["send", "look"]
    may_repeat: bool = False


@dataclass(frozen=True)
class Stop:
    """Why a share must not go out, and what becomes of it if it still waits."""

    becomes: Literal["cancelled", "failed", "scheduled"]
    reason: str


async def claim(
    session: AsyncSession, clock: Clock, outside: Outside, share_id: UUID, lease: UUID
) -> Errand | None:
    """Take a due share for oneself and commit the intent; None when there is nothing to ask.

    Locks are taken in one order everywhere: person, account, story, share.
    """
    now = clock.now()
    seen = await store.find_share(session, share_id)
    if seen is None:
        return None
    stop = await _why_not(session, outside, seen, at=now)
    account = await account_store.lock_account(session, seen.account_id, read=True)
    share = await store.find_locked_share(session, share_id, skip_locked=True)
    if share is None or share.wake_at is None or share.wake_at > now:
        return None
    if share.state == "publishing":
        # Its publisher died between intent and answer: the network may have the post.
        await keep_share(session, shares.doubt(share, reason="publisher_lost", at=now), at=now)
        return None
    if share.state == "scheduled":
        return await _intend(session, share, account, stop, lease, at=now)
    return await _look(session, outside, share, account, stop, lease, at=now)


async def record(session: AsyncSession, clock: Clock, errand: Errand, outcome: Finding) -> None:
    """Keep what came of an errand, unless its lease has gone to somebody else."""
    now = clock.now()
    share = await store.find_locked_share(session, errand.share.share_id)
    if share is None or share.lease != errand.share.lease:
        log("sharing").warning("share.lease_lost", share_id=str(errand.share.share_id))
        return
    if share.state == "publishing":
        after = _after_sending(share, outcome, at=now)
    else:
        after = _after_looking(share, outcome, at=now)
    if after.state == share.state:
        await store.save_share(session, after, at=now)
    else:
        await keep_share(session, after, at=now)


async def why_not_now(
    session: AsyncSession, outside: Outside, errand: Errand, *, at: datetime
) -> str | None:
    """Check everything again right before the network is told; answers why it must not be."""
    stop = await _why_not(session, outside, errand.share, at=at)
    return stop.reason if stop else None


async def why_paused(session: AsyncSession, *, at: datetime) -> str | None:
    """Answer why the network must not be told anything at all, or None."""
    return shares.PAUSED if await pause_store.is_paused(session, at=at) else None


async def _intend(
    session: AsyncSession,
    share: Share,
    account: Account,
    stop: Stop | None,
    lease: UUID,
    *,
    at: datetime,
) -> Errand | None:
    if stop is not None and stop.becomes == "scheduled":
        # It waits as it is: the sweeper passes it over until the pause has ended.
        return None
    if stop is not None:
        end = shares.cancel if stop.becomes == "cancelled" else shares.fail
        await keep_share(session, end(share, reason=stop.reason), at=at)
        return None
    begun = shares.begin(share, lease=lease, at=at)
    await keep_share(session, begun, at=at)
    return Errand(begun, account, "send")


async def _look(
    session: AsyncSession,
    outside: Outside,
    share: Share,
    account: Account,
    stop: Stop | None,
    lease: UUID,
    *,
    at: datetime,
) -> Errand | None:
    network = outside.networks.get(share.network)
    if account.state != "connected" or network is None:
        await keep_share(session, shares.review(share, reason="account_disconnected"), at=at)
        return None
    leased = shares.lease_for_a_look(share, lease=lease, at=at)
    await store.save_share(session, leased, at=at)
    repeat = stop is None and shares.may_repeat(share, key_kept=network.dedupe, at=at)
    return Errand(leased, account, "look", may_repeat=repeat)


async def _why_not(
    session: AsyncSession, outside: Outside, share: Share, *, at: datetime
) -> Stop | None:
    """Check everything again at the moment of publishing (design 7)."""
    if (paused := await why_paused(session, at=at)) is not None:
        return Stop("scheduled", paused)
    if shares.is_stale(share, at=at) and await pause_store.was_paused(session, since=share.wake_at):
        return Stop("cancelled", shares.PAUSED_TOO_LONG)
    if not await advocate_store.is_advocate(session, share.person_id):
        return Stop("cancelled", "left")
    for purpose in ("connect", "publish"):
        consent = await advocate_store.find_consent(
            session, share.person_id, purpose, share.network
        )
        if consent is None:
            return Stop("cancelled", "consent_withdrawn")
    account = await account_store.lock_account(session, share.account_id, read=True)
    if account.state != "connected":
        return Stop("failed", "account_disconnected")
    return (
        await _why_not_the_story(session, share, at=at)
        or await _why_not_the_text(session, outside, share)
        or await _why_not_by_guidelines(session, share, at=at)
    )


async def _why_not_the_story(session: AsyncSession, share: Share, *, at: datetime) -> Stop | None:
    story = await story_store.find_held_story(session, share.story_id)
    reason = why_not_live(story, at=at, version=share.story_version) if story else "story_unknown"
    if reason is None:
        return None
    ended = reason in {"story_withdrawn", "story_expired", "story_revised"}
    return Stop("cancelled" if ended else "failed", reason)


async def _why_not_the_text(session: AsyncSession, outside: Outside, share: Share) -> Stop | None:
    network = outside.networks.get(share.network)
    if network is None:
        return Stop("failed", "network_unknown")
    if network.text_length(share.text) > network.text_length_max:
        return Stop("failed", "text_too_long")
    tenant = await people.get_tenant(session)
    found = disclosure.find_disclosure(share.text, employer=tenant.name, language=share.language)
    return None if found else Stop("failed", "disclosure_outdated")


async def _why_not_by_guidelines(
    session: AsyncSession, share: Share, *, at: datetime
) -> Stop | None:
    found = await findings_in(session, share, at=at)
    refused = checking.refused(one.finding for one in found)
    return Stop("failed", AGAINST_GUIDELINES) if refused else None


def _after_sending(share: Share, outcome: Finding, *, at: datetime) -> Share:
    match outcome:
        case Published(post_id, url):
            return shares.publish(share, post_id=post_id, post_url=url, at=at)
        case Refused(reason, retryable=True):
            return shares.postpone(share, reason=reason, at=at)
        case Refused(reason):
            return shares.fail(share, reason=reason)
        case RateLimited(after_s):
            return shares.postpone(share, reason="rate_limited", at=at, after_s=after_s)
        case TokenRejected():
            return shares.fail(share, reason="account_disconnected")
        case OutcomeUnknown(reason):
            return shares.doubt(share, reason=reason, at=at)
        case NotThere():
            raise ValueError("A send is not answered by a look.")


def _after_looking(share: Share, outcome: Finding, *, at: datetime) -> Share:
    match outcome:
        case Published(post_id, url):
            return shares.publish(share, post_id=post_id, post_url=url, at=at)
        case TokenRejected():
            return shares.review(share, reason="account_disconnected")
        case RateLimited(after_s):
            return shares.look_again(share, reason="rate_limited", at=at, after_s=after_s)
        case NotThere():
            return shares.look_again(share, reason="not_found", at=at)
        case Refused(reason) | OutcomeUnknown(reason):
            # A repeat that is refused, as a duplicate for one, says nothing about the first.
            return shares.look_again(share, reason=reason, at=at)
