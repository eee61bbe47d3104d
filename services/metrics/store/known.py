"""Links, shares, and what figures may be asked for."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.tenancy import tenant_of
from services.metrics.domain.counting import Share, SubjectKind
from services.metrics.domain.links import Link
from services.metrics.tables import LinkDoorRow, ShareRow, SubjectRow


async def find_link(session: AsyncSession, code: str) -> Link | None:
    """Answer the link of a code, of whatever tenant, or None."""
    row = await session.get(LinkDoorRow, code)
    return Link(**row.model_dump()) if row else None


async def keep_link(session: AsyncSession, link: Link) -> Link:
    """Keep a link unless its code is taken; answers who has the code now."""
    # The one table without a tenant's wall, so that nobody may overwrite what is there.
    kept = insert(LinkDoorRow).values(asdict(link)).on_conflict_do_nothing()
    await (await session.connection()).execute(kept)
    found = await find_link(session, link.code)
    assert found is not None
    return found


async def keep_share(
    session: AsyncSession, share: Share, *, network: str, code: str | None, published: bool
) -> None:
    """Keep a share; a code, once known, and being published stay."""
    row = {
        "tenant_id": tenant_of(session),
        **asdict(share),
        "network": network,
        "code": code,
        "published": published,
    }
    kept = insert(ShareRow).values(row)
    kept = kept.on_conflict_do_update(
        index_elements=["tenant_id", "share_id"],
        set_={
            "code": func.coalesce(kept.excluded.code, ShareRow.code),
            "published": kept.excluded.published | ShareRow.published,
        },
    )
    await (await session.connection()).execute(kept)


async def keep_subject(session: AsyncSession, kind: SubjectKind, subject_id: UUID) -> None:
    """Remember that figures of a story or campaign may be asked for."""
    row = {"tenant_id": tenant_of(session), "subject_kind": kind, "subject_id": subject_id}
    kept = insert(SubjectRow).values(row).on_conflict_do_nothing()
    await (await session.connection()).execute(kept)


async def subject_known(session: AsyncSession, kind: SubjectKind, subject_id: UUID) -> bool:
    """Answer whether figures of a story or campaign may be asked for."""
    return await session.get(SubjectRow, (tenant_of(session), kind, subject_id)) is not None


async def find_shares(session: AsyncSession, share_ids: Iterable[UUID]) -> dict[UUID, Share]:
    """Answer the tenant's shares among these, by id: one question however many."""
    question = select(
        ShareRow.share_id, ShareRow.story_id, ShareRow.campaign_id, ShareRow.person_id
    ).where(col(ShareRow.share_id) == func.any(_uuids(share_ids)))
    rows = await (await session.connection()).execute(question)
    return {row.share_id: Share(*row) for row in rows}


async def get_zone(session: AsyncSession) -> ZoneInfo:
    """Answer the tenant's time zone; raises TenantNotKnown."""
    return ZoneInfo((await people.get_tenant(session)).time_zone)


async def find_zone(session: AsyncSession) -> ZoneInfo | None:
    """Answer the tenant's time zone, or None while the tenant has not been heard of."""
    try:
        return await get_zone(session)
    except people.TenantNotKnown:
        return None


def _uuids(ids: Iterable[UUID]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(Uuid))
