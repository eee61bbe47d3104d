"""What can be done to permissions of the people shown: recorded, and taken back with one call."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person, find_person
from services.content.domain import media as media_rules
from services.content.domain import permissions as domain
from services.content.domain.permissions import Permission, PermissionNotFound
from services.content.domain.texts import check_order
from services.content.store import media as media_store
from services.content.store import permissions as store
from services.content.use_cases import media as media_cases


async def record(
    session: AsyncSession, clock: Clock, me: Person, media_id: UUID, fields: dict[str, Any]
) -> Permission:
    """Record that somebody shown in a picture has permitted its use."""
    now = clock.now()
    media = await media_cases.see(
        session, clock, me, await media_store.lock_media(session, media_id)
    )
    media_rules.check_may_change(media, me)
    media_rules.check_not_withdrawn(media)
    permission = Permission(
        **{**fields, "holds_from": fields["holds_from"] or now},
        permission_id=new_id(),
        media_id=media_id,
        recorded_by=me.person_id,
        recorded_at=now,
    )
    domain.check_new(permission, so_far=await store.count_permissions(session, media_id))
    check_order(permission.holds_from, permission.holds_until, at=now, field="/holds_until")
    if permission.person_id and await find_person(session, permission.person_id) is None:
        raise domain.PersonNotNamed("Nobody in the directory has this id.", field="/person_id")
    await store.save_permission(session, permission)
    given = await store.permissions_of(session, media_id)
    await media_store.save_media(session, media, ask_at=domain.asked_next(given))
    return permission


async def list_permissions(
    session: AsyncSession, clock: Clock, me: Person, media_id: UUID, page: PageRequest
) -> Sequence[Permission]:
    """List the permissions for a picture that somebody may know of."""
    media = await media_cases.read_media(session, clock, me, media_id)
    return await store.permissions_seen_by(session, media, me, page)


async def take_back(
    session: AsyncSession, clock: Clock, me: Person, media_id: UUID, permission_id: UUID
) -> Permission:
    """Take a permission back, and with it the picture, everywhere (V2, G2)."""
    now = clock.now()
    media = await media_cases.see(
        session, clock, me, await media_store.lock_media(session, media_id)
    )
    permission = await store.get_permission(session, media_id, permission_id)
    if not domain.seen_by(permission, media, me):
        raise PermissionNotFound(f"No permission {permission_id}.")
    withdrawn = domain.withdraw(permission, me, at=now)
    if withdrawn is not permission:
        await store.save_permission(session, withdrawn)
        await media_cases.withdraw(session, media, at=now)
    return withdrawn
