"""The question which pictures concern somebody: shown there, or in a story that is theirs to mend
or to decide on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, column, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from services.content.domain.deciders import Actor, Delegator
from services.content.store.delegations import delegators_of
from services.content.store.rights import REACHES, RIGHTS, rights_of
from services.content.tables.media import PermissionRow, StoryMediaRow
from services.content.tables.stories import StoryRow


async def concerns(session: AsyncSession, media_id: UUID, actor: Actor, *, at: datetime) -> bool:
    """Answer whether a picture concerns somebody."""
    shown = showing(actor).where(col(PermissionRow.media_id) == media_id)
    waiting = await waiting_for(session, actor, at=at)
    own = in_stories_of(actor).where(col(StoryMediaRow.media_id) == media_id)
    waits = waiting.where(waiting.selected_columns.media_id == media_id)
    asked = shown.union_all(own, waits).limit(1)
    return (await (await session.connection()).execute(asked)).first() is not None


def showing(actor: Actor) -> Any:
    """Answer how the pictures are asked for that show somebody, as far as it is said."""
    return select(PermissionRow.media_id).where(col(PermissionRow.person_id) == actor.person_id)


def in_stories_of(actor: Actor) -> Any:
    """Answer how the pictures are asked for that somebody's own stories show, whoever put them in.

    A story that was handed over brings pictures along that are nobody's in the library yet.
    """
    return (
        select(StoryMediaRow.media_id)
        .join(
            StoryRow,
            and_(
                col(StoryRow.tenant_id) == col(StoryMediaRow.tenant_id),
                col(StoryRow.story_id) == col(StoryMediaRow.story_id),
            ),
        )
        .where(col(StoryRow.author_id) == actor.person_id)
    )


async def waiting_for(session: AsyncSession, actor: Actor, *, at: datetime) -> Any:
    """Answer how the pictures are asked for that are in a story which somebody is to decide on."""
    delegators = await delegators_of(session, actor.person_id, at=at)
    return to_decide_on(session, actor, delegators)


def to_decide_on(session: AsyncSession, actor: Actor, delegators: Sequence[Delegator]) -> Any:
    """Answer the same, for somebody who decides in the names of others too."""
    asked = {**rights_of(actor, delegators), "tenant_id": tenant_of(session)}
    found = text(_TO_DECIDE_ON).bindparams(**asked).columns(column("media_id", Uuid()))
    return select(found.subquery("to_decide_on").c.media_id)


# Which stories these are is said as for their queue (`waiting.waiting_for`).
_TO_DECIDE_ON = f"""
    select s.media_id from {RIGHTS}
    join review_tasks t on t.tenant_id = cast(:tenant_id as uuid) and {REACHES}
    join story_media s on s.tenant_id = t.tenant_id and s.story_id = t.story_id and s.working
"""  # noqa: S608 - all of it is ours
