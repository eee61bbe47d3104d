"""What is kept of a picture is pixels that we wrote, whatever came with it."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.content.domain.media import MediaTooLarge
from services.content.objects.pictures import (
    PIXELS_MAX,
    SCANS_MAX,
    WEBP_PIXELS_MAX,
    MediaAnimated,
    MediaTooManyPixels,
    MediaTypeMismatch,
    MediaUnreadable,
    make_anew,
)
from tests.content import darkroom
from tests.content.darkroom import SECRET


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def a_zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("payload.html", "<script>alert(1)</script>")
    return written.getvalue()


def test_a_phones_photo_loses_where_and_by_whom_it_was_taken() -> None:
    photo = darkroom.a_jpeg_from_a_phone()
    assert dict(opened(photo).getexif().get_ifd(0x8825))
    assert SECRET.encode() in photo

    made = make_anew(photo, content_type="image/jpeg")

    kept = opened(made.content)
    assert not dict(kept.getexif())
    assert SECRET.encode() not in made.content
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photo_that_lay_on_its_side_is_kept_upright() -> None:
    made = make_anew(darkroom.a_jpeg_from_a_phone(), content_type="image/jpeg")

    assert (made.prepared.width, made.prepared.height) == (48, 64)


def test_a_png_loses_what_is_written_in_it() -> None:
    exif = Image.Exif()
    exif[0x013B] = SECRET
    png = darkroom.a_png(exif=exif)
    assert SECRET.encode() in png

    made = make_anew(png, content_type="image/png")

    assert SECRET.encode() not in made.content
    assert opened(made.content).info == {}


@pytest.mark.parametrize(
    ("content", "content_type", "kept_as"),
    [
        (darkroom.a_jpeg(), "image/jpeg", "image/jpeg"),
        (darkroom.a_png(), "image/png", "image/png"),
        (darkroom.a_png(mode="L"), "image/png", "image/png"),
        (darkroom.a_png(mode="P"), "image/png", "image/png"),
        (darkroom.a_webp(), "image/webp", "image/webp"),
        (darkroom.a_still_gif(), "image/gif", "image/png"),
    ],
)
def test_a_picture_is_kept_as_what_can_be_shown_everywhere(
    content: bytes, content_type: str, kept_as: str
) -> None:
    made = make_anew(content, content_type=content_type)

    kept = opened(made.content)
    assert made.prepared.content_type == kept_as == Image.MIME[str(kept.format)]
    assert kept.size == opened(content).size == (made.prepared.width, made.prepared.height)
    assert made.prepared.bytes == len(made.content)


def test_transparency_stays() -> None:
    see_through = Image.new("RGBA", (8, 8), (10, 20, 30, 40))
    written = io.BytesIO()
    see_through.save(written, "PNG")

    made = make_anew(written.getvalue(), content_type="image/png")

    assert opened(made.content).getpixel((3, 3)) == (10, 20, 30, 40)


def test_a_grey_picture_of_16_bits_is_as_bright_in_8() -> None:
    made = make_anew(darkroom.a_grey_ramp_of_16_bits(), content_type="image/png")

    kept = opened(made.content).convert("L")
    assert [kept.getpixel((x, 0)) for x in range(256)] == list(range(256))


def test_the_one_grey_of_16_bits_that_is_seen_through_stays_so() -> None:
    ramp = darkroom.a_grey_ramp_of_16_bits(transparency=7 * 257)

    made = make_anew(ramp, content_type="image/png")

    alpha = opened(made.content).getchannel("A")
    assert [x for x in range(256) if alpha.getpixel((x, 0)) == 0] == [7]


def test_the_one_colour_that_is_seen_through_stays_so_whatever_the_profile() -> None:
    two = Image.new("RGB", (2, 1), (10, 20, 30))
    two.putpixel((1, 0), (200, 100, 50))
    written = io.BytesIO()
    two.save(written, "PNG", transparency=(10, 20, 30), icc_profile=darkroom.a_profile())

    made = make_anew(written.getvalue(), content_type="image/png")

    alpha = opened(made.content).getchannel("A")
    assert [alpha.getpixel((x, 0)) for x in (0, 1)] == [0, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_few_colours_are_kept_as_few(mode: str) -> None:
    png = darkroom.a_png(200, 200, mode)

    made = make_anew(png, content_type="image/png")

    assert opened(made.content).convert("RGBA") == opened(png).convert("RGBA")
    assert len(made.content) < 1.5 * len(png)


@pytest.mark.parametrize("transparency", [2, bytes([255, 128, 0, 7])], ids=["one", "each"])
def test_what_a_palette_lets_through_stays_so(transparency: int | bytes) -> None:
    png = darkroom.a_png_with_a_palette(range(4), transparency=transparency)

    made = make_anew(png, content_type="image/png")

    assert opened(made.content).mode == "P"
    assert opened(made.content).convert("RGBA") == opened(png).convert("RGBA")


def test_what_a_palette_holds_besides_is_not_kept() -> None:
    png = darkroom.a_png_with_a_palette([0, 250, 255], SECRET.encode())
    assert SECRET.encode() in png

    made = make_anew(png, content_type="image/png")

    assert SECRET.encode() not in made.content
    assert opened(made.content).convert("RGB") == opened(png).convert("RGB")


def test_a_colour_that_a_palette_lacks_takes_no_others_place() -> None:
    png = darkroom.a_png_whose_palette_lacks_a_colour()

    made = make_anew(png, content_type="image/png")

    kept = opened(made.content).convert("RGB")
    assert [kept.getpixel((x, 0)) for x in range(3)] == [(10, 20, 30), (40, 50, 60), (0, 0, 0)]


def test_a_palettes_colours_mean_the_same_without_their_profile() -> None:
    png = darkroom.a_png_with_a_palette([0, 255], icc_profile=darkroom.a_profile())

    made = make_anew(png, content_type="image/png")

    told, meant = opened(png).convert("RGB"), opened(made.content)
    assert [told.getpixel((x, 0)) for x in (0, 1)] == [(0, 255, 0), (255, 0, 249)]
    assert [meant.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (0, 255, 249)]
    assert meant.info == {}


def test_a_picture_that_would_be_too_large_once_it_is_made_anew_is_refused() -> None:
    png = darkroom.a_png(mode="P")
    kept = len(make_anew(png, content_type="image/png").content)

    exactly = make_anew(png, content_type="image/png", kept_bytes_max=kept)
    with pytest.raises(MediaTooLarge) as refused:
        make_anew(png, content_type="image/png", kept_bytes_max=kept - 1)

    assert len(exactly.content) == kept
    assert refused.value.members == {"bytes_max": kept - 1}


def test_an_archive_behind_a_pictures_end_is_not_kept() -> None:
    both = darkroom.a_jpeg() + a_zip()
    assert zipfile.is_zipfile(io.BytesIO(both))

    made = make_anew(both, content_type="image/jpeg")

    assert not zipfile.is_zipfile(io.BytesIO(made.content))


SVG = b"<svg version='1.1'><script>alert(1)</script></svg>"
PAGE = b"GIF89a/*<html><script>alert(1)</script></html>*/"


@pytest.mark.parametrize(
    ("content", "content_type", "why"),
    [
        (darkroom.a_jpeg()[:-400], "image/jpeg", MediaUnreadable),
        (darkroom.a_png()[:-400], "image/png", MediaUnreadable),
        (SVG, "image/png", MediaUnreadable),
        (PAGE, "image/gif", MediaUnreadable),
        (a_zip(), "image/jpeg", MediaUnreadable),
        (b"", "image/jpeg", MediaUnreadable),
        (darkroom.a_png(), "image/jpeg", MediaTypeMismatch),
        (darkroom.a_jpeg(), "image/png", MediaTypeMismatch),
        (darkroom.moving("GIF"), "image/gif", MediaAnimated),
        (darkroom.moving("PNG"), "image/png", MediaAnimated),
        (darkroom.moving("WEBP"), "image/webp", MediaAnimated),
        (darkroom.a_pixel_bomb(), "image/png", MediaTooManyPixels),
        (darkroom.a_pixel_bomb(side=5_001), "image/png", MediaTooManyPixels),
        (darkroom.a_jpeg_of_many_scans(), "image/jpeg", MediaUnreadable),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_what_is_no_plain_picture_is_refused(
    content: bytes, content_type: str, why: type[Exception]
) -> None:
    with pytest.raises(why):
        make_anew(content, content_type=content_type)


def test_of_a_picture_that_moves_no_more_than_its_second_frame_is_looked_at() -> None:
    # What follows would be found broken by whoever counts frames, after however many there are.
    moving = darkroom.moving("GIF")[:-1] + b",broken"

    with pytest.raises(MediaAnimated):
        make_anew(moving, content_type="image/gif")


def test_a_bomb_is_small_and_claims_to_be_large() -> None:
    assert len(darkroom.a_pixel_bomb()) < 2_000
    assert PIXELS_MAX < 5_001 * 5_001
    assert darkroom.a_jpeg_of_many_scans().count(b"\xff\xda") > SCANS_MAX


WHOLE = {
    "image/jpeg": darkroom.a_jpeg(progressive=True),
    "image/png": darkroom.a_png(),
    "image/webp": darkroom.a_webp(),
    "image/gif": darkroom.a_still_gif(),
}


@given(
    content_type=st.sampled_from(sorted(WHOLE)),
    spoiled=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20),
    kept=st.floats(0, 1),
)
@settings(max_examples=300, deadline=None)
def test_a_spoiled_file_is_made_anew_or_refused_and_nothing_else(
    content_type: str, spoiled: list[tuple[float, int]], kept: float
) -> None:
    content = bytearray(WHOLE[content_type])
    for place, value in spoiled:
        content[int(place * (len(content) - 1))] = value
    content = content[: int(kept * len(content)) or 1]

    try:
        made = make_anew(bytes(content), content_type=content_type)
    except (MediaUnreadable, MediaTypeMismatch, MediaTooManyPixels, MediaAnimated):
        return

    assert opened(made.content).size == (made.prepared.width, made.prepared.height)


@pytest.mark.parametrize(
    ("mode", "height", "kept_as"),
    [
        ("RGBA", WEBP_PIXELS_MAX // 4000, "image/webp"),
        ("RGBA", WEBP_PIXELS_MAX // 4000 + 1, "image/png"),
        ("RGB", WEBP_PIXELS_MAX // 4000 + 1, "image/webp"),
    ],
)
def test_a_large_webp_that_is_seen_through_is_kept_as_png(
    mode: str, height: int, kept_as: str
) -> None:
    written = io.BytesIO()
    picture = Image.new(mode, (4000, height), (0, 104, 74, 40)[: len(mode)])
    picture.save(written, "WEBP", quality=1, method=0)

    made = make_anew(written.getvalue(), content_type="image/webp")

    kept = opened(made.content)
    assert (made.prepared.content_type, kept.mode) == (kept_as, mode)
    assert kept.size == picture.size
    assert [one.getextrema() for one in kept.split()][3:] == [(40, 40)] * (mode == "RGBA")
