"""Taking part in a plan: who is asked, who says yes, and what the others see of it (C2, V1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.stories import Author

Answer = Literal["open", "accepted", "declined"]

INVITATIONS_MAX = 50
"""Of one plan: a whole department may take part, a company does not plan."""


class InvitationNotFound(Refusal):
    """There is no such invitation, or none to you."""

    kind = "not_found"
    title = "Invitation not found"


class InviteeUnknown(Refusal):
    """Whoever is asked to take part is an active person of your tenant."""

    kind = "invalid"
    title = "Person is unknown"


class TooManyInvitations(Refusal):
    """A plan that more people are asked into than can talk with each other is none."""

    kind = "conflict"
    title = "Too many are invited"


@dataclass(frozen=True)
class Invitation:
    """That somebody was asked to take part in a plan, and what they said: theirs to know."""

    invitation_id: UUID
    campaign_id: UUID | None
    item_id: UUID | None
    title: str
    person_id: UUID
    answer: Answer
    invited_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class Contributor:
    """Somebody who said yes."""

    person: Author
    since: datetime


@dataclass(frozen=True)
class Contributors:
    """What others see: who said yes. Of everybody else only how many were asked.

    Whoever declines is counted like whoever has not answered: a no changes nothing that
    anybody else can see, so it costs nothing (V1).
    """

    accepted: tuple[Contributor, ...]
    invited: int


def answer(invitation: Invitation, said: Answer, *, at: datetime) -> Invitation:
    """Say yes or no, now or later; saying the same twice is the same as once."""
    if invitation.answer == said:
        return invitation
    return replace(invitation, answer=said, answered_at=at)


def check_room(invited: int) -> None:
    """Check that one more may be asked."""
    if invited >= INVITATIONS_MAX:
        raise TooManyInvitations(f"At most {INVITATIONS_MAX} people are asked.")


def seen_by_others(accepted: Sequence[Contributor], total: int) -> Contributors:
    """Answer what others see of who was asked."""
    return Contributors(tuple(accepted), total - len(accepted))
