"""What regulated tenants do: say that they are, classify, and have the trail recomputed."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person
from chassis.preconditions import IfMatch
from services.content.domain import chain, life, regulation, rounds
from services.content.domain.chain import Verification
from services.content.domain.deciders import Deciders
from services.content.domain.regulation import Regulation
from services.content.domain.stories import Story, seen_by
from services.content.store import regulation as store
from services.content.store import trail
from services.content.store.delegations import delegators_of
from services.content.store.policies import check_deciders_known
from services.content.store.rounds import save_round
from services.content.store.stories import lock_story
from services.content.store.trail import Told
from services.content.use_cases.approval import keep, plan_for, tell_submitted


@dataclass(frozen=True)
class TrailVerification:
    """What came of recomputing a story's trail, and until when it is kept by law."""

    story_id: UUID
    verification: Verification
    retained_until: datetime | None


async def regulate(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    expected: IfMatch,
    *,
    regulated: bool,
    retention_years: int,
    principals: Deciders,
) -> Regulation:
    """Say whether and how the tenant is regulated from now on; what held before is kept."""
    before = await store.lock_regulation(session)
    changed = Regulation(
        version=before.version + 1,
        regulated=regulated,
        retention_years=retention_years,
        principals=principals,
        changed_by=me.person_id,
        changed_at=clock.now(),
    )
    regulation.check(changed)
    await check_deciders_known(session, principals)
    expected.check(before)
    await store.add_regulation(session, changed)
    return changed


async def classify_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    communication_class: str,
    content_hash: str,
) -> Story:
    """Let a principal say what class a story has; the same again changes nothing.

    What is in review is told as submitted anew: another class makes another text of it.
    """
    now = clock.now()
    story = await lock_story(session, story_id)
    delegators = await delegators_of(session, me.person_id, at=now)
    content = seen_by(story, me, delegators).working.content
    classified = life.classify(
        story,
        me,
        communication_class,
        content_hash=content_hash,
        rules=await store.regulation_of_the_tenant(session),
        at=now,
        plan=await plan_for(session, replace(content, communication_class=communication_class)),
        delegators=delegators,
    )
    if classified is story:
        return story
    is_begun_anew = classified.round is not story.round
    if is_begun_anew:
        # What was approved in it stays on record; the next round takes its place, and its tasks'.
        await save_round(session, replace(story, round=rounds.end(story.round, "superseded")))
    kept = await keep(session, story, classified, me, Told("classified"), at=now)
    if is_begun_anew:
        tell_submitted(session, kept, at=now)
    return kept


async def verify_trail(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID
) -> TrailVerification:
    """Recompute a story's trail from what it says, and compare it with what was told of it."""
    # Locked, so that no entry comes between the trail and what the story says of it.
    story = await lock_story(session, story_id)
    life.check_sees_all(story, me, await delegators_of(session, me.person_id, at=clock.now()))
    found = [stored async for stored in trail.stored_entries(session, story_id)]
    return TrailVerification(
        story_id,
        chain.verify(story_id, found, story.trail),
        await store.retained_until(session, story_id),
    )
