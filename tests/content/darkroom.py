"""Pictures made for tests, with whatever a picture may bring along; and how one is uploaded."""

import io
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import httpx2
from PIL import Image, ImageCms

from tests.content.conftest import Newsroom, done

GPS_MARK = b"N\x00"
SECRET = "taken by Karen Bek at home"


def a_jpeg(width: int = 64, height: int = 48, **saved: Any) -> bytes:
    """Answer a photo as a camera makes it, with nothing hidden in it."""
    return _encoded(_noise(width, height), "JPEG", quality=92, **saved)


def a_jpeg_from_a_phone() -> bytes:
    """Answer a photo that lies on its side, and tells who took it where."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: to be turned by 90 degrees.
    exif[0x013B] = SECRET  # Artist
    where = exif.get_ifd(0x8825)
    where[1], where[2] = "N", (55.0, 40.0, 34.0)
    where[3], where[4] = "E", (12.0, 34.0, 6.0)
    return _encoded(
        _noise(64, 48), "JPEG", exif=exif, comment=SECRET.encode(), icc_profile=b"not a profile"
    )


def a_png(width: int = 40, height: int = 30, mode: str = "RGBA", **saved: Any) -> bytes:
    """Answer a picture with transparency."""
    return _encoded(_noise(width, height).convert(mode), "PNG", **saved)


def a_grey_ramp_of_16_bits(**saved: Any) -> bytes:
    """Answer a PNG as a scanner makes it, from black to white in 256 steps."""
    steps = struct.pack("<256H", *(step * 257 for step in range(256)))
    return _encoded(Image.frombytes("I;16", (256, 1), steps), "PNG", **saved)


def a_png_with_a_palette(colours: Sequence[int], message: bytes = b"", **saved: Any) -> bytes:
    """Answer a row of pixels of a palette's colours, which has a message from its 100th on."""
    palette = bytearray(part for at in range(256) for part in (at, 255 - at, at * 7 % 256))
    palette[300 : 300 + len(message)] = message
    row = Image.frombytes("P", (len(colours), 1), bytes(colours))
    row.putpalette(palette)
    return _encoded(row, "PNG", **saved)


def a_profile() -> bytes:
    """Answer what a camera says of its colours that takes red for green, and green for red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = b"rXYZ", b"gXYZ"
    return profile.replace(red, b"----").replace(green, red).replace(b"----", green)


def a_webp() -> bytes:
    """Answer a picture of the younger kind."""
    return _encoded(_noise(40, 30), "WEBP")


def a_still_gif() -> bytes:
    """Answer a picture of the oldest kind."""
    return _encoded(_noise(40, 30).convert("P"), "GIF")


def moving(file_format: str) -> bytes:
    """Answer a picture of two frames."""
    second = _noise(40, 30, seed=2)
    return _encoded(_noise(40, 30), file_format, save_all=True, append_images=[second])


def a_pixel_bomb(side: int = 60_000) -> bytes:
    """Answer a PNG of some bytes that claims to be of billions of pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return _png_of((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1_000_000))))


def a_png_whose_palette_lacks_a_colour() -> bytes:
    """Answer a PNG of three pixels: in the palette's first colour, its last, and its 200th."""
    head = struct.pack(">IIBBBBB", 3, 1, 8, 3, 0, 0, 0)
    palette, pixels = bytes([10, 20, 30, 40, 50, 60]), zlib.compress(bytes([0, 0, 1, 200]))
    return _png_of((b"IHDR", head), (b"PLTE", palette), (b"IDAT", pixels))


def a_jpeg_of_many_scans() -> bytes:
    """Answer a small JPEG that takes a picture's time for each of hundreds of scans."""
    plain = a_jpeg(progressive=True)
    at = plain.index(b"\xff\xda")
    return plain[:at] + plain[at:-2] * 20 + plain[-2:]


def announcing(content: bytes, content_type: str = "image/jpeg", **fields: Any) -> dict[str, Any]:
    """Answer the body by which a picture is begun."""
    return {
        "content_type": content_type,
        "bytes": len(content),
        "alt_texts": {"en": "A fitter on top of a wind turbine"},
        "origin": {"kind": "own_photo"},
        "people_shown": 0,
        **fields,
    }


async def begun(
    newsroom: Newsroom, content: bytes, who: str = "ana", **fields: Any
) -> dict[str, Any]:
    """Let somebody begin an upload."""
    body = announcing(content, **fields)
    return done(await newsroom.as_(who).post("/v1/media", body), 201)


async def sent(newsroom: Newsroom, begun: dict[str, Any], content: bytes) -> httpx2.Response:
    """Send bytes to an upload's address, without a token, and answer what comes back."""
    upload = begun["upload"]
    path = upload["url"].removeprefix(newsroom.content.context.settings.public_url)
    return await newsroom.content.client.put(path, content=content, headers=upload["headers"])


async def tried(
    newsroom: Newsroom, content: bytes, who: str = "ana", **fields: Any
) -> httpx2.Response:
    """Upload something, and answer what completing it is answered."""
    upload = await begun(newsroom, content, who, **fields)
    assert (await sent(newsroom, upload, content)).status_code == 204
    media_id = upload["media"]["media_id"]
    return await newsroom.as_(who).post(f"/v1/media/{media_id}/complete")


async def developed(
    newsroom: Newsroom, content: bytes | None = None, who: str = "ana", **fields: Any
) -> dict[str, Any]:
    """Answer a picture that was uploaded, completed, and is ready."""
    return done(await tried(newsroom, content or a_jpeg(), who, **fields))


async def fetched(newsroom: Newsroom, media: dict[str, Any], who: str = "ana") -> bytes:
    """Answer a picture's bytes, as whoever has its address gets them."""
    found = done(await newsroom.as_(who).get(f"/v1/media/{media['media_id']}/download"))
    path = found["url"].removeprefix(newsroom.content.context.settings.public_url)
    answer = await newsroom.content.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.content


def _png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*chunks, (b"IEND", b""))
    )


def _noise(width: int, height: int, *, seed: int = 1) -> Image.Image:
    pixels = random.Random(seed).randbytes(width * height * 3)
    return Image.frombytes("RGB", (width, height), pixels)


def _encoded(picture: Image.Image, file_format: str, **saved: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, file_format, **saved)
    return written.getvalue()
