"""What plans of any kind have in common: that what is decided about them is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.content.domain.stories import Author

PlanAct = Literal[
    "opened",
    "changed",
    "closed",
    "submitted",
    "considered",
    "planned",
    "declined",
    "withdrawn",
    "dropped",
    "story_begun",
    "linked",
]
"""What the trail of a plan tells that somebody did."""


@dataclass(frozen=True)
class PlanTrailEntry:
    """Who decided what about a plan when, and why."""

    position: int
    act: PlanAct
    actor: Author
    reason: str | None
    happened_at: datetime
