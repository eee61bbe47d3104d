"""What can be done to guidelines: load, decide, save, announce."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person
from chassis.preconditions import IfMatch
from contracts.content import GuidelineAcknowledged, GuidelinePublished, GuidelineRetired
from services.content.domain import guidelines
from services.content.domain.guidelines import Guideline, HistoryEntry, Shown, Tally
from services.content.store import acknowledgements
from services.content.store import guidelines as store


async def write_guideline(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> Shown:
    """Begin a guideline. Nobody is asked to keep it before it is published."""
    contents = guidelines.compose(fields)
    # As many terms as there may be are folded and compared: a tenth of a second of work.
    guideline = await asyncio.to_thread(guidelines.write, new_id(), contents, at=clock.now())
    await store.save_guideline(session, guideline)
    return guidelines.seen_by(guideline, me, None)


async def read_guideline(session: AsyncSession, me: Person, guideline_id: UUID) -> Shown:
    """Read a guideline as far as the reader may see it."""
    return await _shown(session, await store.get_guideline(session, guideline_id), me)


async def edit_guideline(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    guideline_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Shown:
    """Change what the working version says; what holds stays as it is."""
    guideline = await store.lock_guideline(session, guideline_id)
    edited = await asyncio.to_thread(guidelines.edit, guideline, changes, at=clock.now())
    # All of it is rendered for that.
    await asyncio.to_thread(expected.check, await _shown(session, guideline, me))
    if edited is not guideline:
        await store.save_guideline(session, edited)
    return await _shown(session, edited, me)


async def publish_guideline(
    session: AsyncSession, clock: Clock, me: Person, guideline_id: UUID
) -> Shown:
    """Let the working version hold, and tell those who check texts all of its rules."""
    now = clock.now()
    await store.lock_rules(session)
    guideline = await store.lock_guideline(session, guideline_id)
    held = await store.contents_that_hold(session)
    others = {other: theirs for other, theirs in held.items() if other != guideline_id}
    published = await asyncio.to_thread(guidelines.publish, guideline, others, at=now)
    if published is not guideline:
        await store.save_guideline(session, published)
        working = published.working
        announced = GuidelinePublished(
            guideline_id=guideline_id, version=working.version, rules=working.contents.rules
        )
        outbox.add(session, announced, at=now)
    return await _shown(session, published, me)


async def retire_guideline(
    session: AsyncSession, clock: Clock, me: Person, guideline_id: UUID
) -> Shown:
    """Let a guideline hold no more; a second time changes and announces nothing."""
    now = clock.now()
    guideline = await store.lock_guideline(session, guideline_id)
    retired = guidelines.retire(guideline, at=now)
    if retired is not guideline and retired.published is not None:
        await store.save_guideline(session, retired)
        version = retired.published.version
        announced = GuidelineRetired(guideline_id=guideline_id, version=version)
        outbox.add(session, announced, at=now)
    return await _shown(session, retired, me)


async def acknowledge(
    session: AsyncSession, clock: Clock, me: Person, guideline_id: UUID, version: int
) -> Shown:
    """Keep that somebody has read the version that holds; a second time changes nothing."""
    now = clock.now()
    guideline = await store.hold_guideline(session, guideline_id)
    shown = guidelines.seen_by(guideline, me, None)
    guidelines.check_acknowledged(shown.guideline, version)
    announced = GuidelineAcknowledged(
        acknowledgement_id=new_id(),
        guideline_id=guideline_id,
        version=version,
        person_id=me.person_id,
    )
    if await acknowledgements.keep_acknowledgement(
        session, announced.acknowledgement_id, guideline_id, version, me.person_id, at=now
    ):
        outbox.add(session, announced, at=now)
    return await _shown(session, guideline, me)


async def read_history(
    session: AsyncSession, me: Person, guideline_id: UUID, page: PageRequest
) -> Sequence[HistoryEntry]:
    """Read versions as far as the reader may see them, each compared to the one before."""
    shown = await read_guideline(session, me, guideline_id)
    after = page.after_number()
    newest = shown.guideline.working.version if after is None else after - 1
    # The one that is too many for the page is what its last is compared to.
    versions = await store.versions_of(session, guideline_id, newest=newest, limit=page.limit + 1)
    return list(guidelines.history(versions))


async def read_tally(session: AsyncSession, guideline_id: UUID) -> Tally:
    """Answer how many have acknowledged the version that holds, and never who (V1)."""
    guideline = await store.get_guideline(session, guideline_id)
    if guideline.published is None:
        raise guidelines.GuidelineNotPublished("It holds for nobody yet.")
    version = guideline.published.version
    asked, acknowledged = await acknowledgements.count_acknowledged(session, guideline_id, version)
    return guidelines.tally(version, asked=asked, acknowledged=acknowledged)


async def _shown(session: AsyncSession, guideline: Guideline, me: Person) -> Shown:
    acknowledged_at = None
    if (published := guideline.published) is not None:
        acknowledged_at = await acknowledgements.find_acknowledged_at(
            session, guideline.guideline_id, published.version, me.person_id
        )
    return guidelines.seen_by(guideline, me, acknowledged_at)
