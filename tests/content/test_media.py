"""A picture's way into the company: announced, sent without a token, completed, fetched."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.crypto import new_key
from contracts.content import MEDIA_BYTES_MAX
from services.content.objects.signing import AddressExpired, AddressRefused, Grant, Signer
from tests.content import darkroom
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import begun, developed, fetched, sent, tried
from tests.world import problem_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
GRANT = Grant("PUT", "tenant/media/secret/raw", "image/png", 70, NOON + timedelta(minutes=15))
SIGNER = Signer(new_key())


async def test_a_photo_comes_in_and_is_fetched_without_what_it_hid(newsroom: Newsroom) -> None:
    photo = darkroom.a_jpeg_from_a_phone()

    media = await developed(newsroom, photo, sha256=sha256(photo).hexdigest())

    kept = await fetched(newsroom, media)
    assert media["state"] == "ready"
    assert (media["width"], media["height"]) == (48, 64)
    assert media["sha256"] == sha256(kept).hexdigest() != sha256(photo).hexdigest()
    assert media["bytes"] == len(kept)
    assert darkroom.SECRET.encode() not in kept


async def test_what_was_sent_is_removed_when_it_was_made_anew(newsroom: Newsroom) -> None:
    media = await developed(newsroom)

    objects = newsroom.content.context.resources
    (key,) = await objects.keys_in(f"{newsroom.tenant.tenant_id}/{media['media_id']}")
    assert key.endswith(media["sha256"])


async def test_a_picture_is_shown_as_a_picture_and_as_nothing_else(newsroom: Newsroom) -> None:
    media = await developed(newsroom, darkroom.a_png(), content_type="image/png")
    found = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}/download"))
    path = found["url"].removeprefix(newsroom.content.context.settings.public_url)

    answer = await newsroom.content.client.get(path)

    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_completing_twice_at_once_is_completing_once(newsroom: Newsroom) -> None:
    photo = darkroom.a_jpeg()
    upload = await begun(newsroom, photo)
    await sent(newsroom, upload, photo)
    path = f"/v1/media/{upload['media']['media_id']}/complete"

    answers = await asyncio.gather(*(newsroom.as_("ana").post(path) for _ in range(3)))

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.headers["etag"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("fields", "problem", "pointer"),
    [
        ({"content_type": "image/svg+xml"}, "media-type-refused", "/content_type"),
        ({"content_type": "application/pdf"}, "media-type-refused", "/content_type"),
        ({"content_type": "video/mp4"}, "media-type-refused", "/content_type"),
        ({"bytes": MEDIA_BYTES_MAX + 1}, "media-too-large", "/bytes"),
        ({"alt_texts": {}}, "validation-failed", "/alt_texts"),
        ({"alt_texts": {"en": " "}}, "validation-failed", "/alt_texts/en"),
        ({"alt_texts": {"en": "a\x00b"}}, "validation-failed", "/alt_texts"),
        ({"origin": {"kind": "stock"}}, "licence-missing", "/origin/licence"),
        ({"filename": "../../etc/passwd"}, "validation-failed", "/filename"),
        ({"people_shown": -1}, "validation-failed", "/people_shown"),
    ],
)
async def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str, pointer: str
) -> None:
    body = {**darkroom.announcing(b"x"), **fields}

    answer = await quiet_newsroom.as_("ana").post("/v1/media", body)

    refused = answer.json()
    places = [one.get("pointer") for one in refused.get("errors", [refused])]
    assert (answer.status_code, problem_of(answer), places) == (422, problem, [pointer])


@pytest.mark.parametrize(
    ("file", "fields", "problem"),
    [
        (darkroom.a_jpeg()[:-300], {}, "media-unreadable"),
        (b"<svg><script>alert(1)</script></svg>", {}, "media-unreadable"),
        (darkroom.a_png(), {}, "media-type-mismatch"),
        (darkroom.moving("GIF"), {"content_type": "image/gif"}, "media-animated"),
        (darkroom.a_pixel_bomb(), {"content_type": "image/png"}, "media-too-many-pixels"),
        (darkroom.a_jpeg(), {"sha256": "0f" * 32}, "media-not-as-announced"),
    ],
)
async def test_what_is_no_plain_picture_is_refused_and_nothing_of_it_is_kept(
    newsroom: Newsroom, file: bytes, fields: dict[str, Any], problem: str
) -> None:
    answer = await tried(newsroom, file, **fields)

    assert (answer.status_code, problem_of(answer)) == (422, problem)
    media_id = (await newsroom.as_("ana").get("/v1/media")).json()["items"][0]["media_id"]
    objects = newsroom.content.context.resources
    assert await objects.keys_in(f"{newsroom.tenant.tenant_id}/{media_id}") == []


async def test_after_a_refused_picture_another_may_be_sent(newsroom: Newsroom) -> None:
    photo = darkroom.a_jpeg()
    upload = await begun(newsroom, photo)
    await sent(newsroom, upload, b"\x00" * len(photo))
    path = f"/v1/media/{upload['media']['media_id']}/complete"
    assert problem_of(await newsroom.as_("ana").post(path)) == "media-unreadable"

    await sent(newsroom, upload, photo)

    assert done(await newsroom.as_("ana").post(path))["state"] == "ready"


async def test_what_was_not_sent_cannot_be_completed(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, darkroom.a_jpeg())

    answer = await newsroom.as_("ana").post(f"/v1/media/{upload['media']['media_id']}/complete")

    assert (answer.status_code, problem_of(answer)) == (409, "media-not-uploaded")


@pytest.mark.parametrize("sent_bytes", [69, 71, 0, 2_000_000])
async def test_another_length_than_announced_is_refused(
    newsroom: Newsroom, sent_bytes: int
) -> None:
    upload = await begun(newsroom, b"x" * 70)

    answer = await sent(newsroom, upload, b"x" * sent_bytes)

    assert (answer.status_code, problem_of(answer)) == (422, "object-size-wrong")
    assert await _nothing_lies_there(newsroom, upload)


@pytest.mark.parametrize("sent_bytes", [69, 71, 2_000_000])
async def test_a_body_that_says_no_length_is_counted(newsroom: Newsroom, sent_bytes: int) -> None:
    upload = await begun(newsroom, b"x" * 70)

    async def pieces() -> Any:
        for start in range(0, sent_bytes, 1000):
            yield b"x" * min(1000, sent_bytes - start)

    answer = await newsroom.content.client.put(_path(newsroom, upload), content=pieces())

    assert (answer.status_code, problem_of(answer)) == (422, "object-size-wrong")
    assert await _nothing_lies_there(newsroom, upload)


async def test_more_than_any_picture_may_have_is_not_even_read(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, b"x" * 70)
    base = newsroom.content.client.base_url
    reader, writer = await asyncio.open_connection(base.host, base.port)

    # Only the head: the answer does not wait for a body.
    writer.write(
        f"PUT {_path(newsroom, upload)} HTTP/1.1\r\nhost: x\r\n"
        f"content-length: {MEDIA_BYTES_MAX + 1}\r\n\r\n".encode()
    )
    answer = await reader.readuntil(b"}")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer[answer.index(b"{") :])["bytes_max"] == MEDIA_BYTES_MAX


async def test_an_address_is_good_for_its_method_alone(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, b"x" * 70)

    answer = await newsroom.content.client.get(_path(newsroom, upload))

    assert (answer.status_code, problem_of(answer)) == (403, "address-refused")


async def test_an_address_is_not_to_be_bent_to_another_company(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, b"x" * 70)
    head, _, mac = _path(newsroom, upload).rpartition("/")[2].partition(".")
    written = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    written[1] = written[1].replace(str(newsroom.tenant.tenant_id), "0" * 36)
    bent = urlsafe_b64encode(json.dumps(written).encode()).decode().rstrip("=")

    answer = await newsroom.content.client.put(f"/v1/media/objects/{bent}.{mac}", content=b"x" * 70)

    assert (answer.status_code, problem_of(answer)) == (403, "address-refused")


@given(place=st.floats(0, 1), sign=st.sampled_from("AZaz09-_."))
def test_an_address_that_was_changed_anywhere_is_refused(place: float, sign: str) -> None:
    token = SIGNER.sign(GRANT)
    at = int(place * (len(token) - 1))
    changed = token[:at] + sign + token[at + 1 :]

    try:
        read = SIGNER.read(changed, method="PUT", at=NOON)
    except AddressRefused:
        return

    # The last sign of base64 holds bits that say nothing.
    assert read == GRANT


def test_an_address_says_until_when_it_is_good() -> None:
    token = SIGNER.sign(GRANT)

    assert SIGNER.read(token, method="PUT", at=NOON + timedelta(minutes=14)) == GRANT
    with pytest.raises(AddressExpired):
        SIGNER.read(token, method="PUT", at=NOON + timedelta(minutes=15))
    with pytest.raises(AddressRefused):
        Signer(new_key()).read(token, method="PUT", at=NOON)


async def test_what_is_not_in_the_library_is_its_uploaders_and_overseers(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    path = f"/v1/media/{media['media_id']}"

    seen = {who: (await newsroom.as_(who).get(path)).status_code for who in ("ana", "emil", "ravi")}
    assert seen == {"ana": 200, "emil": 404, "ravi": 200}
    assert await _listed(newsroom, "emil") == []
    done(await newsroom.as_("ana").patch(path, {"in_library": True}))
    assert (await newsroom.as_("emil").get(path)).status_code == 200
    assert await _listed(newsroom, "emil") == [media["media_id"]]


async def test_what_has_not_arrived_is_seen_by_nobody_else(newsroom: Newsroom) -> None:
    upload = await begun(newsroom, darkroom.a_jpeg())

    path = f"/v1/media/{upload['media']['media_id']}"
    assert (await newsroom.as_("ravi").get(path)).status_code == 404
    assert await _listed(newsroom, "ravi") == []
    assert problem_of(await newsroom.as_("ana").get(f"{path}/download")) == "media-not-ready"


async def test_lists_are_filtered(newsroom: Newsroom) -> None:
    mine = await developed(newsroom)
    theirs = await developed(
        newsroom, who="emil", origin={"kind": "ai_generated", "tool": "A model"}
    )

    assert await _listed(newsroom, "ravi") == [theirs["media_id"], mine["media_id"]]
    assert await _listed(newsroom, "ravi", origin="ai_generated") == [theirs["media_id"]]
    assert await _listed(newsroom, "emil", uploaded_by="me") == [theirs["media_id"]]
    assert await _listed(newsroom, "ravi", state="withdrawn") == []


async def test_pictures_are_found_by_what_is_said_of_them(newsroom: Newsroom) -> None:
    fitter = await developed(
        newsroom, filename="IMG_0014.jpg", alt_texts={"da": "En montør på møllen", "en": "A fitter"}
    )
    falcon = await developed(
        newsroom, who="emil", filename="100%.jpg", alt_texts={"en": 'A falcon, "at home"'}
    )
    ids = {fitter["media_id"]: "fitter", falcon["media_id"]: "falcon"}

    async def found(q: str, who: str = "ravi", **query: Any) -> list[str]:
        return [ids[one] for one in await _listed(newsroom, who, q=q, **query)]

    assert await found("MONTØR") == ["fitter"]
    assert await found("a f") == ["falcon", "fitter"]
    assert await found("img_0014") == ["fitter"]
    # Each sign stands for itself, and the JSON around the texts for nothing.
    assert await found("0%") == ["falcon"]
    assert await found("imgx0014") == await found("%f%r") == []
    assert await found('"at home"') == ["falcon"]
    assert await found('"en"') == await found("en", origin="stock") == []
    # A question finds nothing that the list without it does not show.
    assert await found("a f", who="emil") == ["falcon"]
    assert await found("fitter", who="emil") == []
    assert await found("a f", uploaded_by=falcon["uploaded_by"]) == ["falcon"]
    assert await found("fitter", uploaded_by=falcon["uploaded_by"]) == []


@pytest.mark.parametrize(
    "query", [{"q": "x" * 201}, {"q": "\x00"}, {"uploaded_by": "you"}], ids=["long", "nul", "who"]
)
async def test_what_pictures_cannot_be_found_by_is_refused(
    newsroom: Newsroom, query: dict[str, str]
) -> None:
    answer = await newsroom.as_("ana").get("/v1/media", **query)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_what_was_withdrawn_is_found_by_no_words(newsroom: Newsroom) -> None:
    media = await developed(newsroom, filename="emil.jpg", alt_texts={"en": "Emil, waving"})
    before = await _listed(newsroom, "ana", q="emil")

    done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"))

    assert before == [media["media_id"]]
    assert await _listed(newsroom, "ana", q="emil") == []


async def test_only_whoever_uploaded_or_keeps_it_may_change_a_picture(newsroom: Newsroom) -> None:
    media = await developed(newsroom)
    path = f"/v1/media/{media['media_id']}"

    answer = await newsroom.as_("ravi").patch(path, {"people_shown": 1})

    assert (answer.status_code, problem_of(answer)) == (403, "media-not-yours")
    assert done(await newsroom.as_("pia").patch(path, {"people_shown": 1}))["people_shown"] == 1


async def _listed(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    found = done(await newsroom.as_(who).get("/v1/media", **query))
    return [one["media_id"] for one in found["items"]]


async def _nothing_lies_there(newsroom: Newsroom, upload: dict[str, Any]) -> bool:
    objects = newsroom.content.context.resources
    folder = f"{newsroom.tenant.tenant_id}/{upload['media']['media_id']}"
    keys: list[str] = await objects.keys_in(folder)
    return not keys


def _path(newsroom: Newsroom, upload: dict[str, Any]) -> str:
    url: str = upload["upload"]["url"]
    return url.removeprefix(newsroom.content.context.settings.public_url)
