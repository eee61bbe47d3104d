"""The same way in and out with S3 behind it: a stand-in by somebody else, asked over HTTP."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from chassis.http_client import new_client
from fortaler.embedded.ports import free_port
from services.content.main import SERVICE
from services.content.settings import ContentSettings
from services.content.store.due_media import DueMedia
from services.content.use_cases.sweeping_media import advance
from tests.content import darkroom
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import begun
from tests.patience import until
from tests.world import World, problem_of, serving

pytestmark = pytest.mark.own_servers


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 that may not have come up yet."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("moto_server")),
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with (
        (tmp_path_factory.mktemp("s3") / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as running,
    ):
        yield f"http://127.0.0.1:{port}"
        running.terminate()


@pytest.fixture(scope="module")
async def endpoint(stand_in: str) -> str:
    """An S3 with one bucket."""
    async with new_client(stand_in) as client:
        await until(lambda: _has_bucket(client))
    return stand_in


async def _has_bucket(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.put("/pictures")).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture
async def newsroom(world: World, endpoint: str) -> AsyncIterator[Newsroom]:
    """A company whose pictures lie in S3."""
    async with founded(world, endpoint) as newsroom:
        yield newsroom


@asynccontextmanager
async def founded(world: World, endpoint: str) -> AsyncIterator[Newsroom]:
    """Answer a company whose pictures lie in an S3 of one's choice."""
    settings = ContentSettings(
        **world.settings.model_dump(),
        media_url="s3://pictures",
        media_endpoint=endpoint,
        media_access_key_id="fortaler",
        media_secret_access_key=SecretStr("only for tests"),
    )
    async with world.open(SERVICE, settings=settings) as content:
        tenant = world.new_tenant()
        await content.hire(tenant, "ana", "employee")
        yield Newsroom(content, tenant)


async def sent_to_s3(upload: dict[str, Any], file: bytes) -> int:
    """Send bytes as a browser does, to where the address leads."""
    address = upload["upload"]
    async with new_client() as client:
        answer = await client.put(address["url"], content=file, headers=address["headers"])
    return answer.status_code


async def keys_of(newsroom: Newsroom, media: dict[str, Any]) -> list[str]:
    """Answer what lies in the bucket of a picture."""
    folder = f"{newsroom.tenant.tenant_id}/{media['media_id']}"
    keys: list[str] = await newsroom.content.context.resources.keys_in(folder)
    return keys


async def completed(newsroom: Newsroom) -> dict[str, Any]:
    """Answer a picture that went all the way."""
    photo = darkroom.a_jpeg_from_a_phone()
    upload = await begun(newsroom, photo)
    assert await sent_to_s3(upload, photo) == 200
    path = f"/v1/media/{upload['media']['media_id']}/complete"
    return done(await newsroom.as_("ana").post(path))


async def test_a_photo_goes_to_s3_and_comes_from_it(newsroom: Newsroom) -> None:
    media = await completed(newsroom)

    found = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}/download"))
    async with new_client() as client:
        answer = await client.get(found["url"])

    assert (answer.status_code, len(answer.content)) == (200, media["bytes"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert darkroom.SECRET.encode() not in answer.content
    (key,) = await keys_of(newsroom, media)
    assert key.endswith(media["sha256"])


async def test_a_withdrawn_picture_is_gone_from_s3(newsroom: Newsroom) -> None:
    media = await completed(newsroom)
    found = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}/download"))

    done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"))
    due = DueMedia(newsroom.tenant.tenant_id, UUID(media["media_id"]))
    await advance(newsroom.content.context, due)

    async with new_client() as client:
        assert (await client.get(found["url"])).status_code == 404
    assert await keys_of(newsroom, media) == []


async def test_what_is_larger_than_announced_is_refused_and_removed(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, b"x" * 70)
    assert await sent_to_s3(upload, b"x" * 700) == 200

    answer = await newsroom.as_("ana").post(f"/v1/media/{upload['media']['media_id']}/complete")

    assert (answer.status_code, problem_of(answer)) == (422, "media-not-as-announced")
    assert await keys_of(newsroom, upload["media"]) == []


async def test_no_address_of_ours_is_good_where_s3_has_its_own(newsroom: Newsroom) -> None:
    answer = await newsroom.content.client.get("/v1/media/objects/Ab3.x")

    assert (answer.status_code, problem_of(answer)) == (403, "address-refused")


REMOVED = b"<DeleteResult><Deleted><Key>raw</Key></Deleted></DeleteResult>"


async def growing(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an S3 in which something endless comes to lie as soon as its size was asked."""
    method = scope["method"]
    headers = {
        "content-length": {"HEAD": "70", "GET": str(10**12), "POST": str(len(REMOVED))}[method],
        "etag": '"1"',
        "last-modified": "Thu, 01 May 2031 12:00:00 GMT",
    }
    written = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": written})
    while method == "GET" and (await receive())["type"] != "http.disconnect":
        # Whoever waits for its first byte waits for ever.
        continue
    await send({"type": "http.response.body", "body": REMOVED if method == "POST" else b""})


async def test_what_grew_after_its_size_was_asked_is_refused_unread(world: World) -> None:
    async with serving(growing) as endpoint, founded(world, endpoint) as newsroom:
        upload = await begun(newsroom, b"x" * 70)

        answer = await newsroom.as_("ana").post(f"/v1/media/{upload['media']['media_id']}/complete")

    assert (answer.status_code, problem_of(answer)) == (422, "media-not-as-announced")


async def test_while_s3_is_away_a_picture_waits(world: World) -> None:
    async with founded(world, f"http://127.0.0.1:{free_port()}") as newsroom:
        upload = await begun(newsroom, darkroom.a_jpeg())

        path = f"/v1/media/{upload['media']['media_id']}"
        answer = await newsroom.as_("ana").post(f"{path}/complete")

        assert (answer.status_code, problem_of(answer)) == (503, "objects-unavailable")
        assert done(await newsroom.as_("ana").get(path))["state"] == "awaiting_upload"
