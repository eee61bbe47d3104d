"""Who may be ranked, and when nobody is: rankings can shame (R4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal

Period = Literal["month", "all"]
SwitchedBy = Literal["works_council", "admin"]

GROUP_MIN = 5
"""A team's board with fewer would show who did not join (V1; design 4.6, k = 5)."""


class BoardOff(Refusal):
    """Rankings are switched off in your company; points and statements go on."""

    kind = "forbidden"
    title = "Board is off"


class WorksCouncilDecides(Refusal):
    """What the works council switched off, only the works council switches on again (R4)."""

    kind = "forbidden"
    title = "Works council decides"


@dataclass(frozen=True)
class BoardSettings:
    """Whether rankings are shown in a tenant, and who last said so (None: nobody yet)."""

    enabled: bool = True
    switched_by: SwitchedBy | None = None


@dataclass(frozen=True)
class Place:
    """Somebody's place on a board; those with as many points share a rank."""

    rank: int
    person_id: UUID
    display_name: str
    points: int
    me: bool


@dataclass(frozen=True)
class Board:
    """A board: leaders are ranked apart, so that nobody competes with their own boss."""

    period: Period
    since: date | None
    team_id: UUID | None
    suppressed: bool
    people: Sequence[Place]
    leaders: Sequence[Place]


def switch_board(settings: BoardSettings, *, enabled: bool, roles: frozenset[str]) -> BoardSettings:
    """Switch rankings on or off; raises WorksCouncilDecides."""
    speaks_for: SwitchedBy = "works_council" if "works_council" in roles else "admin"
    held = not settings.enabled and settings.switched_by == "works_council"
    if held and speaks_for != "works_council":
        raise WorksCouncilDecides("Your works council has switched rankings off.")
    return BoardSettings(enabled, speaks_for)


def check_on(settings: BoardSettings) -> None:
    """Raise BoardOff, saying who switched rankings off."""
    if not settings.enabled:
        who = "works council" if settings.switched_by == "works_council" else "administration"
        raise BoardOff(f"Your {who} has switched rankings off.", switched_by=settings.switched_by)


def is_suppressed(team_id: UUID | None, ranked: int) -> bool:
    """Answer whether a board must not be shown, with so many people of the team on it."""
    return team_id is not None and ranked < GROUP_MIN
