"""What time does to pictures: uploads are given up, permissions run out, bytes are erased."""

import asyncio
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.looping import patiently
from chassis.service import Context
from chassis.telemetry import log
from chassis.tenancy import tenant_of
from services.content.domain import media as domain
from services.content.domain import permissions
from services.content.domain.media import Media, Step
from services.content.objects.folder import Folder
from services.content.objects.keeping import Objects, ObjectsUnavailable
from services.content.store import due_media
from services.content.store import media as store
from services.content.store import permissions as permission_store
from services.content.store.due_media import DueMedia, MediaSweeper
from services.content.store.pictures import uses_in_live_stories
from services.content.use_cases.media import withdraw

POLL_S = 1.0
"""The bytes of a withdrawn picture are gone within about this time; one cheap question a second."""

LATER = timedelta(minutes=1)
"""When the object store is asked again that was in trouble; other pictures do not wait for that."""

AT_ONCE_MAX = 100


async def sweep_media(context: Context) -> None:
    """Do what is due to pictures, until cancelled; trouble with the database is waited out."""

    async def while_connected() -> None:
        async with due_media.sweeping(context.database) as sweeper:
            while True:
                await sweep_round(context, sweeper)
                await asyncio.sleep(POLL_S)

    await patiently(while_connected, "media")


async def sweep_round(context: Context, sweeper: MediaSweeper) -> None:
    """Withdraw what may not be shown any more, and then see to bytes.

    A withdrawal needs no object store. So that it never waits for many calls that fail, the first
    of them ends the round: the next one begins with what follows.
    """
    for due in await sweeper.to_ask(at=context.clock.now(), limit=AT_ONCE_MAX):
        await ask(context, due)
    for due in await sweeper.due(at=context.clock.now(), limit=AT_ONCE_MAX):
        if not await advance(context, due):
            break
    await _forget_broken_off(context)


async def ask(context: Context, due: DueMedia) -> None:
    """Ask whether a picture may still be shown, if nobody else is at it; else withdraw it."""
    now = context.clock.now()
    async with context.database.transaction(due.tenant_id) as session:
        media = await store.find_free_media(session, due.media_id)
        if media is None or media.state != "ready":
            return
        given = await permission_store.permissions_of(session, media.media_id)
        uses = await uses_in_live_stories(session, media.media_id, at=now)
        if permissions.have_run_out(given, uses, at=now):
            await withdraw(session, media, at=now)
        else:
            next_at = permissions.asked_next(given, after=now)
            await store.ask_next(session, media.media_id, at=next_at)


async def advance(context: Context, due: DueMedia) -> bool:
    """Do what is due to a picture; if its store is in trouble put it off, and answer False."""
    try:
        await _take_step(context, due)
    except ObjectsUnavailable:
        log("media").warning("media.objects_unavailable")
        async with context.database.transaction(due.tenant_id) as session:
            await store.put_off(session, due.media_id, until=context.clock.now() + LATER)
        return False
    return True


async def _take_step(context: Context, due: DueMedia) -> None:
    """Do one step, if nobody else is at it.

    Bytes are removed before the row says so: whoever dies in between does it once more.
    """
    objects: Objects = context.resources
    now = context.clock.now()
    async with context.database.transaction(due.tenant_id) as session:
        media = await store.find_free_media(session, due.media_id)
        if media is None:
            return
        step = domain.next_step(media)
        if step is None or step[1] > now:
            return
        await _do(session, objects, media, step[0])


async def _do(session: AsyncSession, objects: Objects, media: Media, step: Step) -> None:
    tenant_id = tenant_of(session)
    folder = domain.folder_of(tenant_id, media)
    if step == "clear":
        await objects.empty(folder, but=domain.keys_kept(tenant_id, media))
        given = await permission_store.permissions_of(session, media.media_id)
        ask_at = permissions.asked_next(given)
        await store.save_media(session, domain.cleared(media), ask_at=ask_at)
    elif step == "erase":
        await objects.empty(folder)
        await store.save_media(session, domain.erased(media))
    else:
        await objects.empty(folder)
        await permission_store.forget_permissions(session, media.media_id)
        await store.forget_media(session, media.media_id)


async def _forget_broken_off(context: Context) -> None:
    objects: Objects = context.resources
    if isinstance(objects.addresses, Folder):
        await objects.addresses.forget_broken_off(at=context.clock.now())
