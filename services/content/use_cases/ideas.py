"""What can be done to ideas: load, decide, save, announce."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import markdown, outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person, find_person
from contracts.content import IdeaSubmitted
from services.content.domain import ideas, texts
from services.content.domain.ideas import (
    Idea,
    IdeaDecision,
    IdeasAuthorGone,
    IdeasStory,
    StoryUnknown,
)
from services.content.domain.plans import PlanTrailEntry
from services.content.domain.stories import Author, StoryNotFound
from services.content.store import ideas as store
from services.content.store import plans
from services.content.use_cases.joining import check_joins, still_joins
from services.content.use_cases.seeing import read_story
from services.content.use_cases.stories import write_story


async def submit_idea(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> Idea:
    """Put an idea into the box."""
    now = clock.now()
    texts.check_topics(fields["topics"])
    # It becomes the body of a story as it is.
    markdown.check(fields["text"], field="/text")
    idea = Idea(
        **{**fields, "topics": tuple(fields["topics"])},
        idea_id=new_id(),
        author=Author(me.person_id, me.display_name),
        state="new",
        reason=None,
        votes=0,
        story=None,
        submitted_at=now,
        decided_at=None,
    )
    await check_joins(session, idea.campaign_id)
    await store.save_idea(session, idea)
    await plans.add_to_plan_trail(session, idea.idea_id, me.person_id, "submitted", at=now)
    announced = IdeaSubmitted(
        idea_id=idea.idea_id, author_id=me.person_id, campaign_id=idea.campaign_id
    )
    outbox.add(session, announced, at=now)
    return idea


async def read_idea(session: AsyncSession, me: Person, idea_id: UUID) -> Idea:
    """Read an idea that one may see."""
    idea = await store.get_idea(session, idea_id)
    ideas.check_seen(idea, me)
    return idea


async def read_idea_trail(
    session: AsyncSession, me: Person, idea_id: UUID, page: PageRequest
) -> list[PlanTrailEntry]:
    """Read who decided what about an idea, oldest first."""
    ideas.check_trail(await store.get_idea(session, idea_id), me)
    return list(await plans.plan_trail_of(session, idea_id, page))


async def vote(session: AsyncSession, me: Person, idea_id: UUID) -> Idea:
    """Vote for an idea; a second time counts nothing."""
    idea = await store.lock_idea(session, idea_id)
    counted = await store.add_vote(session, idea_id, me.person_id)
    voted = ideas.vote(idea, me, counted=counted)
    await store.save_idea(session, voted)
    return voted


async def unvote(session: AsyncSession, me: Person, idea_id: UUID) -> Idea:
    """Take one's vote back, if there is one."""
    idea = await store.lock_idea(session, idea_id)
    counted = await store.drop_vote(session, idea_id, me.person_id)
    unvoted = ideas.unvote(idea, me, counted=counted)
    await store.save_idea(session, unvoted)
    return unvoted


async def decide_on_idea(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    idea_id: UUID,
    decision: IdeaDecision,
    reason: str | None,
) -> Idea:
    """Say what becomes of an idea."""
    now = clock.now()
    idea = await store.lock_idea(session, idea_id)
    decided = ideas.decide(idea, me, decision, reason, at=now)
    await store.save_idea(session, decided)
    await plans.add_to_plan_trail(session, idea_id, me.person_id, decision, at=now, reason=reason)
    return decided


async def withdraw_idea(session: AsyncSession, clock: Clock, me: Person, idea_id: UUID) -> Idea:
    """Take one's own idea back; a second time changes nothing."""
    now = clock.now()
    idea = await store.lock_idea(session, idea_id)
    withdrawn = ideas.withdraw(idea, me)
    if withdrawn is not idea:
        await store.save_idea(session, withdrawn)
        await plans.add_to_plan_trail(session, idea_id, me.person_id, "withdrawn", at=now)
    return withdrawn


async def begin_story(session: AsyncSession, clock: Clock, me: Person, idea_id: UUID) -> Idea:
    """Turn an idea into a draft that is its author's, who is credited."""
    now = clock.now()
    idea = await store.lock_idea(session, idea_id)
    ideas.check_takes_a_story(idea, me)
    author = await find_person(session, idea.author.person_id)
    if author is None:
        raise IdeasAuthorGone("Write the story, and link it.")
    story = await write_story(session, clock, me, await _draft(session, idea), author=author)
    begun = ideas.become(idea, IdeasStory(story.story_id, live=False, withdrawn=False), at=now)
    await store.save_idea(session, begun)
    await plans.add_to_plan_trail(session, idea_id, me.person_id, "story_begun", at=now)
    return begun


async def link_story(
    session: AsyncSession, clock: Clock, me: Person, idea_id: UUID, story_id: UUID
) -> Idea:
    """Say which story, that there is already, an idea became."""
    now = clock.now()
    idea = await store.lock_idea(session, idea_id)
    ideas.check_takes_a_story(idea, me)
    try:
        story = await read_story(session, clock, me, story_id)
    except StoryNotFound as refused:
        raise StoryUnknown("You can see no such story.", field="/story_id") from refused
    became = IdeasStory(story_id, live=story.live is not None, withdrawn=story.state == "withdrawn")
    linked = ideas.become(idea, became, at=now)
    await store.save_idea(session, linked)
    await plans.add_to_plan_trail(session, idea_id, me.person_id, "linked", at=now)
    return linked


async def _draft(session: AsyncSession, idea: Idea) -> dict[str, Any]:
    return texts.beginning(
        title=idea.title,
        body=idea.text,
        language=idea.language,
        topics=idea.topics,
        campaign_id=await still_joins(session, idea.campaign_id),
    )
