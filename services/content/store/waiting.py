"""The questions about what waits for whom, and about reviews as a list."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest, instant_of
from chassis.tenancy import tenant_of
from services.content.domain.deciders import Actor, Delegator
from services.content.domain.rounds import RoundState
from services.content.domain.stories import Author
from services.content.store.rights import REACHES, RIGHTS, rights_of

_ROUND_MAX = 2**31 - 1
_BEFORE_ALL = (datetime.min.replace(tzinfo=UTC), UUID(int=0), 0)


@dataclass(frozen=True)
class Filters:
    """What a list of reviews is narrowed to; None is everything."""

    stage: str | None = None
    kind: str | None = None
    campaign_id: UUID | None = None
    communication_class: str | None = None
    overdue: bool | None = None
    state: RoundState | None = None


@dataclass(frozen=True)
class Line:
    """A review in a list: what it is about, and since when it waits for how many."""

    story_id: UUID
    round: int
    version: int
    content_hash: str
    title: str
    author: Author
    kind: str
    campaign_id: UUID | None
    communication_class: str
    state: RoundState
    stage: str
    submitted_at: datetime
    stage_since: datetime
    due_at: datetime | None
    overdue: bool
    approvals_missing: int
    on_behalf_of: UUID | None


async def waiting_for(
    session: AsyncSession,
    me: Actor,
    delegators: Sequence[Delegator],
    page: PageRequest,
    filters: Filters,
    *,
    at: datetime,
) -> Sequence[Line]:
    """Answer what somebody may decide on now, oldest first: one more than the page holds.

    Each thing by which they may decide is looked up in the index by itself, and no further than
    the page: what others have waiting costs nothing.
    """
    question, asked = queue_question(session, me, delegators, page, filters, at=at)
    return await _lines(session, question, asked)


def queue_question(
    session: AsyncSession,
    me: Actor,
    delegators: Sequence[Delegator],
    page: PageRequest,
    filters: Filters,
    *,
    at: datetime,
) -> tuple[str, dict[str, Any]]:
    """Answer how PostgreSQL is asked for a queue, as those who measure it ask it too."""
    asked = {**rights_of(me, delegators), **_asked(session, page, filters, at)}
    del asked["state"], asked["after_round"]
    return _WAITING + _SHOWN, asked


async def reviews(
    session: AsyncSession, page: PageRequest, filters: Filters, *, at: datetime
) -> Sequence[Line]:
    """Answer reviews of all rounds, oldest first: one more than the page holds."""
    return await _lines(session, _REVIEWS + _SHOWN, _asked(session, page, filters, at))


def remembered(line: Line) -> Sequence[object]:
    """Answer what the cursor after a line remembers."""
    return (line.submitted_at.isoformat(), line.story_id, line.round)


def _asked(
    session: AsyncSession, page: PageRequest, filters: Filters, at: datetime
) -> dict[str, Any]:
    submitted_at, story_id, number = _after(page)
    return {
        "tenant_id": tenant_of(session),
        "at": at,
        "limit": page.limit + 1,
        **asdict(filters),
        "after_submitted_at": submitted_at,
        "after_story_id": story_id,
        "after_round": number,
    }


def _after(page: PageRequest) -> tuple[datetime, UUID, int]:
    if page.after is None:
        return _BEFORE_ALL
    try:
        submitted_at, story_id, number = page.after
        after = instant_of(submitted_at), UUID(story_id), int(number)
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    if not 0 <= after[2] <= _ROUND_MAX:
        raise CursorUnreadable("This cursor belongs to another list.")
    return after


async def _lines(session: AsyncSession, statement: str, asked: dict[str, Any]) -> list[Line]:
    found = await (await session.connection()).execute(text(statement), asked)
    lines = []
    for row in found.mappings():
        fields = dict(row)
        author = Author(fields.pop("author_id"), fields.pop("display_name"))
        lines.append(Line(author=author, **fields))
    return lines


_WAITING = f"""
    with rights as (
        select * from {RIGHTS}
    ), found as (
        select distinct on (t.submitted_at, t.story_id)
            t.story_id, t.round, nullif(h.holder, cast(:me as uuid)) as on_behalf_of
        from rights h cross join lateral (
            select t.story_id, t.round, t.submitted_at from review_tasks t
            where t.tenant_id = cast(:tenant_id as uuid) and {REACHES}
              and (t.submitted_at, t.story_id)
                  > (cast(:after_submitted_at as timestamptz), cast(:after_story_id as uuid))
              and (cast(:stage as text) is null or t.stage = cast(:stage as text))
              and (cast(:kind as text) is null or t.kind = cast(:kind as text))
              and (cast(:campaign_id as uuid) is null
                   or t.campaign_id = cast(:campaign_id as uuid))
              and (cast(:communication_class as text) is null
                   or t.communication_class = cast(:communication_class as text))
              and (cast(:overdue as boolean) is null
                   or cast(:overdue as boolean) and t.due_at <= cast(:at as timestamptz)
                   or not cast(:overdue as boolean)
                      and (t.due_at is null or t.due_at > cast(:at as timestamptz)))
            order by t.submitted_at, t.story_id limit cast(:limit as bigint)) t
        order by t.submitted_at, t.story_id, h.place
        limit cast(:limit as bigint)
    )
"""  # noqa: S608 - all of it is ours

_REVIEWS = """
    with found as (
        select r.story_id, r.round, cast(null as uuid) as on_behalf_of
        from review_rounds r
        where r.tenant_id = cast(:tenant_id as uuid)
          and (r.submitted_at, r.story_id, r.round)
              > (cast(:after_submitted_at as timestamptz), cast(:after_story_id as uuid),
                 cast(:after_round as integer))
          and (cast(:stage as text) is null or r.stage = cast(:stage as text))
          and (cast(:kind as text) is null or r.kind = cast(:kind as text))
          and (cast(:campaign_id as uuid) is null or r.campaign_id = cast(:campaign_id as uuid))
          and (cast(:communication_class as text) is null
               or r.communication_class = cast(:communication_class as text))
          and (cast(:state as text) is null or r.state = cast(:state as text))
          and (cast(:overdue as boolean) is null
               or (r.state = 'open' and coalesce(r.due_at <= cast(:at as timestamptz), false))
                  = cast(:overdue as boolean))
        order by r.submitted_at, r.story_id, r.round
        limit cast(:limit as bigint)
    )
"""

_SHOWN = """
    select r.story_id, r.round, r.version, r.content_hash, v.title, s.author_id, p.display_name,
           r.kind, r.campaign_id, r.communication_class, r.state, r.stage, r.submitted_at,
           r.stage_since, r.due_at, r.approvals_missing, f.on_behalf_of,
           r.state = 'open' and coalesce(r.due_at <= cast(:at as timestamptz), false) as overdue
    from found f
    join review_rounds r on r.tenant_id = cast(:tenant_id as uuid)
        and r.story_id = f.story_id and r.round = f.round
    join stories s on s.tenant_id = r.tenant_id and s.story_id = r.story_id
    join story_versions v
        on v.tenant_id = r.tenant_id and v.story_id = r.story_id and v.version = r.version
    left join known_people p on p.tenant_id = s.tenant_id and p.person_id = s.author_id
    order by r.submitted_at, r.story_id, r.round
"""
