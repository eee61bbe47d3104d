"""Several who do something to pictures at once: none waits for ever, none is counted past."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from obstore.store import MemoryStore
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.auth import Identity
from services.content.domain import media as domain
from services.content.domain.media import Media
from services.content.objects.keeping import MEMORY_BYTES_MAX, PLACES, Objects
from services.content.objects.pictures import PICTURE_MEMORY_BYTES_MAX
from services.content.store import brand as brand_store
from services.content.store import media as media_store
from services.content.store import permissions as permission_store
from services.content.use_cases import uploads
from services.content.use_cases.media import note_person
from tests.content import darkroom
from tests.content.conftest import Newsroom
from tests.content.test_people_shown import showing_emil
from tests.content.test_stories import somebody_waits
from tests.patience import PATIENCE_S, within


async def test_who_leaves_and_who_takes_back_do_not_wait_for_each_other(
    newsroom: Newsroom,
) -> None:
    media, permission = await showing_emil(newsroom)
    media_id = UUID(media["media_id"])
    context, tenant_id = newsroom.content.context, newsroom.tenant.tenant_id
    now = context.clock.now()

    async def leaves() -> None:
        async with context.database.transaction(tenant_id) as session:
            await note_person(session, UUID(permission["person_id"]), active=False, at=now)

    async with context.database.transaction(tenant_id) as session:
        await media_store.lock_media(session, media_id)
        leaving = asyncio.create_task(leaves())
        await somebody_waits(context.database, leaving)
        given = await permission_store.get_permission(
            session, media_id, UUID(permission["permission_id"])
        )
        await permission_store.save_permission(session, replace(given, withdrawn_at=now))

    await leaving
    async with context.database.transaction(tenant_id) as session:
        taken_back = await permission_store.get_permission(session, media_id, given.permission_id)
    assert taken_back.withdrawn_at == now


class Watched(Objects):
    """An object store that notes whether somebody held a place when something was put there."""

    def __init__(self, addresses: Any) -> None:
        super().__init__(MemoryStore(), addresses)
        self.held: list[bool] = []

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        self.held.append(self.places.locked())
        await super().put(key, content, content_type=content_type)


async def test_a_picture_holds_its_place_until_it_is_kept(newsroom: Newsroom) -> None:
    objects = Watched(newsroom.content.context.resources.addresses)

    completed = await (await _completing(newsroom, objects))

    assert completed.state == "ready"
    assert objects.held == [False, True]
    assert not objects.places.locked()


class Stubborn(bytes):
    """A picture that is being made anew for as long as a test wants."""

    begun: Callable[[], object]
    may_end: threading.Event

    def startswith(self, *asked: Any) -> bool:
        """Answer as bytes do, much later; this is the first that a picture is asked."""
        self.begun()
        assert self.may_end.wait(PATIENCE_S)
        return super().startswith(*asked)


class Slow(Objects):
    """An object store whose pictures take their time."""

    def __init__(self, addresses: Any) -> None:
        super().__init__(MemoryStore(), addresses)
        self.begun = asyncio.Event()
        self.may_end = threading.Event()

    async def read(self, key: str, *, size: int) -> bytes | None:
        found = Stubborn(await super().read(key, size=size) or b"")
        found.begun = partial(asyncio.get_running_loop().call_soon_threadsafe, self.begun.set)
        found.may_end = self.may_end
        return found


async def test_a_picture_that_nobody_waits_for_any_more_holds_its_place_until_it_is_made(
    newsroom: Newsroom,
) -> None:
    objects = Slow(newsroom.content.context.resources.addresses)
    completing = asyncio.create_task(await _completing(newsroom, objects))
    await within(PATIENCE_S, objects.begun.wait())

    completing.cancel()
    await asyncio.wait([completing])
    held = objects.places.locked()
    objects.may_end.set()

    await within(PATIENCE_S, objects.places.acquire())
    assert (completing.cancelled(), held) == (True, True)


async def _completing(newsroom: Newsroom, objects: Objects) -> Coroutine[Any, Any, Media]:
    """Answer how Ana completes a photo, which has arrived in such a store."""
    photo = darkroom.a_jpeg()
    upload = await darkroom.begun(newsroom, photo)
    context, tenant_id = newsroom.content.context, newsroom.tenant.tenant_id
    async with context.database.transaction(tenant_id) as session:
        media = await media_store.get_media(session, UUID(upload["media"]["media_id"]))
    await objects.put(domain.raw_key(tenant_id, media), photo, content_type="image/jpeg")
    caller = Identity(tenant_id, newsroom.tenant.issuer, "ana")
    return uploads.complete(context, objects, caller, media.media_id)


def test_as_many_pictures_are_in_memory_as_fit_into_it() -> None:
    assert PLACES >= 1
    assert PLACES * PICTURE_MEMORY_BYTES_MAX <= MEMORY_BYTES_MAX


Locks = Callable[[AsyncSession], Awaitable[None]]


@pytest.mark.parametrize(
    ("locks", "path", "body"),
    [
        (media_store.lock_room, "/v1/media", darkroom.announcing(b"x")),
        (
            brand_store.lock_kit,
            "/v1/brand_assets",
            {"kind": "colour", "name": "Green", "colour": {"hex": "#00684A"}},
        ),
    ],
    ids=["media", "brand assets"],
)
async def test_while_somebody_is_counted_in_the_next_one_waits(
    newsroom: Newsroom, locks: Locks, path: str, body: dict[str, Any]
) -> None:
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        await locks(session)

        adding = asyncio.create_task(newsroom.as_("pia").post(path, body))
        await somebody_waits(database, adding)

        assert not adding.done()
    assert (await adding).status_code == 201
