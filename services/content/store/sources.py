"""The questions about sources."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.sources import Source, SourceNotFound
from services.content.tables.sources import SourceRow


async def get_source(session: AsyncSession, source_id: UUID) -> Source:
    """Read a source; raises SourceNotFound."""
    return _source(_found(await session.get(SourceRow, (tenant_of(session), source_id)), source_id))


async def lock_source(session: AsyncSession, source_id: UUID) -> Source:
    """Lock a source; raises SourceNotFound."""
    key = (tenant_of(session), source_id)
    return _source(_found(await session.get(SourceRow, key, with_for_update=True), source_id))


async def find_due_source(session: AsyncSession, source_id: UUID, *, at: datetime) -> Source | None:
    """Lock a source that is due, or answer None: somebody else is at it, or was quicker."""
    question = (
        select(SourceRow)
        .where(col(SourceRow.source_id) == source_id, col(SourceRow.due_at) <= at)
        .with_for_update(skip_locked=True)
    )
    row = (await session.exec(question)).first()
    return _source(row) if row else None


async def find_leased_source(
    session: AsyncSession, source_id: UUID, lease_id: UUID
) -> Source | None:
    """Lock a source that is still this lease's, or answer None."""
    question = (
        select(SourceRow)
        .where(col(SourceRow.source_id) == source_id, col(SourceRow.lease_id) == lease_id)
        .with_for_update()
    )
    row = (await session.exec(question)).first()
    return _source(row) if row else None


async def urls_of_the_tenant(session: AsyncSession) -> Sequence[str]:
    """Answer every address that is read; nobody adds one before this transaction is over."""
    await alone_with(session, "sources")
    return (await session.exec(select(SourceRow.url))).all()


async def sources_of_the_tenant(session: AsyncSession, page: PageRequest) -> Sequence[Source]:
    """Answer sources, newest first: one more than the page holds."""
    question = select(SourceRow).order_by(col(SourceRow.source_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(SourceRow.source_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_source(row) for row in rows]


async def save_source(session: AsyncSession, source: Source) -> None:
    """Save a source."""
    fields = {**asdict(source), "topics": list(source.topics)}
    host = urlsplit(source.url).hostname or ""
    await session.merge(SourceRow(tenant_id=tenant_of(session), host=host, **fields))


async def drop_source(session: AsyncSession, source_id: UUID) -> None:
    """Drop a source with its items; raises SourceNotFound."""
    key = (tenant_of(session), source_id)
    row = _found(await session.get(SourceRow, key, with_for_update=True), source_id)
    await session.delete(row)


def _found(row: SourceRow | None, source_id: UUID) -> SourceRow:
    if row is None:
        raise SourceNotFound(f"No source {source_id}.")
    return row


def _source(row: SourceRow) -> Source:
    fields = row.model_dump(exclude={"tenant_id", "host"})
    return Source(**{**fields, "topics": tuple(row.topics)})
