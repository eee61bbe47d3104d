"""The ideas box: put in, voted for, decided on, and turned into stories."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, status
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.callers import Me, Now, Transaction
from chassis.markdown import MarkdownUnsafe
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import campaigns, ideas, life, texts
from services.content.domain.ideas import Idea
from services.content.domain.plans import PlanTrailEntry
from services.content.schemas.ideas import (
    IdeaDecisionIn,
    IdeaIn,
    IdeaLinkIn,
    IdeaView,
    view_idea,
)
from services.content.schemas.plans import PlanTrailEntryView
from services.content.store import ideas as store
from services.content.use_cases import ideas as use_cases

router = Router(prefix="/v1/ideas")

TitleFilter = Annotated[
    str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of the title.")
]

TopicFilter = Annotated[
    str | None, Query(max_length=50, pattern=r"^[^\x00]*$", description="Exactly this topic.")
]

_STORY_REFUSALS = (
    ideas.IdeaNotFound,
    ideas.NotAllowedOnIdea,
    ideas.IdeaIsOver,
    ideas.IdeaHasStory,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=IdeaView,
    **refuses(
        MarkdownUnsafe, texts.TopicRepeated, campaigns.CampaignUnknown, campaigns.CampaignNotOpen
    ),
)
async def submit_idea(body: IdeaIn, me: Me, session: Transaction, clock: Now) -> IdeaView:
    """Put an idea into the box; your colleagues see it, with your name.

    It stays as it is, since others vote for what they have read: withdraw it to say it anew.
    """
    idea = await use_cases.submit_idea(session, clock, me, body.model_dump())
    return view_idea(idea, voted=False)


@router.get("", response_model=Page[IdeaView], **refuses(CursorUnreadable))
async def list_ideas(
    page: Paging,
    me: Me,
    session: Transaction,
    sort: Annotated[store.IdeaOrder, Query(description="Newest, or most votes, first.")] = "newest",
    status: Annotated[
        ideas.IdeaStatus | None, Query(description="Only those in this state.")
    ] = None,
    mine: Annotated[bool, Query(description="Only your own.")] = False,
    topic: TopicFilter = None,
    campaign_id: Annotated[UUID | None, Query(description="Only ideas for this campaign.")] = None,
    q: TitleFilter = None,
) -> Page[IdeaView]:
    """List ideas. A declined one is seen by its author and by those who decide."""
    found = await store.ideas_seen_by(
        session, me, page, order=sort, status=status, mine=mine,
        topic=topic, campaign_id=campaign_id, title=q,
    )  # fmt: skip
    shown = await _shown(session, me, found)
    return page_of(shown, page.limit, lambda idea: [idea.idea_id, idea.votes])


@router.get("/{idea_id}", response_model=IdeaView, **refuses(ideas.IdeaNotFound))
async def read_idea(idea_id: UUID, me: Me, session: Transaction) -> IdeaView:
    """Read an idea."""
    return await _one(session, me, await use_cases.read_idea(session, me, idea_id))


@router.post(
    "/{idea_id}/vote",
    response_model=IdeaView,
    **refuses(ideas.IdeaNotFound, ideas.OwnIdea, ideas.IdeaIsOver),
)
async def vote_for_idea(idea_id: UUID, me: Me, session: Transaction) -> IdeaView:
    """Vote for a colleague's idea. Only the number is shown; voting twice is the same as once."""
    return await _one(session, me, await use_cases.vote(session, me, idea_id))


@router.delete("/{idea_id}/vote", response_model=IdeaView, **refuses(ideas.IdeaNotFound))
async def take_vote_back(idea_id: UUID, me: Me, session: Transaction) -> IdeaView:
    """Take your vote back, if you have given one."""
    return await _one(session, me, await use_cases.unvote(session, me, idea_id))


@router.post(
    "/{idea_id}/decide",
    response_model=IdeaView,
    **refuses(
        ideas.IdeaNotFound,
        ideas.NotAllowedOnIdea,
        ideas.OwnIdea,
        life.ReasonsMissing,
    ),
)
async def decide_on_idea(
    idea_id: UUID, body: IdeaDecisionIn, me: Me, session: Transaction, clock: Now
) -> IdeaView:
    """Say what becomes of an idea, as a program manager, author or admin, and why."""
    decided = await use_cases.decide_on_idea(
        session, clock, me, idea_id, body.decision, body.reason
    )
    return await _one(session, me, decided)


@router.post(
    "/{idea_id}/withdraw",
    response_model=IdeaView,
    **refuses(ideas.IdeaNotFound, ideas.NotAllowedOnIdea),
)
async def withdraw_idea(idea_id: UUID, me: Me, session: Transaction, clock: Now) -> IdeaView:
    """Take your idea back: nobody else sees it any more. Twice is the same as once."""
    return await _one(session, me, await use_cases.withdraw_idea(session, clock, me, idea_id))


@router.post(
    "/{idea_id}/story",
    response_model=IdeaView,
    **refuses(*_STORY_REFUSALS, ideas.IdeasAuthorGone),
)
async def begin_story_of_idea(idea_id: UUID, me: Me, session: Transaction, clock: Now) -> IdeaView:
    """Turn an idea into a draft of its author, who finds it among their own stories.

    Its author may do so, and whoever may decide on ideas.
    """
    return await _one(session, me, await use_cases.begin_story(session, clock, me, idea_id))


@router.post(
    "/{idea_id}/link",
    response_model=IdeaView,
    **refuses(*_STORY_REFUSALS, ideas.StoryUnknown),
)
async def link_story_to_idea(
    idea_id: UUID, body: IdeaLinkIn, me: Me, session: Transaction, clock: Now
) -> IdeaView:
    """Say which story, that you can see, an idea became."""
    linked = await use_cases.link_story(session, clock, me, idea_id, body.story_id)
    return await _one(session, me, linked)


@router.get(
    "/{idea_id}/trail",
    response_model=Page[PlanTrailEntryView],
    **refuses(CursorUnreadable, ideas.IdeaNotFound, ideas.NotAllowedOnIdea),
)
async def read_idea_trail(
    idea_id: UUID, page: Paging, me: Me, session: Transaction
) -> Page[PlanTrailEntry]:
    """Read who decided what about an idea, oldest first: its author, and those who decide."""
    entries = await use_cases.read_idea_trail(session, me, idea_id, page)
    return page_of(entries, page.limit, lambda entry: [entry.position])


async def _one(session: AsyncSession, me: Person, idea: Idea) -> IdeaView:
    return (await _shown(session, me, [idea]))[0]


async def _shown(session: AsyncSession, me: Person, found: Sequence[Idea]) -> list[IdeaView]:
    voted = await store.voted_for(session, me.person_id, [idea.idea_id for idea in found])
    return [view_idea(idea, voted=idea.idea_id in voted) for idea in found]
