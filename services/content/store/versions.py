"""The questions about the versions that a story has had."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain import texts
from services.content.domain.stories import Version
from services.content.domain.versions import VersionLine, VersionNotFound
from services.content.tables.stories import StoryVersionRow, TrailRow


async def versions_of(
    session: AsyncSession, story_id: UUID, page: PageRequest
) -> Sequence[VersionLine]:
    """Answer a story's versions, newest first: one more than the page holds."""
    version, trail = StoryVersionRow, TrailRow
    is_its_trail = and_(
        col(trail.tenant_id) == col(version.tenant_id),
        col(trail.story_id) == col(version.story_id),
        col(trail.version) == col(version.version),
    )
    happened = func.min(col(trail.happened_at))
    question = (
        select(
            col(version.version),
            col(version.title),
            col(version.content_hash),
            happened.filter(col(trail.act).in_(("created", "revised"))).label("begun_at"),
            happened.filter(col(trail.act) == "published").label("published_at"),
        )
        .outerjoin(trail, is_its_trail)
        .where(col(version.story_id) == story_id)
        .group_by(col(version.version), col(version.title), col(version.content_hash))
        .order_by(col(version.version).desc())
    )
    if (after := page.after_number()) is not None:
        question = question.where(col(version.version) < after)
    rows = await (await session.connection()).execute(question.limit(page.limit + 1))
    return [VersionLine(**row) for row in rows.mappings()]


async def get_version(session: AsyncSession, story_id: UUID, version: int) -> Version:
    """Read one version of a story; raises VersionNotFound."""
    row = await session.get(StoryVersionRow, (tenant_of(session), story_id, version))
    if row is None:
        raise VersionNotFound(f"The story has no version {version}.")
    return Version(row.version, texts.compose(row.model_dump()))
