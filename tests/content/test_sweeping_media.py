"""What time does to pictures: first nobody is shown them any more, then their bytes are seen to."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from contracts.content import MediaWithdrawn
from services.content.store.due_media import sweeping
from services.content.store.media import get_media
from services.content.use_cases.sweeping_media import sweep_round
from tests.chassis.processes import started
from tests.content import sweeping_process
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import developed
from tests.content.sweeping_process import POINTS
from tests.content.test_people_shown import kept_of, later, showing_emil, swept
from tests.patience import until


def root_of(newsroom: Newsroom) -> Path:
    """Answer the folder in which this company's pictures lie, and everybody else's."""
    return Path(urlsplit(newsroom.content.context.settings.media_url).path)  # type: ignore[attr-defined]


@contextmanager
def out_of_reach(newsroom: Newsroom, media: dict[str, Any]) -> Iterator[None]:
    """Let the object store fail for one picture: it finds no end in what lies there."""
    folder = root_of(newsroom) / str(newsroom.tenant.tenant_id) / media["media_id"]
    (folder / "round").symlink_to(folder)
    try:
        yield
    finally:
        (folder / "round").unlink()


async def sweeper_looks(newsroom: Newsroom) -> None:
    """Let a worker do once what is due, whosever it is."""
    context = newsroom.content.context
    async with sweeping(context.database) as sweeper:
        await sweep_round(context, sweeper)


async def withdrawn(newsroom: Newsroom) -> dict[str, Any]:
    """Answer a picture that was withdrawn, and whose bytes still lie there."""
    media = await developed(newsroom)
    return done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"))


async def state_of(newsroom: Newsroom, media: dict[str, Any]) -> Any:
    return done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}"))["state"]


async def test_a_picture_that_is_out_of_reach_holds_up_no_other(newsroom: Newsroom) -> None:
    stuck, other = await withdrawn(newsroom), await withdrawn(newsroom)

    async def other_is_erased() -> bool:
        await sweeper_looks(newsroom)
        return not await kept_of(newsroom, other)

    with out_of_reach(newsroom, stuck):
        await until(other_is_erased)

    assert len(await kept_of(newsroom, stuck)) == 1
    await swept(newsroom, stuck)
    assert await kept_of(newsroom, stuck) == []


async def test_what_has_run_out_is_withdrawn_though_its_bytes_are_out_of_reach(
    newsroom: Newsroom,
) -> None:
    media, _ = await showing_emil(newsroom, holds_until="2061-01-01T00:00:00Z")
    await later(newsroom, media, "created_at", "media")
    with out_of_reach(newsroom, media):
        await swept(newsroom, media)
        await later(newsroom, media, "holds_until", "media_permissions")

        await swept(newsroom, media)

    assert await state_of(newsroom, media) == "withdrawn"
    announced = await newsroom.content.announced(newsroom.tenant)
    assert [type(one) for one in announced[-1:]] == [MediaWithdrawn]


async def test_the_worker_finds_what_has_run_out(newsroom: Newsroom) -> None:
    media, _ = await showing_emil(newsroom, holds_until="2061-01-01T00:00:00Z")
    await sweeper_looks(newsroom)
    before = await state_of(newsroom, media)
    await later(newsroom, media, "holds_until", "media_permissions")
    await later(newsroom, media, "ask_at", "media")

    async def is_withdrawn() -> bool:
        await sweeper_looks(newsroom)
        return bool(await state_of(newsroom, media) == "withdrawn")

    await until(is_withdrawn)
    assert before == "ready"


AT_THE_DEATH: dict[str, tuple[str, int, int]] = {
    "before-commit": ("ready", 1, 0),
    "after-commit": ("withdrawn", 1, 1),
    "bytes-gone": ("withdrawn", 0, 1),
}
"""What a worker that is killed leaves: the picture's state, its objects, and announcements."""


@pytest.mark.parametrize("point", POINTS)
async def test_wherever_a_sweeper_is_killed_another_follows_and_tells_of_it_once(
    newsroom: Newsroom, point: str
) -> None:
    media, _ = await showing_emil(newsroom, holds_until="2061-01-01T00:00:00Z")
    await later(newsroom, media, "holds_until", "media_permissions")
    await later(newsroom, media, "ask_at", "media")
    settings, media_id = newsroom.content.context.settings, media["media_id"]
    async with started(settings, point, media_id, module=sweeping_process.__name__) as worker:
        await worker.heard("here")
        await worker.kill()

    async def is_erased() -> bool:
        await sweeper_looks(newsroom)
        return await says_erased(newsroom, media)

    left = await left_of(newsroom, media)
    said = await says_erased(newsroom, media)
    await until(is_erased)

    assert (left, said) == (AT_THE_DEATH[point], False)
    assert await left_of(newsroom, media) == ("withdrawn", 0, 1)


async def left_of(newsroom: Newsroom, media: dict[str, Any]) -> tuple[str, int, int]:
    """Answer a picture's state, how much of it lies there, and how often it was withdrawn."""
    announced = await newsroom.content.announced(newsroom.tenant)
    withdrawals = [one for one in announced if isinstance(one, MediaWithdrawn)]
    kept = await kept_of(newsroom, media)
    return await state_of(newsroom, media), len(kept), len(withdrawals)


async def says_erased(newsroom: Newsroom, media: dict[str, Any]) -> bool:
    """Answer whether a picture's row says that its bytes are gone."""
    async with newsroom.content.context.database.transaction(newsroom.tenant.tenant_id) as session:
        return (await get_media(session, UUID(media["media_id"]))).erased


async def test_what_others_have_removed_meanwhile_is_no_trouble(newsroom: Newsroom) -> None:
    objects = newsroom.content.context.resources
    folder = f"{newsroom.tenant.tenant_id}/crowded"
    for number in range(30):
        await objects.put(f"{folder}/{number}/bytes", b"x", content_type="image/png")

    await asyncio.gather(*(objects.empty(folder) for _ in range(8)))

    assert await objects.keys_in(folder) == []


async def test_what_has_arrived_while_it_was_looked_at_is_no_trouble(newsroom: Newsroom) -> None:
    arriving = root_of(newsroom) / ".arriving"
    arriving.mkdir(exist_ok=True)
    gone = arriving / "gone"
    # Listed, but not there when it is looked at.
    gone.symlink_to(root_of(newsroom) / "nowhere")
    broken_off = arriving / "broken-off"
    broken_off.touch()
    os.utime(broken_off, (0, 0))

    await sweeper_looks(newsroom)

    gone.unlink()
    assert not broken_off.exists()
