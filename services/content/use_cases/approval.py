"""What the ways of a story have in common: its plan, and what is kept of each act."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.people import get_tenant
from contracts.content import StorySubmitted
from services.content.domain import policies, regulation
from services.content.domain.policies import Plan
from services.content.domain.stories import Actor, Story
from services.content.domain.texts import Content
from services.content.store import policies as policy_store
from services.content.store import stories as store
from services.content.store import trail
from services.content.store.regulation import regulation_of_the_tenant
from services.content.store.rounds import save_round
from services.content.store.trail import Told
from services.content.use_cases.text_findings import StoryChecks, check_step


async def plan_for(session: AsyncSession, content: Content) -> Plan:
    """Answer the plan that a round on this content keeps if it begins now."""
    policy = policies.policy_for(
        await policy_store.active_policies(session),
        kind=content.kind,
        campaign_id=content.campaign_id,
    )
    rules = await regulation_of_the_tenant(session)
    return policies.plan_of(
        policy,
        time_zone=(await get_tenant(session)).time_zone if policy else "UTC",
        further=regulation.further_stages(rules, content),
        supervisors=regulation.supervisors(rules),
    )


async def keep(
    session: AsyncSession,
    before: Story | None,
    story: Story,
    actor: Actor | None,
    told: Told,
    *,
    at: datetime,
    checks: StoryChecks | None = None,
) -> Story:
    """Save what a story has become, and in its trail who made it so; answers it with its trail.

    A step towards readers is checked against the guidelines first, by `checks` if several stories
    are checked by the same; StoryAgainstGuidelines.
    """
    await check_step(session, story, told.act, at=at, checks=checks)
    kept, entry = await trail.seal(session, story, actor, told, at=at)
    await store.save_story(session, kept)
    if kept.round is not (before.round if before else None):
        await save_round(session, kept)
    await trail.add_to_trail(session, kept, entry)
    return kept


def tell_submitted(session: AsyncSession, kept: Story, *, at: datetime) -> None:
    """Announce that a round began, and the head of the trail as it is by that."""
    announced = StorySubmitted(
        story_id=kept.story_id,
        version=kept.working.version,
        author_id=kept.author.person_id,
        content_hash=kept.working.content_hash,
        trail_entries=kept.trail.entries,
        trail_head=kept.trail.entry_hash,
    )
    outbox.add(session, announced, at=at)
