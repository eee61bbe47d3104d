"""The questions about how stories did: a batch of news is one statement, and so is a page."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, String, TextClause, Uuid, and_, bindparam, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.performance import (
    SHOWN_FROM,
    Change,
    OwnStory,
    Performance,
    Subject,
)
from services.content.tables.performance import StoryFigureRow
from services.content.tables.stories import StoryRow, StoryVersionRow


def _arrays(sql: str, **types: Any) -> TextClause:
    return text(sql).bindparams(
        bindparam("tenant_id", type_=Uuid),
        *(bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items()),
    )


# Rows are locked in the order of their keys, so that two workers never wait for each other.
_ADD = _arrays(
    """
    insert into story_figures as known (tenant_id, story_id, kind, total, since, as_of)
    select :tenant_id, told.*
    from unnest(:story_id, :kind, :total, :since, :as_of)
        as told (story_id, kind, total, since, as_of)
    order by story_id, kind
    on conflict (tenant_id, story_id, kind) do update set
        total = known.total + excluded.total,
        since = least(known.since, excluded.since),
        as_of = greatest(known.as_of, excluded.as_of)
    """,
    story_id=Uuid,
    kind=String,
    total=BigInteger,
    since=DateTime(timezone=True),
    as_of=DateTime(timezone=True),
)

_REMEMBER = _arrays(
    """
    insert into story_sharers (tenant_id, story_id, person_id)
    select :tenant_id, story_id, person_id
    from unnest(:story_id, :person_id) as told (story_id, person_id)
    where (select count(*) from story_sharers known where known.story_id = told.story_id) < :enough
    order by story_id, person_id
    on conflict do nothing
    """,
    story_id=Uuid,
    person_id=Uuid,
)


_TOLD = text(
    """
    select figure.story_id, kind, total, since, as_of, (
        select count(*) from story_sharers sharer where sharer.story_id = figure.story_id
    ) as people
    from story_figures figure where figure.story_id = any(:story_ids) order by figure.story_id
    """
).bindparams(bindparam("story_ids", type_=ARRAY(Uuid)))


async def add_changes(session: AsyncSession, changes: Mapping[Subject, Change]) -> None:
    """Add to the figures of stories; sums do not mind the order in which they are made."""
    columns: dict[str, list[Any]] = {
        "story_id": [subject.story_id for subject in changes],
        "kind": [subject.kind for subject in changes],
        "total": [change.delta for change in changes.values()],
        "since": [change.since for change in changes.values()],
        "as_of": [change.as_of for change in changes.values()],
    }
    await (await session.connection()).execute(_ADD, {"tenant_id": tenant_of(session), **columns})


async def remember_sharers(session: AsyncSession, sharers: Collection[tuple[UUID, UUID]]) -> None:
    """Remember who shared which story, where it is not known yet that enough did."""
    columns = {
        "story_id": [story_id for story_id, _ in sharers],
        "person_id": [person_id for _, person_id in sharers],
    }
    await (await session.connection()).execute(
        _REMEMBER, {"tenant_id": tenant_of(session), "enough": SHOWN_FROM, **columns}
    )


async def performance_of(
    session: AsyncSession, story_ids: Collection[UUID]
) -> dict[UUID, Performance]:
    """Answer how stories did, in one question; of which nothing was told, there is nothing."""
    found = await (await session.connection()).execute(_TOLD, {"story_ids": list(story_ids)})
    rows = groupby(found.all(), key=lambda row: row.story_id)
    return {story_id: _performance(list(figures)) for story_id, figures in rows}


async def own_stories_that_were_live(
    session: AsyncSession, author_id: UUID, page: PageRequest
) -> Sequence[OwnStory]:
    """Answer an author's stories that are live, or of whose shares was heard, newest first.

    One more than the page holds.
    """
    story, version = StoryRow, StoryVersionRow
    told = (
        select(StoryFigureRow.story_id)
        .where(
            col(StoryFigureRow.tenant_id) == col(story.tenant_id),
            col(StoryFigureRow.story_id) == col(story.story_id),
        )
        .exists()
    )
    is_shown = and_(
        col(version.tenant_id) == col(story.tenant_id),
        col(version.story_id) == col(story.story_id),
        col(version.version) == func.coalesce(col(story.live_version), col(story.version)),
    )
    question = (
        select(story.story_id, version.title, story.state)
        .join(version, is_shown)
        .where(col(story.author_id) == author_id, col(story.live_version).is_not(None) | told)
        .order_by(col(story.story_id).desc())
        .limit(page.limit + 1)
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(story.story_id) < after)
    rows = (await session.exec(question)).all()
    did = await performance_of(session, [story_id for story_id, _, _ in rows])
    return [
        OwnStory(story_id, title, state, did.get(story_id, Performance()))  # type: ignore[arg-type]
        for story_id, title, state in rows
    ]


def _performance(figures: Sequence[Any]) -> Performance:
    return Performance(
        # News that corrects may come before what it corrects.
        totals={figure.kind: max(figure.total, 0) for figure in figures},
        since=min(figure.since for figure in figures),
        as_of=max(figure.as_of for figure in figures),
        people=figures[0].people,
    )
