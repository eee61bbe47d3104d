"""Pauses: one call after which a company publishes nothing, until it is lifted or over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.life import MAY
from services.content.domain.stories import Author

PauseState = Literal["active", "over", "lifted"]

MAY_PAUSE = MAY["withdraw"]
"""Whoever may stop one story everywhere may stop them all."""

MAY_LIFT = frozenset({"program_manager", "admin"})
"""To stop must be easy; that it goes on again is for those who answer for the programs."""


class PauseNotFound(Refusal):
    """There is no such pause in your tenant."""

    kind = "not_found"
    title = "Pause not found"


class PublishingPaused(Refusal):
    """Your company has paused everything: nothing is published until the pause has ended."""

    kind = "conflict"
    title = "Publishing is paused"


class AlreadyPaused(Refusal):
    """There is one pause at a time; to make it longer, prolong the one that holds."""

    kind = "conflict"
    title = "Publishing is paused already"


class PauseEnded(Refusal):
    """What has ended cannot be made longer: pause anew."""

    kind = "conflict"
    title = "Pause has ended"


class PauseNotLonger(Refusal):
    """Prolonging makes a pause longer; to end it sooner, somebody lifts it."""

    kind = "invalid"
    title = "Pause would not be longer"


@dataclass(frozen=True)
class Pause:
    """A time in which nothing is published. `until` None is: until somebody lifts it."""

    pause_id: UUID
    reason: str
    paused_by: Author
    paused_at: datetime
    until: datetime | None
    ended_at: datetime | None = None
    lifted_by: Author | None = None

    @property
    def state(self) -> PauseState:
        """Answer whether it holds, as far as is known; `settled` says how it is at an instant."""
        if self.ended_at is None:
            return "active"
        return "over" if self.lifted_by is None else "lifted"


def settled(pause: Pause, *, at: datetime) -> Pause:
    """Answer a pause as it is at an instant: its end needs nobody to notice it.

    So no worker that is away keeps a company silent. The pause itself comes back while it holds.
    """
    if pause.ended_at is None and pause.until is not None and pause.until <= at:
        return replace(pause, ended_at=pause.until)
    return pause


def check_none_holds(pause: Pause | None) -> None:
    """Check that a new pause may begin; the last one must be settled."""
    if pause is not None and pause.state == "active":
        raise AlreadyPaused(
            "Another pause holds; it can be prolonged.", pause_id=pause.pause_id, until=pause.until
        )


def check_may_publish(pause: Pause | None, *, at: datetime) -> None:
    """Check that no pause holds."""
    if pause is not None and settled(pause, at=at).state == "active":
        raise PublishingPaused(
            "Wait until the pause has ended.", pause_id=pause.pause_id, until=pause.until
        )


def prolong(pause: Pause, until: datetime | None) -> Pause:
    """Make a settled pause longer. To the same end twice is once: the pause itself comes back."""
    if pause.state != "active":
        raise PauseEnded("Pause anew.", ended_at=pause.ended_at)
    if pause.until == until:
        return pause
    if pause.until is None or (until is not None and until < pause.until):
        raise PauseNotLonger("The pause lasts longer already.", field="/until", until=pause.until)
    return replace(pause, until=until)


def lift(pause: Pause, by: Author, *, at: datetime) -> Pause:
    """End a settled pause. One that has ended comes back as it is: twice is the same as once."""
    return pause if pause.state != "active" else replace(pause, ended_at=at, lifted_by=by)
