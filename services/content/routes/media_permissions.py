"""Permissions of the people shown: recorded, read, and taken back with one call."""

from uuid import UUID

from fastapi import status

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import permissions as domain
from services.content.domain import texts
from services.content.domain.media import MediaNotFound, MediaNotYours, MediaWithdrawn
from services.content.domain.permissions import Permission
from services.content.schemas.media import PermissionIn, PermissionView
from services.content.use_cases import permissions as use_cases

router = Router(prefix="/v1/media/{media_id}/permissions")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=PermissionView,
    **refuses(
        MediaNotFound,
        MediaNotYours,
        MediaWithdrawn,
        domain.PersonNotNamed,
        domain.TooManyPermissions,
        texts.DatesOutOfOrder,
    ),
)
async def record_permission(
    media_id: UUID, body: PermissionIn, me: Me, session: Transaction, clock: Now
) -> Permission:
    """Record that somebody shown has permitted the use of a picture, for what, and until when.

    What ends by itself is not used from then on. If a live story needs it then, or if nothing else
    is permitted by whoever gave it, the picture is withdrawn everywhere, for good: renew it before.
    """
    return await use_cases.record(session, clock, me, media_id, body.model_dump())


@router.get("", response_model=Page[PermissionView], **refuses(CursorUnreadable, MediaNotFound))
async def list_permissions(
    media_id: UUID, page: Paging, me: Me, session: Transaction, clock: Now
) -> Page[Permission]:
    """List the permissions for a picture: your own, and what else you may know of.

    Whoever looks after the picture sees what holds. Who has taken something back is seen by
    themselves, admins and privacy officers only.
    """
    found = await use_cases.list_permissions(session, clock, me, media_id, page)
    return page_of(found, page.limit, lambda permission: [permission.permission_id])


@router.post(
    "/{permission_id}/withdraw",
    response_model=PermissionView,
    **refuses(MediaNotFound, domain.PermissionNotFound, domain.PermissionNotYours),
)
async def withdraw_permission(
    media_id: UUID, permission_id: UUID, me: Me, session: Transaction, clock: Now
) -> Permission:
    """Take your permission back; no reason is asked for. Twice is the same as once.

    The picture is withdrawn everywhere, at once and for good. Admins and privacy officers may do
    this for whoever asks them to.
    """
    return await use_cases.take_back(session, clock, me, media_id, permission_id)
