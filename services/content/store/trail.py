"""The questions about who did what to a story."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.chain import Entry, Stored, sealed
from services.content.domain.stories import Act, Actor, Author, Story, TrailEntry
from services.content.store.persons import is_person
from services.content.tables.stories import TrailRow

ENTRIES_AT_ONCE = 500
"""With twenty reasons of a thousand signs each that is ten megabytes at the most."""


@dataclass(frozen=True)
class Told:
    """What an act of the trail says besides who did it when."""

    act: Act
    reasons: Sequence[str] = ()
    stage: str | None = None
    on_behalf_of: UUID | None = None
    comment: str | None = None
    from_person_id: UUID | None = None
    to_person_id: UUID | None = None


async def seal(
    session: AsyncSession, story: Story, actor: Actor | None, told: Told, *, at: datetime
) -> tuple[Story, Entry]:
    """Answer the trail's next entry, and the story that knows its hash; its lock keeps the order.

    Positions are the story's own: a sequence would tell each tenant how busy the others are.
    """
    head = story.trail
    # What a process of before the chain has written meanwhile is sealed by what comes now.
    async for stored in stored_entries(session, story.story_id, after=head.entries):
        head = sealed(head, story.story_id, stored.entry)
    entry = Entry(
        position=head.entries + 1,
        act=told.act,
        actor_id=actor.person_id if actor else None,
        version=story.working.version,
        content_hash=story.working.content_hash,
        reasons=tuple(told.reasons),
        happened_at=at,
        stage=told.stage,
        on_behalf_of=told.on_behalf_of,
        comment=told.comment,
        from_person_id=told.from_person_id,
        to_person_id=told.to_person_id,
    )
    return replace(story, trail=sealed(head, story.story_id, entry)), entry


async def add_to_trail(session: AsyncSession, story: Story, entry: Entry) -> None:
    """Keep for good who did what to a story; the story itself is saved before."""
    session.add(
        TrailRow(
            tenant_id=tenant_of(session),
            story_id=story.story_id,
            entry_hash=story.trail.entry_hash,
            **{**asdict(entry), "reasons": list(entry.reasons)},
        )
    )


async def find_classifier(session: AsyncSession, story: Story) -> UUID | None:
    """Answer who has given the working text the class that it has, or None."""
    question = (
        select(TrailRow.actor_id)
        .where(
            col(TrailRow.story_id) == story.story_id,
            col(TrailRow.act) == "classified",
            col(TrailRow.content_hash) == story.working.content_hash,
        )
        .order_by(col(TrailRow.position).desc())
        .limit(1)
    )
    return (await session.exec(question)).first()


async def stored_entries(
    session: AsyncSession, story_id: UUID, *, after: int = 0
) -> AsyncIterator[Stored]:
    """Answer the entries of a trail after a position, as they are found, in batches."""
    while True:
        question = (
            select(TrailRow)
            .where(col(TrailRow.story_id) == story_id, col(TrailRow.position) > after)
            .order_by(col(TrailRow.position))
            .limit(ENTRIES_AT_ONCE)
        )
        rows = (await session.exec(question)).all()
        for row in rows:
            fields = row.model_dump(exclude={"tenant_id", "story_id", "entry_hash"})
            entry = Entry(**{**fields, "reasons": tuple(row.reasons)})
            yield Stored(entry, row.entry_hash)
        if len(rows) < ENTRIES_AT_ONCE:
            return
        after = rows[-1].position


async def trail_of(
    session: AsyncSession, story_id: UUID, page: PageRequest
) -> Sequence[TrailEntry]:
    """Answer what was done to a story, oldest first: one more than the page holds."""
    question = (
        select(TrailRow, PEOPLE.c.display_name)
        .outerjoin(PEOPLE, is_person(col(TrailRow.tenant_id), col(TrailRow.actor_id)))
        .where(col(TrailRow.story_id) == story_id)
        .order_by(col(TrailRow.position))
    )
    if (after := page.after_number()) is not None:
        question = question.where(col(TrailRow.position) > after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [
        TrailEntry(
            **row.model_dump(exclude={"tenant_id", "story_id", "actor_id", "reasons"}),
            actor=Author(row.actor_id, name) if row.actor_id else None,
            reasons=tuple(row.reasons),
        )
        for row, name in rows
    ]
