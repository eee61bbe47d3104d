"""What can be done to pictures: begun, changed, withdrawn, kept, fetched."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person
from chassis.preconditions import IfMatch
from chassis.tenancy import tenant_of
from contracts.content import MediaWithdrawn
from services.content.domain import media as domain
from services.content.domain import permissions
from services.content.domain.media import Media, Origin
from services.content.objects.keeping import DOWNLOAD_FOR, Address, Objects
from services.content.store import media as store
from services.content.store import permissions as permission_store
from services.content.store.concerned import concerns
from services.content.store.pictures import is_shown_to_all

_OBJECT_NAME_BYTES = 16
"""128 bits: nobody guesses where a picture lies."""


@dataclass(frozen=True)
class Upload:
    """A picture that was begun, and where to send its bytes."""

    media: Media
    upload: Address


async def begin(
    session: AsyncSession, clock: Clock, objects: Objects, me: Person, fields: dict[str, Any]
) -> Upload:
    """Begin to upload a picture; nobody else sees it before it has arrived."""
    now = clock.now()
    await store.lock_room(session)
    count, total_bytes, awaiting = await store.room_taken(session, me.person_id)
    domain.check_room(count=count, total_bytes=total_bytes, awaiting=awaiting)
    media = domain.begin(
        Media(
            **{**fields, "origin": Origin(**fields["origin"])},
            media_id=new_id(),
            state="awaiting_upload",
            width=None,
            height=None,
            in_library=False,
            uploaded_by=me.person_id,
            object_name=secrets.token_hex(_OBJECT_NAME_BYTES),
            created_at=now,
        )
    )
    await store.save_media(session, media)
    upload = objects.address(
        "PUT",
        domain.raw_key(tenant_of(session), media),
        content_type=media.content_type,
        size=media.bytes,
        at=now,
        lasting=domain.UPLOAD_FOR,
    )
    return Upload(media, upload)


async def read_media(session: AsyncSession, clock: Clock, me: Person, media_id: UUID) -> Media:
    """Read a picture as somebody may see it."""
    return await see(session, clock, me, await store.get_media(session, media_id))


async def address_of(
    session: AsyncSession, clock: Clock, objects: Objects, me: Person, media_id: UUID
) -> Address:
    """Answer where a picture is to be had for some minutes; raises MediaWithdrawn."""
    media = await read_media(session, clock, me, media_id)
    domain.check_usable(media)
    assert media.sha256 is not None
    return objects.address(
        "GET",
        domain.key_of(tenant_of(session), media, media.sha256),
        content_type=media.content_type,
        size=media.bytes,
        at=clock.now(),
        lasting=DOWNLOAD_FOR,
    )


async def change_media(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    media_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Media:
    """Change what is said of a picture."""
    media = await see(session, clock, me, await store.lock_media(session, media_id))
    if "origin" in changes:
        changes = {**changes, "origin": Origin(**changes["origin"])}
    changed = domain.change(media, me, changes, shown=await is_shown_to_all(session, media_id))
    expected.check(media)
    await _save(session, changed)
    return changed


async def withdraw_media(session: AsyncSession, clock: Clock, me: Person, media_id: UUID) -> Media:
    """Take a picture away everywhere, for good; a second time changes and announces nothing."""
    media = await see(session, clock, me, await store.lock_media(session, media_id))
    domain.check_may_change(media, me)
    return await withdraw(session, media, at=clock.now())


async def keep_media(session: AsyncSession, clock: Clock, me: Person, media_id: UUID) -> Media:
    """Settle a review: the picture stays, though somebody shown in it has left."""
    media = await see(session, clock, me, await store.lock_media(session, media_id))
    domain.check_may_change(media, me)
    kept = domain.keep(media)
    await _save(session, kept)
    return kept


async def withdraw(session: AsyncSession, media: Media, *, at: datetime) -> Media:
    """Withdraw a picture that is locked, and tell everybody that it must not be shown."""
    withdrawn = domain.withdraw(media, at=at)
    if withdrawn is media:
        return media
    await _save(session, withdrawn)
    # Of what never arrived nobody has heard.
    if media.state == "ready":
        outbox.add(session, MediaWithdrawn(media_id=media.media_id), at=at)
    return withdrawn


async def note_person(
    session: AsyncSession, person_id: UUID, *, active: bool, at: datetime
) -> None:
    """Have pictures looked at whose shown person has left the company (G3)."""
    # The pictures first, as whoever takes a permission back does: the other way round each of the
    # two could wait for the other.
    locked = await store.lock_media_showing(session, person_id, known_as_gone=active)
    news = await permission_store.note_leaving(
        session, person_id, locked, at=None if active else at
    )
    if not active:
        await store.ask_for_review(session, news, at=at)


async def see(session: AsyncSession, clock: Clock, me: Person, media: Media) -> Media:
    """Answer a picture if somebody may see it; raises MediaNotFound."""
    concerned = await concerns(session, media.media_id, me, at=clock.now())
    return domain.seen_by(media, me, concerned=concerned)


async def media_for(
    session: AsyncSession,
    me: Person,
    media_ids: Sequence[UUID],
    *,
    there: Collection[UUID] = (),
) -> list[Media | None]:
    """Answer pictures that somebody may use, in the order asked for; None where they see none.

    What they see only because of a story is not theirs to use in another: that of theirs which they
    ask for has those that are `there`.
    """
    found = await store.media_named(session, media_ids)
    showing = await permission_store.media_showing(session, media_ids, me.person_id)
    return [
        media
        if (media := found.get(media_id))
        and domain.is_seen(media, me, concerned=media_id in showing or media_id in there)
        else None
        for media_id in media_ids
    ]


async def _save(session: AsyncSession, media: Media) -> None:
    given = await permission_store.permissions_of(session, media.media_id)
    await store.save_media(session, media, ask_at=permissions.asked_next(given))
