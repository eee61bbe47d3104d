"""Whether somebody is editing a story already: what an editor saves by itself is one edit."""

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.content.domain.stories import Actor, Story
from services.content.tables.stories import TrailRow

EDITING = timedelta(minutes=15)
"""Who has saved again by then has not put the text away."""


async def is_editing(session: AsyncSession, story: Story, actor: Actor, *, at: datetime) -> bool:
    """Answer whether the trail already ends with this person's beginning to edit this version."""
    question = (
        select(TrailRow)
        .where(col(TrailRow.story_id) == story.story_id)
        .order_by(col(TrailRow.position).desc())
        .limit(1)
    )
    last = (await session.exec(question)).first()
    return (
        last is not None
        and (last.act, last.actor_id, last.version)
        == ("edited", actor.person_id, story.working.version)
        and at - last.happened_at < EDITING
    )
