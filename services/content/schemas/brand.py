"""The shapes of the brand kit."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.brand import BrandAssetKind

POSITION_MAX = 10_000
"""Room to put something between, in the largest kit."""

BrandAssetName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Nordlys green"])
]

Usage = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    Field(examples=["On white only; never over a photo."]),
]

Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$"), Field(examples=["#00684a"])]

FontLink = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^https://[^\s\\\x00-\x1f]+$"),
    Field(examples=["https://intranet.nordlys.example/fonts/inter"]),
]

Position = Annotated[int, Field(ge=0, le=POSITION_MAX, description="Lower ones come first.")]


class LogoIn(InShape):
    """A logo: a picture that is ready, the space round it, and how small it may become."""

    media_id: UUID
    clear_space: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    min_width_px: Annotated[int, Field(ge=1, le=10_000)] | None = None


class ColourIn(InShape):
    """A colour."""

    hex: Hex


class FontIn(InShape):
    """A font, what it may be used for, and where it is to be had."""

    family: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    licence: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    link: FontLink | None = None


class BrandAssetIn(InShape):
    """An entry of the kit, with the part that belongs to its kind."""

    kind: BrandAssetKind
    name: BrandAssetName
    position: Position = 0
    usage: Usage | None = None
    logo: LogoIn | None = None
    colour: ColourIn | None = None
    font: FontIn | None = None


class BrandAssetChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away."""

    name: BrandAssetName = Field(default_factory=str)
    position: Position = Field(default_factory=int)
    usage: Usage | None = None
    logo: LogoIn | None = None
    colour: ColourIn | None = None
    font: FontIn | None = None


class LogoView(OutShape):
    """A logo; its picture is fetched as any other."""

    media_id: UUID
    clear_space: str | None
    min_width_px: int | None


class ColourView(OutShape):
    """A colour, and what can be read on it (WCAG 2.2, 1.4.3: text needs 4.5)."""

    hex: str
    contrast_to_white: float
    contrast_to_black: float
    text_on_it: Literal["white", "black"]


class FontView(OutShape):
    """A font."""

    family: str
    licence: str
    link: str | None


class BrandAssetView(OutShape):
    """An entry of the kit."""

    brand_asset_id: UUID
    kind: BrandAssetKind
    name: str
    position: int
    usage: str | None
    logo: LogoView | None
    colour: ColourView | None
    font: FontView | None
    changed_at: datetime
