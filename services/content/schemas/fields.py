"""Fields that several shapes of content have: what each may hold."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints


def _as_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this instant is beyond all calendars") from error


Instant = Annotated[
    AwareDatetime, AfterValidator(_as_utc), Field(examples=["2031-05-04T08:00:00Z"])
]

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(examples=["What a wind turbine does on a calm day"]),
]

Body = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    Field(
        description="Markdown (CommonMark with tables), without HTML and pictures",
        examples=["I climbed our **tallest** turbine. It was not turning."],
    ),
]

Link = Annotated[str, Field(max_length=2000, examples=["https://nordlys.example/stories/calm-day"])]

Language = Annotated[
    str,
    StringConstraints(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    Field(description="BCP 47", examples=["da", "en-GB"]),
]

Topic = Annotated[
    str,
    StringConstraints(max_length=50, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(examples=["wind-power"]),
]

Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    Field(description="ISO 3166-1 alpha-2", examples=["DK"]),
]

Region = Annotated[str, StringConstraints(min_length=1, max_length=100)]

Copy = Annotated[
    str,
    StringConstraints(min_length=1, max_length=3000),
    Field(examples=["I climbed our tallest turbine today. It was not turning. Here is why."]),
]

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(examples=["Say where the figure comes from."]),
]

ReviewComment = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(description="Kept in the trail.", examples=["The figure is from our annual report."]),
]

StageName = Annotated[
    str,
    StringConstraints(max_length=40, pattern=r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"),
    Field(examples=["legal"]),
]

DecidedStage = Annotated[
    StageName | None,
    Field(
        description=(
            "Which stage you decide on, as the list of what waits names it. Only a round's first"
            " stage may be left out: whoever is a moment too late does not decide on the next one."
        )
    ),
]

AltText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(
        description="What the picture shows, to who cannot see it (WCAG 2.2, 1.1.1)",
        examples=["A fitter on top of a wind turbine, with the sea behind her"],
    ),
]
Hash = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(description="SHA-256 of what was read, in hex", examples=["0f" * 32]),
]

PreviewText = Annotated[str, StringConstraints(min_length=1, max_length=500)]

SiteName = Annotated[
    str, StringConstraints(min_length=1, max_length=100), Field(examples=["Nordlys Energi"])
]
