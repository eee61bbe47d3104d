"""The questions that content asks its database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain import texts
from services.content.domain.campaigns import Campaign, CampaignNotFound, CampaignState
from services.content.domain.stories import (
    OVERSEERS,
    Act,
    Actor,
    Author,
    State,
    Story,
    StoryLine,
    StoryNotFound,
    TrailEntry,
    Version,
)
from services.content.tables import CampaignRow, StoryRow, StoryVersionRow, TrailRow

_POSITION_MAX = 2**31 - 1


async def get_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Read a campaign; raises CampaignNotFound."""
    row = await session.get(CampaignRow, (tenant_of(session), campaign_id))
    if row is None:
        raise CampaignNotFound(f"No campaign {campaign_id}.")
    return _campaign(row)


async def lock_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Lock a campaign; raises CampaignNotFound."""
    row = await session.get(CampaignRow, (tenant_of(session), campaign_id), with_for_update=True)
    if row is None:
        raise CampaignNotFound(f"No campaign {campaign_id}.")
    return _campaign(row)


async def find_campaign_to_join(session: AsyncSession, campaign_id: UUID) -> Campaign | None:
    """Answer a campaign, or None; it cannot be closed before this transaction is over."""
    row = await session.get(
        CampaignRow, (tenant_of(session), campaign_id), with_for_update={"read": True}
    )
    return _campaign(row) if row else None


async def campaigns_of_the_tenant(
    session: AsyncSession, page: PageRequest, *, state: CampaignState | None
) -> Sequence[Campaign]:
    """Answer campaigns, newest first: one more than the page holds."""
    question = select(CampaignRow).order_by(col(CampaignRow.campaign_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(CampaignRow.campaign_id) < after)
    if state == "open":
        question = question.where(col(CampaignRow.closed_at).is_(None))
    if state == "closed":
        question = question.where(col(CampaignRow.closed_at).is_not(None))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_campaign(row) for row in rows]


async def save_campaign(session: AsyncSession, campaign: Campaign) -> None:
    """Save a campaign."""
    await session.merge(CampaignRow(tenant_id=tenant_of(session), **asdict(campaign)))


async def get_story(session: AsyncSession, story_id: UUID) -> Story:
    """Read a story; raises StoryNotFound."""
    return await _story(session, story_id, lock=False)


async def lock_story(session: AsyncSession, story_id: UUID) -> Story:
    """Lock a story; raises StoryNotFound."""
    return await _story(session, story_id, lock=True)


async def save_story(session: AsyncSession, story: Story) -> None:
    """Save a story and its working version; older versions stay as they were."""
    tenant_id = tenant_of(session)
    await session.merge(
        StoryRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            author_id=story.author.person_id,
            state=story.state,
            version=story.working.version,
            live_version=story.live.version if story.live else None,
            approved_hash=story.approved_hash,
            submitted=story.submitted,
            created_at=story.created_at,
        )
    )
    # A version refers to its story, so a new story is written first.
    await session.flush()
    fields = asdict(story.working.content)
    # As JSON holds it, so that what has not changed is seen not to have.
    fields["audience"] = {
        name: [str(one) for one in entries] for name, entries in fields["audience"].items()
    }
    fields["topics"] = list(fields["topics"])
    fields["variants"] = list(fields["variants"])
    await session.merge(
        StoryVersionRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            version=story.working.version,
            content_hash=story.working.content_hash,
            **fields,
        )
    )


async def add_to_trail(
    session: AsyncSession,
    story: Story,
    actor: Actor,
    act: Act,
    *,
    at: datetime,
    reasons: Sequence[str] = (),
) -> None:
    """Keep for good who did what to a story; the story's lock keeps the order.

    Positions are the story's own: a sequence would tell each tenant how busy the others are.
    """
    await session.flush()
    before = select(func.max(TrailRow.position)).where(col(TrailRow.story_id) == story.story_id)
    session.add(
        TrailRow(
            tenant_id=tenant_of(session),
            story_id=story.story_id,
            position=((await session.exec(before)).one() or 0) + 1,
            act=act,
            actor_id=actor.person_id,
            version=story.working.version,
            content_hash=story.working.content_hash,
            reasons=list(reasons),
            happened_at=at,
        )
    )


async def trail_of(
    session: AsyncSession, story_id: UUID, page: PageRequest
) -> Sequence[TrailEntry]:
    """Answer what was done to a story, oldest first: one more than the page holds."""
    question = (
        select(TrailRow, PEOPLE.c.display_name)
        .outerjoin(PEOPLE, _is_person(col(TrailRow.tenant_id), col(TrailRow.actor_id)))
        .where(col(TrailRow.story_id) == story_id)
        .order_by(col(TrailRow.position))
    )
    if (after := _after_position(page)) is not None:
        question = question.where(col(TrailRow.position) > after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [
        TrailEntry(
            **row.model_dump(exclude={"tenant_id", "story_id", "actor_id", "reasons"}),
            actor=Author(row.actor_id, name),
            reasons=tuple(row.reasons),
        )
        for row, name in rows
    ]


async def stories_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: State | None,
    campaign_id: UUID | None,
    mine: bool,
    topic: str | None,
    title: str | None,
) -> Sequence[StoryLine]:
    """Answer the stories that somebody may see, newest first: one more than the page holds.

    Of each the version that they may see, as `seen_by` says of a single one. `live` asks for
    whatever is live, also while its next version is being worked on; `title` is part of a title.
    """
    story, version = StoryRow, StoryVersionRow
    written = col(story.author_id) == actor.person_id
    oversees = bool(actor.roles & OVERSEERS)
    full = or_(written, col(story.submitted)) if oversees else written
    shown_state = case((full, col(story.state)), else_="live")
    question = _lines(shown_state, case((full, col(story.version)), else_=col(story.live_version)))
    if (after := page.after_id()) is not None:
        question = question.where(col(story.story_id) < after)
    if state == "live":
        question = question.where(col(story.live_version).is_not(None))
    elif state is not None:
        question = question.where(full, col(story.state) == state)
    if mine:
        question = question.where(written)
    if campaign_id is not None:
        question = question.where(col(version.campaign_id) == campaign_id)
    if topic is not None:
        question = question.where(col(version.topics).contains([topic]))
    if title is not None:
        question = question.where(col(version.title).icontains(title, autoescape=True))
    rows = await (await session.connection()).execute(question.limit(page.limit + 1))
    return [_line(dict(row)) for row in rows.mappings()]


def _lines(shown_state: Any, shown_version: Any) -> Any:
    story, version = StoryRow, StoryVersionRow
    # Where there is nothing to show, the version is null and the join leaves the story out.
    is_shown = and_(
        col(version.tenant_id) == col(story.tenant_id),
        col(version.story_id) == col(story.story_id),
        col(version.version) == shown_version,
    )
    return (
        # SQLModel's own select is typed for four columns at most.
        select(  # type: ignore[call-overload]
            col(story.story_id),
            col(story.author_id),
            PEOPLE.c.display_name,
            shown_state.label("state"),
            col(version.version),
            col(story.live_version),
            col(version.content_hash),
            col(version.title),
            col(version.link),
            col(version.language),
            col(version.topics),
            col(version.campaign_id),
            col(version.embargo_until),
            col(version.expires_at),
            col(story.created_at),
        )
        .join(version, is_shown)
        .outerjoin(PEOPLE, _is_person(col(story.tenant_id), col(story.author_id)))
        .order_by(col(story.story_id).desc())
    )


def _line(fields: dict[str, Any]) -> StoryLine:
    author = Author(fields.pop("author_id"), fields.pop("display_name"))
    return StoryLine(author=author, topics=tuple(fields.pop("topics")), **fields)


async def _story(session: AsyncSession, story_id: UUID, *, lock: bool) -> Story:
    key = (tenant_of(session), story_id)
    row = await session.get(StoryRow, key, with_for_update=lock or None)
    if row is None:
        raise StoryNotFound(f"No story {story_id}.")
    # The versions are read after the lock is held: they are then those that the row names.
    question = select(StoryVersionRow).where(
        col(StoryVersionRow.story_id) == story_id,
        col(StoryVersionRow.version).in_({row.version, row.live_version or row.version}),
    )
    versions = {one.version: _version(one) for one in (await session.exec(question)).all()}
    named = select(PEOPLE.c.display_name).where(_is_person(key[0], row.author_id))
    return Story(
        story_id=story_id,
        author=Author(row.author_id, (await session.exec(named)).first()),
        state=row.state,  # type: ignore[arg-type]  # only save_story writes it
        working=versions[row.version],
        live=versions[row.live_version] if row.live_version else None,
        approved_hash=row.approved_hash,
        submitted=row.submitted,
        created_at=row.created_at,
    )


def _version(row: StoryVersionRow) -> Version:
    return Version(row.version, texts.compose(row.model_dump()))


def _campaign(row: CampaignRow) -> Campaign:
    return Campaign(**row.model_dump(exclude={"tenant_id"}))


def _is_person(tenant_id: Any, person_id: Any) -> Any:
    return and_(PEOPLE.c.tenant_id == tenant_id, PEOPLE.c.person_id == person_id)


def _after_position(page: PageRequest) -> int | None:
    if page.after is None:
        return None
    try:
        position = int(page.after[0])
    except (ValueError, IndexError) as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    if not 0 <= position <= _POSITION_MAX:
        raise CursorUnreadable("This cursor belongs to another list.")
    return position
