"""The questions about ideas."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, delete, or_, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.ideas import (
    DECIDERS,
    HIDDEN_FROM_COLLEAGUES,
    Idea,
    IdeaNotFound,
    IdeasStory,
    IdeaStatus,
)
from services.content.domain.stories import Actor, Author
from services.content.store.persons import is_person
from services.content.tables.ideas import IdeaRow, IdeaVoteRow
from services.content.tables.stories import StoryRow

IdeaOrder = Literal["newest", "votes"]

_VOTES_MAX = 2**31 - 1
"""As much as the column holds; a cursor of ours never says more."""


async def get_idea(session: AsyncSession, idea_id: UUID) -> Idea:
    """Read an idea; raises IdeaNotFound."""
    return await _idea(session, idea_id, lock=False)


async def lock_idea(session: AsyncSession, idea_id: UUID) -> Idea:
    """Lock an idea; raises IdeaNotFound."""
    return await _idea(session, idea_id, lock=True)


async def save_idea(session: AsyncSession, idea: Idea) -> None:
    """Save an idea."""
    fields = asdict(idea)
    del fields["author"], fields["story"]
    await session.merge(
        IdeaRow(
            tenant_id=tenant_of(session),
            author_id=idea.author.person_id,
            story_id=idea.story.story_id if idea.story else None,
            **{**fields, "topics": list(idea.topics)},
        )
    )
    await session.flush()


async def add_vote(session: AsyncSession, idea_id: UUID, person_id: UUID) -> bool:
    """Keep somebody's vote; answers whether it was there before."""
    vote = {"tenant_id": tenant_of(session), "idea_id": idea_id, "person_id": person_id}
    kept = insert(IdeaVoteRow).values(**vote).on_conflict_do_nothing()
    return (await (await session.connection()).execute(kept)).rowcount == 0


async def drop_vote(session: AsyncSession, idea_id: UUID, person_id: UUID) -> bool:
    """Drop somebody's vote; answers whether it was there."""
    dropped = delete(IdeaVoteRow).where(
        col(IdeaVoteRow.idea_id) == idea_id, col(IdeaVoteRow.person_id) == person_id
    )
    return (await (await session.connection()).execute(dropped)).rowcount > 0


async def voted_for(session: AsyncSession, person_id: UUID, idea_ids: Sequence[UUID]) -> set[UUID]:
    """Answer for which of some ideas somebody has voted; ask it for nobody but who asks."""
    question = select(IdeaVoteRow.idea_id).where(
        col(IdeaVoteRow.person_id) == person_id, col(IdeaVoteRow.idea_id).in_(idea_ids)
    )
    return set((await session.exec(question)).all())


async def ideas_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    order: IdeaOrder,
    status: IdeaStatus | None,
    mine: bool,
    topic: str | None,
    campaign_id: UUID | None,
    title: str | None,
) -> Sequence[Idea]:
    """Answer the ideas that somebody may see, newest or with most votes first: one more than a
    page holds. `title` is part of a title.
    """
    row = IdeaRow
    own = col(row.author_id) == actor.person_id
    hidden = {"withdrawn"} if actor.roles & DECIDERS else HIDDEN_FROM_COLLEAGUES
    seen = own if mine else or_(own, col(row.state).not_in(hidden))
    question = _ideas().where(seen, *_with_status(status))
    if topic is not None:
        question = question.where(col(row.topics).contains([topic]))
    if campaign_id is not None:
        question = question.where(col(row.campaign_id) == campaign_id)
    if title is not None:
        question = question.where(col(row.title).icontains(title, autoescape=True))
    question = _in_order(question, order, page)
    return [_read(*found) for found in (await session.exec(question.limit(page.limit + 1))).all()]


def _in_order(question: Any, order: IdeaOrder, page: PageRequest) -> Any:
    row = IdeaRow
    if order == "newest":
        if (after := page.after_id()) is not None:
            question = question.where(col(row.idea_id) < after)
        return question.order_by(col(row.idea_id).desc())
    if (place := _after_votes(page)) is not None:
        question = question.where(tuple_(col(row.votes), col(row.idea_id)) < tuple_(*place))
    return question.order_by(col(row.votes).desc(), col(row.idea_id).desc())


def _after_votes(page: PageRequest) -> tuple[int, UUID] | None:
    if page.after is None:
        return None
    try:
        votes, idea_id = int(page.after[1]), UUID(page.after[0])
    except (ValueError, IndexError) as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    if not 0 <= votes <= _VOTES_MAX:
        raise CursorUnreadable("This cursor belongs to another list.")
    return votes, idea_id


def _with_status(status: IdeaStatus | None) -> tuple[Any, ...]:
    """Answer the conditions under which an idea has a status, as `Idea.status` says it."""
    if status is None:
        return ()
    live = col(StoryRow.live_version).is_not(None)
    if status == "written":
        return (live, col(IdeaRow.state).not_in(HIDDEN_FROM_COLLEAGUES))
    if status in HIDDEN_FROM_COLLEAGUES:
        return (col(IdeaRow.state) == status,)
    return (~and_(col(StoryRow.story_id).is_not(None), live), col(IdeaRow.state) == status)


async def _idea(session: AsyncSession, idea_id: UUID, *, lock: bool) -> Idea:
    if lock:
        # Read after the lock is held, so that the story beside it is not older than the idea.
        locked = select(IdeaRow.idea_id).where(col(IdeaRow.idea_id) == idea_id).with_for_update()
        await session.exec(locked)
    question = _ideas().where(col(IdeaRow.idea_id) == idea_id)
    found = (await session.exec(question.execution_options(populate_existing=True))).first()
    if found is None:
        raise IdeaNotFound(f"No idea {idea_id}.")
    return _read(*found)


def _ideas() -> Any:
    row = IdeaRow
    becomes = and_(
        col(StoryRow.tenant_id) == col(row.tenant_id), col(StoryRow.story_id) == col(row.story_id)
    )
    return (
        select(row, PEOPLE.c.display_name, StoryRow.state, StoryRow.live_version)
        .outerjoin(PEOPLE, is_person(col(row.tenant_id), col(row.author_id)))
        .outerjoin(StoryRow, becomes)
    )


def _read(row: IdeaRow, name: str | None, state: str | None, live_version: int | None) -> Idea:
    fields = row.model_dump(exclude={"tenant_id", "author_id", "story_id", "topics"})
    story = (
        IdeasStory(row.story_id, live=live_version is not None, withdrawn=state == "withdrawn")
        if row.story_id
        else None
    )
    return Idea(**fields, author=Author(row.author_id, name), topics=tuple(row.topics), story=story)
