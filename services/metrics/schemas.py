"""The shapes that metrics takes in and gives out."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from chassis.problems import ValidationFailed
from chassis.schemas import OutShape
from services.metrics.domain.reports import Reason, Report

ITEMS_MAX = 1000
SOURCE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,39}(?!\n)$"
"""Without the last part a line end would pass, and `link` with one would be another `link`."""

_PLACED = re.compile(r"(?P<what>.*) - at `\$(?P<where>.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What an integrator counted on a network, or in a tool of its own."""

    source: Annotated[
        str,
        msgspec.Meta(
            pattern=SOURCE_PATTERN,
            description="Who says so: shown beside every number that comes of it.",
            examples=["linkedin-export"],
        ),
    ]
    items: Annotated[list[Report], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]


_decoder = msgspec.json.Decoder(Batch)


def read_batch(body: bytes) -> Batch:
    """Read a batch straight from a request's body; raises ValidationFailed with the place."""
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        placed = _PLACED.fullmatch(str(error))
        steps = _STEP.findall(placed["where"]) if placed else []
        one = {
            "pointer": "".join(f"/{name or number}" for name, number in steps),
            "detail": placed["what"] if placed else str(error),
            "rule": "shape" if isinstance(error, msgspec.ValidationError) else "json_invalid",
        }
        raise ValidationFailed("Some of the input cannot be used.", errors=[one]) from error


def batch_body() -> dict[str, Any]:
    """Answer how OpenAPI describes a batch: FastAPI never sees its model."""
    (_,), parts = msgspec.json.schema_components([Batch], ref_template="#/{name}")
    schema = parts["Batch"]
    schema["properties"]["items"]["items"] = parts["Report"]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def redirect_headers() -> dict[str, Any]:
    """Answer how OpenAPI describes a redirect, which is told by its headers alone."""
    said = {
        "Location": "The story's own address, with what the company wants to recognise it by.",
        "Cache-Control": "`no-store`: every visit is counted.",
        "Referrer-Policy": "`no-referrer`: the page that held the link is nobody's business.",
        "X-Robots-Tag": "`noindex`.",
    }
    headers = {
        name: {"description": words, "required": True, "schema": {"type": "string"}}
        for name, words in said.items()
    }
    return {"responses": {"302": {"headers": headers}}}


class ItemOutcome(OutShape):
    """What became of one item."""

    id: str
    outcome: Annotated[str, Field(pattern="^(accepted|refused)$")]
    reason: Annotated[Reason | None, Field(description="Why an item was refused.")]


class BatchOutcome(OutShape):
    """What became of every item, in their order. What is accepted is safe, and counted soon."""

    items: list[ItemOutcome]


class KindView(OutShape):
    """A total. Null when nobody has ever told us: null is not 0."""

    count: int | None
    suspected_robots: Annotated[int | None, Field(description="Not part of `count`.")]
    sources: Annotated[list[str], Field(description="`link` is our own redirect.")]


class TotalsView(OutShape):
    """Totals by kind."""

    click: KindView
    reaction: KindView
    comment: KindView
    reshare: KindView


class DayView(OutShape):
    """One day of the company's time zone; null where the total is null."""

    day: date
    click: int | None
    reaction: int | None
    comment: int | None
    reshare: int | None


class UnknownView(OutShape):
    """A figure that is null, and why."""

    figure: str
    reason: str


class CoverageView(OutShape):
    """Where the numbers come from, and what there are none of."""

    sources: list[str]
    unknown: list[UnknownView]


_SUBJECT: Any = Field(validation_alias="subject_id")


class FiguresView(OutShape):
    """How something did. Nothing in it is an estimate, and nothing adds up followers."""

    from_day: Annotated[date | None, Field(description="As asked for.")]
    to_day: Annotated[date | None, Field(description="As asked for.")]
    time_zone: Annotated[str, Field(description="Days begin and end in it.")]
    totals: Annotated[TotalsView, Field(description="Of the days asked for, or of all time.")]
    impressions: Annotated[None, Field(description="Null until a network tells.")]
    reach: Annotated[None, Field(description="Null until a network tells.")]
    daily: Annotated[list[DayView], Field(description="Of the days asked for, or of the last 30.")]
    coverage: CoverageView
    updated_at: Annotated[
        datetime | None, Field(description="When the newest that was counted was heard of.")
    ]


class GroupFiguresView(FiguresView):
    """How a story or campaign did."""

    advocates: Annotated[
        int | None, Field(description="People who shared it; null when fewer than 5.")
    ]
    shares: Annotated[int | None, Field(description="Their posts; null when `advocates` is.")]


class StoryFiguresView(GroupFiguresView):
    """How a story did."""

    story_id: UUID = _SUBJECT


class CampaignFiguresView(GroupFiguresView):
    """How a campaign does."""

    campaign_id: UUID = _SUBJECT


class ShareFiguresView(FiguresView):
    """How a share of yours did."""

    share_id: UUID = _SUBJECT


class MyFiguresView(FiguresView):
    """What came of all that you shared."""

    person_id: UUID = _SUBJECT
    shares: Annotated[int, Field(description="Your posts.")]
