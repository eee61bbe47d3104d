"""The shapes of pauses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.pauses import PauseState
from services.content.schemas.fields import Instant
from services.content.schemas.stories import AuthorView

PauseReason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(
        description="Why. It is kept, and read by reviewers, program managers and admins only.",
        examples=["An accident at the plant; until we know more, we say nothing."],
    ),
]

End = Annotated[
    Instant | None,
    Field(description="When it ends by itself. Without it somebody has to lift it."),
]


class PauseIn(InShape):
    """A pause to begin at once."""

    reason: PauseReason
    until: End = None


class ProlongationIn(InShape):
    """A later end."""

    until: End = None


class PauseView(OutShape):
    """A pause: `active` while nothing is published, then `over` by itself or `lifted`."""

    pause_id: UUID
    state: PauseState
    reason: str
    paused_by: AuthorView
    paused_at: datetime
    until: datetime | None
    ended_at: datetime | None
    lifted_by: AuthorView | None
