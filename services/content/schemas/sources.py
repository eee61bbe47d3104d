"""The shapes of sources, and of what was found in them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.public_addresses import URL_CHARS_MAX
from chassis.schemas import InShape, OutShape
from services.content.domain.feeds import Format, ItemState
from services.content.domain.sources import (
    INTERVAL_MINUTES_DEFAULT,
    INTERVAL_MINUTES_MAX,
    INTERVAL_MINUTES_MIN,
    WORDS,
    EndReason,
    Problem,
    Source,
    State,
)
from services.content.schemas.fields import Language, Topic

TOPICS_MAX = 10

SourceName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Our newsroom"])
]

FeedUrl = Annotated[
    str,
    Field(
        max_length=URL_CHARS_MAX,
        description="Of an RSS, Atom or JSON feed on the public internet; which, is found out.",
        examples=["https://news.nordlys.example/feed.xml"],
    ),
]

Interval = Annotated[
    int,
    Field(
        ge=INTERVAL_MINUTES_MIN,
        le=INTERVAL_MINUTES_MAX,
        description="How often it is asked at most; its host may want to be asked less often.",
    ),
]


class SourceIn(InShape):
    """A feed to read. Stories made of its items begin with its language, topics and campaign."""

    name: SourceName
    url: FeedUrl
    language: Language
    topics: list[Topic] = Field(default_factory=list, max_length=TOPICS_MAX)
    campaign_id: UUID | None = None
    interval_minutes: Interval = INTERVAL_MINUTES_DEFAULT


class SourceChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away."""

    # Made by factories, since a default in the document would say what leaving out does not do.
    name: SourceName = Field(default_factory=str)
    language: Language = Field(default_factory=str)
    topics: list[Topic] = Field(default_factory=list, max_length=TOPICS_MAX)
    campaign_id: UUID | None = None
    interval_minutes: Interval = Field(default_factory=int)
    paused: bool = Field(default_factory=bool)


class ProblemView(OutShape):
    """Why nothing came of it the last time."""

    reason: Problem
    detail: str


class SourceView(OutShape):
    """A source, and how it went. `next_poll_at` is null when nobody asks it any more.

    `last_problem` is null since it last went well; `failures` counts how often in a row it did not.
    """

    source_id: UUID
    name: str
    url: str
    language: str
    topics: list[str]
    campaign_id: UUID | None
    interval_minutes: int
    state: State
    ended_because: EndReason | None
    format: Format | None
    last_problem: ProblemView | None
    failures: int
    created_at: datetime
    last_polled_at: datetime | None
    last_succeeded_at: datetime | None
    next_poll_at: datetime | None


class SourceItemView(OutShape):
    """What was found in a source, as plain text. `story_id` is the story that was made of it."""

    item_id: UUID
    source_id: UUID
    title: str
    excerpt: str
    link: str | None
    published_at: datetime | None
    found_at: datetime
    state: ItemState
    story_id: UUID | None


def view_source(source: Source) -> SourceView:
    """Show a source with its problem in words."""
    problem = source.problem
    return SourceView(
        source_id=source.source_id,
        name=source.name,
        url=source.url,
        language=source.language,
        topics=list(source.topics),
        campaign_id=source.campaign_id,
        interval_minutes=source.interval_minutes,
        state=source.state,
        ended_because=source.ended_because,
        format=source.format,
        last_problem=ProblemView(reason=problem, detail=WORDS[problem]) if problem else None,
        failures=source.failures,
        created_at=source.created_at,
        last_polled_at=source.polled_at,
        last_succeeded_at=source.succeeded_at,
        next_poll_at=source.due_at,
    )
