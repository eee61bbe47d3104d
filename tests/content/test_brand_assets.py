"""The brand kit: logos, colours and fonts, kept by few and read by everybody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.content.domain.brand import Colour, contrast
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import developed
from tests.world import problem_of

GREEN: dict[str, Any] = {"kind": "colour", "name": "Green", "colour": {"hex": "#00684A"}}
INTER: dict[str, Any] = {
    "kind": "font",
    "name": "Inter",
    "font": {"family": "Inter", "licence": "SIL Open Font License"},
}

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


async def added(newsroom: Newsroom, **entry: Any) -> dict[str, Any]:
    """Answer a new entry of the kit."""
    return done(await newsroom.as_("pia").post("/v1/brand_assets", entry), 201)


async def kit_of(newsroom: Newsroom, who: str = "emil", **query: Any) -> list[str]:
    """Answer the names in the kit, in its order."""
    found = done(await newsroom.as_(who).get("/v1/brand_assets", **query))
    return [one["name"] for one in found["items"]]


async def test_everybody_reads_the_kit_in_its_order(newsroom: Newsroom) -> None:
    await added(newsroom, **{**INTER, "position": 2})
    await added(newsroom, **{**GREEN, "position": 1})

    assert await kit_of(newsroom) == ["Green", "Inter"]
    assert await kit_of(newsroom, kind="font") == ["Inter"]


async def test_the_kit_comes_in_pages(newsroom: Newsroom) -> None:
    for name in "abc":
        await added(newsroom, **{**GREEN, "name": name})
    emil = newsroom.as_("emil")

    first = done(await emil.get("/v1/brand_assets", limit=2))
    second = done(await emil.get("/v1/brand_assets", limit=2, cursor=first["next_cursor"]))

    assert [one["name"] for one in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None


async def test_an_entry_is_moved_and_renamed(newsroom: Newsroom) -> None:
    green = await added(newsroom, **GREEN)
    await added(newsroom, **{**INTER, "position": 1})
    path = f"/v1/brand_assets/{green['brand_asset_id']}"

    done(await newsroom.as_("pia").patch(path, {"position": 2, "name": "Nordlys green"}))

    assert await kit_of(newsroom) == ["Inter", "Nordlys green"]


async def test_an_entry_is_taken_out(newsroom: Newsroom) -> None:
    green = await added(newsroom, **GREEN)
    path = f"/v1/brand_assets/{green['brand_asset_id']}"

    done(await newsroom.as_("ada").delete(path))

    assert await kit_of(newsroom) == []
    assert problem_of(await newsroom.as_("ada").delete(path)) == "brand-asset-not-found"


async def test_a_logo_is_a_picture_that_everybody_may_fetch(newsroom: Newsroom) -> None:
    media = await developed(newsroom, who="pia")
    logo = {"kind": "logo", "name": "Logo", "logo": {"media_id": media["media_id"]}}

    shown = await added(newsroom, **logo)

    assert shown["logo"]["media_id"] == media["media_id"]
    path = f"/v1/media/{media['media_id']}/download"
    assert (await newsroom.as_("emil").get(path)).status_code == 200


async def test_a_logo_needs_a_picture_that_is_there(newsroom: Newsroom) -> None:
    media = await developed(newsroom, who="pia")
    done(await newsroom.as_("pia").post(f"/v1/media/{media['media_id']}/withdraw"))
    logo = {"kind": "logo", "name": "Logo", "logo": {"media_id": media["media_id"]}}

    answer = await newsroom.as_("pia").post("/v1/brand_assets", logo)

    assert (answer.status_code, problem_of(answer)) == (409, "picture-withdrawn")
    assert answer.json()["pointer"] == "/logo/media_id"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({**GREEN, "font": INTER["font"]}, "brand-asset-misshapen"),
        ({**GREEN, "colour": None}, "brand-asset-misshapen"),
        ({**GREEN, "colour": {"hex": "green"}}, "validation-failed"),
        ({**GREEN, "position": -1}, "validation-failed"),
    ],
)
async def test_an_entry_has_what_belongs_to_its_kind(
    quiet_newsroom: Newsroom, entry: dict[str, Any], problem: str
) -> None:
    answer = await quiet_newsroom.as_("pia").post("/v1/brand_assets", entry)

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_an_employee_changes_nothing(quiet_newsroom: Newsroom) -> None:
    answer = await quiet_newsroom.as_("emil").post("/v1/brand_assets", GREEN)

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


async def test_a_colour_says_what_can_be_read_on_it(newsroom: Newsroom) -> None:
    green = await added(newsroom, **GREEN)

    assert green["colour"] == {
        "hex": "#00684a",
        "contrast_to_white": 6.82,
        "contrast_to_black": 3.07,
        "text_on_it": "white",
    }


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # WCAG's own border cases: the lightest grey that passes on white, and the next one.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.47),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == ratio


@given(one=colours, other=colours)
def test_contrast_is_the_same_from_both_sides(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21


@given(colour=colours)
def test_white_or_black_can_always_be_read(colour: str) -> None:
    shown = Colour(colour)

    assert max(shown.contrast_to_white, shown.contrast_to_black) >= 4.5
