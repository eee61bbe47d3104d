"""Pictures are made anew: what is kept is pixels that we wrote, and nothing that came with them.

A file may hide where somebody lives, a script, an archive behind its end, or a billion pixels.
What is said of it is not believed: it is decoded within limits, turned upright, and encoded again.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from PIL import Image, ImageCms, ImageOps

from chassis.errors import Refusal
from services.content.domain.media import CONTENT_TYPES, MediaTooLarge, Prepared

PIXELS_MAX = 25_000_000
"""A camera of 24 megapixels."""

KEPT_BYTES_MAX = 25_000_000
"""A quarter more than may arrive, since some take more time to squeeze a PNG than we do. What grows
further than that is no picture that anybody wants to fetch."""

WEBP_PIXELS_MAX = 8_000_000
"""Of one that can be seen through. How much, is written without loss, and of noise that takes 38
bytes a pixel: a gigabyte for the largest. PNG shows the same in a fifth of that."""

PICTURE_MEMORY_BYTES_MAX = 530_000_000
"""Of one picture: made anew it takes 200 MB for a moment, and the largest WebP 510, of noise and
with what is kept of it (measured). Beside that lie the bytes that arrived, of at most 20 MB."""

SIDE_PIXELS_MAX = 20_000
"""A strip of one pixel by millions is no picture; WebP and JPEG end at 16,383 and 65,535."""

SCANS_MAX = 100
"""A progressive JPEG has ten. Each further one costs the time of a whole picture, for a few bytes
(libjpeg-turbo, LJT-01-004)."""

JPEG_QUALITY = 90
WEBP_QUALITY = 90
"""Nobody sees the difference, and the networks encode it once more."""

_GREY = frozenset({"1", "L", "LA", "I;16"})
_JPEG = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    EOFError,
    OverflowError,
    AssertionError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers say of a file that is not whole."""

# Pillow only warns of what is beyond, up to twice as much; here it is never decoded.
Image.MAX_IMAGE_PIXELS = PIXELS_MAX
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class MediaUnreadable(Refusal):
    """The file is no whole picture: it is broken off, or it is something else."""

    kind = "invalid"
    title = "Media cannot be read"


class MediaTypeMismatch(Refusal):
    """The file is another type of picture than was announced."""

    kind = "invalid"
    title = "Media is of another type"


class MediaTooManyPixels(Refusal):
    """The picture is larger than anybody needs, however few bytes it has."""

    kind = "invalid"
    title = "Media has too many pixels"


class MediaAnimated(Refusal):
    """The picture moves, which not everybody can bear (WCAG 2.2, 2.2.2): one frame is taken."""

    kind = "invalid"
    title = "Media is animated"


REFUSALS = (MediaUnreadable, MediaTypeMismatch, MediaTooManyPixels, MediaAnimated, MediaTooLarge)


@dataclass(frozen=True)
class MadeAnew:
    """A picture's new bytes, and what there is to know of them."""

    content: bytes
    prepared: Prepared


class _Kept(io.BytesIO):
    """What an encoder writes, piece by piece: it is stopped before it is too much to hold."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__()
        self._bytes_max = bytes_max

    def write(self, piece: Any) -> int:
        if self.tell() + len(piece) > self._bytes_max:
            raise MediaTooLarge(
                f"Made anew it would have more than {self._bytes_max:,} bytes: make it smaller, or"
                " a JPEG of it.",
                bytes_max=self._bytes_max,
            )
        return super().write(piece)


def make_anew(raw: bytes, *, content_type: str, kept_bytes_max: int = KEPT_BYTES_MAX) -> MadeAnew:
    """Answer a picture encoded again, upright, in sRGB, without anything else.

    It takes up to a second of one core, without Python's lock for most of it.
    """
    if raw.startswith(_JPEG) and raw.count(_START_OF_SCAN) > SCANS_MAX:
        raise MediaUnreadable(f"A picture has {SCANS_MAX} scans at most.")
    try:
        with Image.open(io.BytesIO(raw), formats=list(CONTENT_TYPES.values())) as opened:
            _check(opened, content_type)
            return _encoded(_pixels(opened), _Kept(kept_bytes_max))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise MediaUnreadable("This is no whole JPEG, PNG, WebP or GIF.") from error


def _check(opened: Image.Image, content_type: str) -> None:
    # Phones write several pictures in one JPEG, which Pillow calls MPO: the first one counts.
    found = "JPEG" if opened.format == "MPO" else opened.format
    if found != CONTENT_TYPES[content_type]:
        raise MediaTypeMismatch(f"It was announced as {content_type}, and is {found}.")
    width, height = opened.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_PIXELS_MAX:
        raise _too_many_pixels()
    # Whether there is a second frame, and not how many: to count them a GIF is read to its end.
    if found != "JPEG" and getattr(opened, "is_animated", False):
        raise MediaAnimated("Send the frame that you want.")


def _pixels(opened: Image.Image) -> Image.Image:
    """Decode a picture; what it says of itself ends here."""
    file_format = opened.format
    profile = opened.info.get("icc_profile")
    ImageOps.exif_transpose(opened, in_place=True)
    mode = _mode_of(opened, profile)
    plain = _of_colours_shown(opened) if mode == "P" else opened
    if plain.mode == "I;16":
        plain = _in_eight_bits(plain)
    if plain.mode not in {mode, "CMYK"}:
        # Before a profile changes colours, of which one may be seen through.
        plain = plain.convert(mode)
    plain = _in_srgb(plain, profile, mode) or plain
    if plain.mode != mode:
        plain = plain.convert(mode)
    # Encoders take what stands here along: comments, profiles, and where it was taken.
    plain.info.clear()
    plain.format = file_format
    return plain


def _mode_of(opened: Image.Image, profile: bytes | None) -> str:
    """Answer how to keep a picture's pixels: grey, or a palette, is a third of red, green and blue.

    A profile changes these alone.
    """
    if opened.mode == "P" and profile is None:
        return "P"
    colours = "L" if opened.mode in _GREY else "RGB"
    return f"{colours}A" if opened.has_transparency_data else colours


def _of_colours_shown(picture: Image.Image) -> Image.Image:
    """Answer a picture without what its palette holds besides: 256 colours may be a message."""
    picture.apply_transparency()
    assert picture.palette is not None
    size = 256 * len(picture.palette.mode)
    # A file may name colours that its palette does not have.
    palette = bytes(picture.getpalette(None) or ()).ljust(size, b"\0")
    shown = [colour for colour, count in enumerate(picture.histogram()) if count]
    return picture.remap_palette(shown, palette)


def _in_eight_bits(grey: Image.Image) -> Image.Image:
    """Answer a grey picture of 16 bits in 8: Pillow takes whatever is above 255 for white."""
    wide = grey.convert("I")
    narrow = wide.point([(value * 255 + 32_767) // 65_535 for value in range(65_536)], "L")
    clear = grey.info.get("transparency")
    if clear is not None:
        # One grey of 16 bits is seen through, and not what becomes the same in 8.
        narrow.putalpha(wide.point([255 * (value != clear) for value in range(65_536)], "L"))
    return narrow


def _in_srgb(picture: Image.Image, profile: bytes | None, mode: str) -> Image.Image | None:
    """Answer a picture whose colours mean the same without its profile, or None if it has none."""
    if profile is None or picture.mode not in {"RGB", "RGBA", "CMYK"}:
        return None
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(
            picture, theirs, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that cannot be read is no reason to refuse a picture that can.
        return None


def _encoded(picture: Image.Image, written: _Kept) -> MadeAnew:
    if picture.format in {"JPEG", "MPO"}:
        content_type = "image/jpeg"
        picture.save(written, "JPEG", quality=JPEG_QUALITY, optimize=False, progressive=False)
    elif picture.format == "WEBP" and not _is_too_much_for_webp(picture):
        content_type = "image/webp"
        picture.save(written, "WEBP", quality=WEBP_QUALITY, method=2)
    else:
        # A still GIF too: PNG shows the same, and as many colours or more.
        content_type = "image/png"
        picture.save(written, "PNG", compress_level=4)
    content = written.getvalue()
    digest = sha256(content).hexdigest()
    return MadeAnew(content, Prepared(content_type, len(content), digest, *picture.size))


def _is_too_much_for_webp(picture: Image.Image) -> bool:
    width, height = picture.size
    return picture.mode.endswith("A") and width * height > WEBP_PIXELS_MAX


def _too_many_pixels() -> MediaTooManyPixels:
    return MediaTooManyPixels(
        f"A picture has {PIXELS_MAX:,} pixels at most.", pixels_max=PIXELS_MAX
    )
