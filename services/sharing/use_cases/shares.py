"""Sharing a story in own words, and thinking better of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person
from chassis.telemetry import current_traceparent
from services.sharing.domain import guidelines, links, shares
from services.sharing.domain.accounts import Account, AccountNotConnected
from services.sharing.domain.composing import Ids, compose
from services.sharing.domain.shares import Share, ShareNotFound, ShareRepeated, ShareUnderWay
from services.sharing.domain.stories import (
    Reader,
    Story,
    StoryNotLive,
    StoryUnderEmbargo,
    why_not_live,
)
from services.sharing.networks.outside import Outside
from services.sharing.store import accounts as account_store
from services.sharing.store import advocates as advocate_store
from services.sharing.store import shares as store
from services.sharing.store import stories as story_store
from services.sharing.store.pauses import is_paused
from services.sharing.use_cases import consents, stories
from services.sharing.use_cases.announcing import keep_share
from services.sharing.use_cases.guidelines import findings_in


@dataclass(frozen=True)
class Wish:
    """What an advocate wants to share, where, and in which words."""

    story_id: UUID
    account_id: UUID
    text: str


async def share_story(
    session: AsyncSession, clock: Clock, outside: Outside, me: Person, wish: Wish
) -> Share:
    """Share a story now. Its tracked link is announced before the network hears of anything."""
    now = clock.now()
    reader = await stories.reader_of(session, me)
    account = await _usable_account(session, wish.account_id, me.person_id)
    story = await _live_story(session, wish.story_id, reader, at=now)
    await _check_is_new(session, me.person_id, wish)
    share = compose(
        wish.text,
        story=story,
        account=account,
        author=reader,
        ids=Ids(new_id(), links.code_of(secrets.randbelow(links.CODES)), current_traceparent()),
        public_url=outside.public_url,
        at=now,
    )
    network = outside.get(account.network)
    if await is_paused(session, at=now):
        share = replace(share, reason=shares.PAUSED)
    shares.check_length(network.text_length(share.text), network.text_length_max)
    found = await findings_in(session, share, at=now)
    guidelines.check(found)
    share = replace(share, findings=guidelines.advice(found))
    await keep_share(session, share, at=now)
    return share


async def as_they_wait(session: AsyncSession, clock: Clock, found: Sequence[Share]) -> list[Share]:
    """Answer shares with why they wait: a pause may have begun after they were made."""
    waits = any(share.state == "scheduled" for share in found)
    if not waits or not await is_paused(session, at=clock.now()):
        return list(found)
    return [
        replace(share, reason=shares.PAUSED) if share.state == "scheduled" else share
        for share in found
    ]


async def cancel(session: AsyncSession, clock: Clock, share_id: UUID, person_id: UUID) -> Share:
    """Cancel a share of one's own that still waits; cancelling twice is the same as once."""
    now = clock.now()
    share = await store.find_locked_share(session, share_id)
    if share is None or share.person_id != person_id:
        raise ShareNotFound(f"You have no share {share_id}.")
    if share.state == "cancelled":
        return share
    cancelled = shares.cancel(share, reason="by_advocate")
    await keep_share(session, cancelled, at=now)
    return cancelled


async def _usable_account(session: AsyncSession, account_id: UUID, person_id: UUID) -> Account:
    await advocate_store.lock_advocate(session, person_id)
    account = await account_store.lock_account(session, account_id, person_id=person_id, read=True)
    if account.state != "connected":
        raise AccountNotConnected("Connect the account again first.")
    await consents.require(session, person_id, "connect", account.network)
    await consents.require(session, person_id, "publish", account.network)
    return account


async def _check_is_new(session: AsyncSession, person_id: UUID, wish: Wish) -> None:
    # Whoever never got our answer asks again, and must not have posted twice for it.
    whose = (person_id, wish.story_id, wish.account_id)
    if (share_id := await store.find_under_way(session, *whose)) is not None:
        raise ShareUnderWay("Wait until that share has ended.", share_id=str(share_id))
    if (share_id := await store.find_in_words(session, *whose, wish.text)) is not None:
        raise ShareRepeated("Change the words, or let it be.", share_id=str(share_id))


async def _live_story(
    session: AsyncSession, story_id: UUID, reader: Reader, *, at: datetime
) -> Story:
    story = await story_store.hold_story_for(session, story_id, reader)
    reason = why_not_live(story, at=at)
    # An embargo holds back sharing, and not reading: whoever it is for is told until when.
    if reason == "story_under_embargo":
        raise StoryUnderEmbargo(
            "Share it once its embargo has ended.", embargo_until=story.embargo_until
        )
    if reason is not None:
        raise StoryNotLive("This story must not be shared now.", reason=reason)
    return story
