"""What can be done to feeds, and how one is read by whoever has its address."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person, find_person, get_tenant
from chassis.service import Context
from services.content.domain import calendar, ics
from services.content.domain import calendar_feeds as feeds
from services.content.domain.calendar_feeds import TOKEN_CHARS_MAX, Feed, FeedNotFound
from services.content.store import calendar_feeds as store
from services.content.store.calendar import ENTRIES_MAX
from services.content.use_cases.calendar import entries_for
from services.content.use_cases.joining import campaign_named

_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Opened:
    """A feed, and its address: this once."""

    feed: Feed
    address: str


async def open_feed(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any], public_url: str
) -> Opened:
    """Let one's calendar be followed at a new address; raises TooManyFeeds."""
    now = clock.now()
    await store.lock_feeds_of(session, me.person_id)
    feeds.check_room(await store.feeds_of(session, me.person_id))
    if fields["campaign_id"] is not None:
        await campaign_named(session, fields["campaign_id"])
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    feed = Feed(
        **fields,
        feed_id=new_id(),
        person_id=me.person_id,
        token_hash=feeds.hash_of(token),
        created_at=now,
        renewed_at=now,
    )
    await store.save_feed(session, feed)
    return Opened(feed, _address(public_url, token))


async def renew_feed(
    session: AsyncSession, clock: Clock, me: Person, feed_id: UUID, public_url: str
) -> Opened:
    """Give a feed another address; the old one leads nowhere from now on."""
    now = clock.now()
    feed = await store.lock_feed(session, me.person_id, feed_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    renewed = replace(feed, token_hash=feeds.hash_of(token), renewed_at=now)
    await store.save_feed(session, renewed, instead_of=feed.token_hash)
    return Opened(renewed, _address(public_url, token))


async def revoke_feed(session: AsyncSession, me: Person, feed_id: UUID) -> None:
    """End a feed; its address leads nowhere from now on."""
    await store.delete_feed(session, await store.lock_feed(session, me.person_id, feed_id))


async def read_feed(context: Context, token: str) -> bytes:
    """Read a feed as its owner would see it now; raises FeedNotFound.

    Whoever left the company has no feed any more: that is asked at every reading.
    """
    now = context.clock.now()
    if len(token) > TOKEN_CHARS_MAX:
        raise FeedNotFound("This address leads nowhere.")
    async with context.database.transaction() as session:
        door = await store.find_door(session, feeds.hash_of(token))
    if door is None:
        raise FeedNotFound("This address leads nowhere.")
    async with context.database.transaction(door.tenant_id) as session:
        feed = await store.find_feed(session, door.feed_id)
        owner = await find_person(session, feed.person_id) if feed else None
        tenant = await get_tenant(session)
        if feed is None or owner is None or not tenant.active:
            raise FeedNotFound("This address leads nowhere.")
        span = calendar.feed_span(now, ZoneInfo(tenant.time_zone))
        entries, _campaigns = await entries_for(session, owner, span, feed.wanted)
    # As many as there may be take more than half a second, and are asked for again each hour.
    language = owner.language or tenant.language
    return await asyncio.to_thread(ics.render, feed.name, entries[:ENTRIES_MAX], span, language)


def _address(public_url: str, token: str) -> str:
    return f"{public_url}/v1/calendar/feeds/{token}.ics"
