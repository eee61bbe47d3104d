"""The questions about what the people shown have permitted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.media import PRIVACY, Media
from services.content.domain.permissions import Permission, PermissionNotFound
from services.content.domain.stories import Actor
from services.content.tables.media import MediaRow, PermissionRow


async def get_permission(session: AsyncSession, media_id: UUID, permission_id: UUID) -> Permission:
    """Read a permission, while its picture is locked; raises PermissionNotFound."""
    row = await session.get(PermissionRow, (tenant_of(session), permission_id))
    if row is None or row.media_id != media_id:
        raise PermissionNotFound(f"No permission {permission_id}.")
    return _permission(row)


async def permissions_of(session: AsyncSession, media_id: UUID) -> Sequence[Permission]:
    """Answer every permission for a picture; there is a limit to them."""
    return (await permissions_by_media(session, [media_id])).get(media_id, [])


async def permissions_by_media(
    session: AsyncSession, media_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Permission]]:
    """Answer every permission for some pictures, by picture."""
    question = (
        select(PermissionRow)
        .where(col(PermissionRow.media_id).in_(media_ids))
        .order_by(col(PermissionRow.permission_id))
    )
    by_media: dict[UUID, list[Permission]] = {}
    for row in (await session.exec(question)).all():
        by_media.setdefault(row.media_id, []).append(_permission(row))
    return by_media


async def permissions_of_ready(
    session: AsyncSession, media_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Permission]]:
    """Answer which of some pictures are there, and what was permitted for each, in one question.

    What was taken back is left out: with it went the picture.
    """
    if not media_ids:
        return {}
    question = (
        select(MediaRow.media_id, PermissionRow)
        .outerjoin(
            PermissionRow,
            and_(
                col(PermissionRow.tenant_id) == col(MediaRow.tenant_id),
                col(PermissionRow.media_id) == col(MediaRow.media_id),
                col(PermissionRow.withdrawn_at).is_(None),
            ),
        )
        .where(col(MediaRow.media_id).in_(media_ids), col(MediaRow.state) == "ready")
    )
    by_media: dict[UUID, list[Permission]] = {}
    for media_id, row in (await session.exec(question)).all():
        given = by_media.setdefault(media_id, [])
        if row is not None:
            given.append(_permission(row))
    return by_media


async def permissions_seen_by(
    session: AsyncSession, media: Media, actor: Actor, page: PageRequest
) -> Sequence[Permission]:
    """Answer the permissions for a picture that somebody may know of: one more than asked for.

    The same as `permissions.seen_by` says of a single one.
    """
    question = (
        select(PermissionRow)
        .where(col(PermissionRow.media_id) == media.media_id, *_seen(media, actor))
        .order_by(col(PermissionRow.permission_id))
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(PermissionRow.permission_id) > after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_permission(row) for row in rows]


async def media_showing(
    session: AsyncSession, media_ids: Sequence[UUID], person_id: UUID
) -> set[UUID]:
    """Answer which of some pictures show somebody, as far as it is said."""
    question = select(PermissionRow.media_id).where(
        col(PermissionRow.media_id).in_(media_ids), col(PermissionRow.person_id) == person_id
    )
    return set((await session.exec(question)).all())


async def count_permissions(session: AsyncSession, media_id: UUID) -> int:
    """Answer how many permissions a picture has."""
    question = select(func.count()).where(col(PermissionRow.media_id) == media_id)
    return (await session.exec(question)).one()


async def save_permission(session: AsyncSession, permission: Permission) -> None:
    """Save a permission."""
    fields = asdict(permission)
    fields |= {name: list(fields[name]) for name in ("purposes", "networks")}
    key = (tenant_of(session), permission.permission_id)
    known = await session.get(PermissionRow, key)
    left_at = known.left_at if known else None
    await session.merge(PermissionRow(tenant_id=key[0], left_at=left_at, **fields))


async def forget_permissions(session: AsyncSession, media_id: UUID) -> None:
    """Forget the permissions for a picture that never arrived."""
    await session.exec(delete(PermissionRow).where(col(PermissionRow.media_id) == media_id))


async def note_leaving(
    session: AsyncSession, person_id: UUID, media_ids: Sequence[UUID], *, at: datetime | None
) -> Sequence[UUID]:
    """Note that somebody shown in pictures, which are locked, has left, or is back (None).

    Answers the pictures it is news for.
    """
    so_far = col(PermissionRow.left_at)
    statement = (
        update(PermissionRow)
        .where(col(PermissionRow.media_id).in_(media_ids))
        .where(col(PermissionRow.person_id) == person_id, col(PermissionRow.withdrawn_at).is_(None))
        .where(so_far.is_(None) if at else so_far.is_not(None))
        .values(left_at=at)
        .returning(col(PermissionRow.media_id))
    )
    return sorted({media_id for (media_id,) in (await session.exec(statement)).all()})


def _seen(media: Media, actor: Actor) -> list[Any]:
    if actor.roles & PRIVACY:
        return []
    own = col(PermissionRow.person_id) == actor.person_id
    looks_after = media.uploaded_by == actor.person_id or "program_manager" in actor.roles
    if looks_after and media.state != "withdrawn":
        return [or_(own, col(PermissionRow.withdrawn_at).is_(None))]
    return [own]


def _permission(row: PermissionRow) -> Permission:
    fields = row.model_dump(exclude={"tenant_id", "left_at"})
    fields |= {name: tuple(fields[name]) for name in ("purposes", "networks")}
    return Permission(**fields)
