"""What can be done to sources and to what was found in them: load, decide, save."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person
from chassis.preconditions import IfMatch
from chassis.public_addresses import check_url
from services.content.domain import feeds, sources
from services.content.domain.feeds import Item
from services.content.domain.sources import Outcome, Source
from services.content.domain.texts import check_topics
from services.content.store import source_items
from services.content.store import sources as store
from services.content.use_cases.joining import check_joins, still_joins
from services.content.use_cases.stories import write_story


async def open_source(session: AsyncSession, clock: Clock, fields: dict[str, Any]) -> Source:
    """Begin to read a feed; it is asked for the first time within seconds."""
    now = clock.now()
    check_url(fields["url"], field="/url")
    check_topics(fields["topics"])
    known = await store.urls_of_the_tenant(session)
    if fields["url"] in known:
        raise sources.SourceRepeated("This address is read already.", field="/url")
    if len(known) >= sources.SOURCES_MAX:
        raise sources.TooManySources(
            f"A company has {sources.SOURCES_MAX} sources at most.", sources_max=sources.SOURCES_MAX
        )
    await check_joins(session, fields["campaign_id"])
    source = sources.open_source(new_id(), fields, at=now)
    await store.save_source(session, source)
    return source


async def change_source(
    session: AsyncSession,
    clock: Clock,
    source_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Source:
    """Change how a source is asked, and what its items begin with."""
    now = clock.now()
    source = await store.lock_source(session, source_id)
    changed = sources.change(source, changes, at=now)
    check_topics(changed.topics)
    if changed.campaign_id != source.campaign_id:
        await check_joins(session, changed.campaign_id)
    expected.check(source)
    await store.save_source(session, changed)
    return changed


async def ask_soon(session: AsyncSession, clock: Clock, source_id: UUID) -> Source:
    """Have a source asked within seconds."""
    source = await store.lock_source(session, source_id)
    asked = sources.ask_soon(source, at=clock.now())
    await store.save_source(session, asked)
    return asked


async def claim(
    session: AsyncSession, clock: Clock, source_id: UUID, lease_id: UUID
) -> Source | None:
    """Take a due source for one worker, or answer None."""
    now = clock.now()
    source = await store.find_due_source(session, source_id, at=now)
    if source is None:
        return None
    leased = sources.lease(source, lease_id, at=now)
    await store.save_source(session, leased)
    return leased


async def settle(
    session: AsyncSession,
    clock: Clock,
    source_id: UUID,
    lease_id: UUID,
    outcome: Outcome,
    *,
    jitter: float,
) -> bool:
    """Note how asking went, with what was found; answers False when the lease was lost."""
    now = clock.now()
    source = await store.find_leased_source(session, source_id, lease_id)
    if source is None:
        return False
    if isinstance(outcome, sources.Read | sources.Unchanged) and outcome.moved_to:
        outcome = sources.stay(outcome, await store.urls_of_the_tenant(session))
    await store.save_source(session, sources.settle(source, outcome, at=now, jitter=jitter))
    if isinstance(outcome, sources.Read):
        await source_items.keep_new_entries(session, source_id, outcome.entries, at=now)
    return True


async def use_item(session: AsyncSession, clock: Clock, me: Person, item_id: UUID) -> Item:
    """Begin a story with what an item says; a second time there is one already."""
    item = await source_items.lock_item(session, item_id)
    if item.state == "used":
        return item
    source = await store.get_source(session, item.source_id)
    fields = feeds.story_of(
        item,
        language=source.language,
        topics=source.topics,
        campaign_id=await still_joins(session, source.campaign_id),
    )
    story = await write_story(session, clock, me, fields)
    return await source_items.save_state(session, item, "used", story.story_id)


async def dismiss_item(session: AsyncSession, item_id: UUID) -> Item:
    """Say that nothing will come of an item."""
    item = await source_items.lock_item(session, item_id)
    return await source_items.save_state(session, item, feeds.dismiss(item), None)
