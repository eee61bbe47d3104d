"""The brand kit: logos, colours and fonts, each with how it is used (C4)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal

BrandAssetKind = Literal["logo", "colour", "font"]

BRAND_ASSETS_MAX = 200
"""A kit that nobody can look over is none."""


class BrandAssetNotFound(Refusal):
    """There is no such entry in your company's brand kit."""

    kind = "not_found"
    title = "Brand asset not found"


class BrandAssetMisshapen(Refusal):
    """An entry of the kit has what belongs to its kind, and nothing of another's."""

    kind = "invalid"
    title = "Brand asset has the wrong parts"


class BrandKitFull(Refusal):
    """The kit has as many entries as it may have."""

    kind = "conflict"
    title = "Brand kit is full"


@dataclass(frozen=True)
class Logo:
    """A logo: its picture, the space round it, and how small it may become."""

    media_id: UUID
    clear_space: str | None
    min_width_px: int | None


@dataclass(frozen=True)
class Colour:
    """A colour, as `#rrggbb`."""

    hex: str

    @property
    def contrast_to_white(self) -> float:
        """Answer the contrast of white text on it, or of it on white."""
        return contrast(self.hex, "#ffffff")

    @property
    def contrast_to_black(self) -> float:
        """Answer the contrast of black text on it, or of it on black."""
        return contrast(self.hex, "#000000")

    @property
    def text_on_it(self) -> Literal["white", "black"]:
        """Answer the text that is easier to read on it; one of the two always has enough."""
        return "white" if self.contrast_to_white >= self.contrast_to_black else "black"


@dataclass(frozen=True)
class Font:
    """A font: its family, what it may be used for, and where it is to be had."""

    family: str
    licence: str
    link: str | None


@dataclass(frozen=True)
class BrandAsset:
    """One entry of the kit."""

    brand_asset_id: UUID
    kind: BrandAssetKind
    name: str
    position: int
    usage: str | None
    logo: Logo | None
    colour: Colour | None
    font: Font | None
    changed_at: datetime


def compose(fields: Mapping[str, Any]) -> BrandAsset:
    """Make an entry of plain fields, with the part that belongs to its kind; checked."""
    parts = {name: fields.get(name) for name in ("logo", "colour", "font")}
    kind = fields["kind"]
    for name, part in parts.items():
        if (part is not None) != (name == kind):
            raise BrandAssetMisshapen(f"A {kind} has a {kind}, and nothing else.", field=f"/{name}")
    logo, colour, font = parts["logo"], parts["colour"], parts["font"]
    if logo:
        logo = {**logo, "media_id": UUID(str(logo["media_id"]))}
    return BrandAsset(
        brand_asset_id=fields["brand_asset_id"],
        kind=kind,
        name=fields["name"],
        position=fields["position"],
        usage=fields["usage"],
        logo=Logo(**logo) if logo else None,
        colour=Colour(colour["hex"].lower()) if colour else None,
        font=Font(**font) if font else None,
        changed_at=fields["changed_at"],
    )


def change(asset: BrandAsset, changes: Mapping[str, Any], *, at: datetime) -> BrandAsset:
    """Put other fields in the place of some; an entry's kind stays."""
    return compose({**asdict(asset), **changes, "changed_at": at})


def check_room(count: int) -> None:
    """Check that the kit has room for one more."""
    if count >= BRAND_ASSETS_MAX:
        raise BrandKitFull(f"A kit has {BRAND_ASSETS_MAX} entries at most.")


def contrast(one: str, other: str) -> float:
    """Answer the contrast of two colours, 1 to 21, rounded down (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    # Rounded down: 4.496 is not 4.5.
    return int((lighter + 0.05) / (darker + 0.05) * 100) / 100


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
