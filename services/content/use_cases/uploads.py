"""An upload is completed: looked at, made anew, and kept; no transaction waits for any of that."""

import asyncio
from hashlib import sha256
from uuid import UUID

from chassis.auth import Identity
from chassis.callers import get_caller, tenant_id_of
from chassis.errors import Refusal
from chassis.service import Context
from services.content.domain import media as domain
from services.content.domain import permissions
from services.content.domain.media import Media, Prepared
from services.content.objects.keeping import Objects, SizeDiffers
from services.content.objects.pictures import make_anew
from services.content.store import media as store
from services.content.store import permissions as permission_store
from services.content.use_cases.media import see

PLACE_TIMEOUT_S = 15.0
"""Until it is a picture's turn: one at a time is made anew, most in a tenth of a second."""


class MediaNotUploaded(Refusal):
    """Nothing has arrived at the upload's address yet."""

    kind = "conflict"
    title = "Media was not uploaded"


class MediaNotAsAnnounced(Refusal):
    """What arrived has another length or hash than was announced; send it again."""

    kind = "invalid"
    title = "Media is not what was announced"


class MediaBusy(Refusal):
    """Many pictures are being completed; complete this one again in a moment."""

    kind = "unavailable"
    title = "Too many pictures at once"
    retry_after_s = 5


async def complete(context: Context, objects: Objects, identity: Identity, media_id: UUID) -> Media:
    """Let an uploaded picture be used; a second time nothing is done.

    What cannot be used is removed at once, so that whoever sent it may send another. Two short
    transactions stand round the work. Who dies in between leaves the upload as it was, or bytes
    that no row names: both are swept (domain/media.py, next_step).
    """
    tenant_id = tenant_id_of(identity)
    media = await _begun(context, identity, media_id)
    if media.state == "ready":
        return media
    raw = domain.raw_key(tenant_id, media)
    try:
        prepared = await _kept_anew(objects, tenant_id, media)
    except MediaNotUploaded:
        # Somebody else may have completed it just now, and removed what had arrived.
        media = await _begun(context, identity, media_id)
        if media.state == "ready":
            return media
        raise
    except Refusal as refusal:
        if refusal.kind == "invalid":
            await objects.remove(raw)
        raise
    async with context.database.transaction(tenant_id) as session:
        media = domain.complete(
            await store.lock_media(session, media_id), prepared, at=context.clock.now()
        )
        given = await permission_store.permissions_of(session, media_id)
        await store.save_media(session, media, ask_at=permissions.asked_next(given))
    await objects.remove(raw)
    return media


async def _begun(context: Context, identity: Identity, media_id: UUID) -> Media:
    async with context.database.transaction(identity.tenant_id) as session:
        me = await get_caller(session, identity)
        media = await see(session, context.clock, me, await store.get_media(session, media_id))
    domain.check_may_change(media, me)
    if media.state != "ready":
        domain.check_completable(media, at=context.clock.now())
    return media


async def _kept_anew(objects: Objects, tenant_id: UUID, media: Media) -> Prepared:
    """Make what has arrived anew, and keep it, in a place: its bytes are in memory till the end.

    The work goes on when nobody waits for it any more, since its thread would: so the place is
    held for as long. What it keeps then is swept, as what anybody leaves who dies here.
    """
    try:
        async with asyncio.timeout(PLACE_TIMEOUT_S):
            await objects.places.acquire()
    except TimeoutError as error:
        raise MediaBusy("Complete it again in a moment.") from error
    working = asyncio.create_task(_made_anew(objects, tenant_id, media))
    working.add_done_callback(lambda _: objects.places.release())
    return await asyncio.shield(working)


async def _made_anew(objects: Objects, tenant_id: UUID, media: Media) -> Prepared:
    content = await _arrived(objects, domain.raw_key(tenant_id, media), media)
    made = await asyncio.to_thread(make_anew, content, content_type=media.content_type)
    key = domain.key_of(tenant_id, media, made.prepared.sha256)
    await objects.put(key, made.content, content_type=made.prepared.content_type)
    return made.prepared


async def _arrived(objects: Objects, raw: str, media: Media) -> bytes:
    try:
        content = await objects.read(raw, size=media.bytes)
    except SizeDiffers as found:
        # S3 does not know how much was announced.
        raise MediaNotAsAnnounced(
            f"{media.bytes:,} bytes were announced, {found.size:,} have arrived."
        ) from found
    if content is None:
        raise MediaNotUploaded("Send the bytes to the upload's address first.")
    if media.sha256 is not None and sha256(content).hexdigest() != media.sha256:
        raise MediaNotAsAnnounced("What has arrived has another SHA-256 than was announced.")
    return content
