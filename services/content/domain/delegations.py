"""Delegations: who decides in whose name during an absence, without any chains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.texts import check_order

DELEGATION_MAX = timedelta(days=366)
"""Longer than any leave; whoever is away for longer has another role."""

DELEGATIONS_MAX = 20
"""Running ones to one delegate: each makes the queue look into more places."""


class DelegationNotFound(Refusal):
    """There is no such delegation of yours or to you."""

    kind = "not_found"
    title = "Delegation not found"


class DelegationToOneself(Refusal):
    """A delegate is somebody else."""

    kind = "invalid"
    title = "Delegation to oneself"


class DelegateUnknown(Refusal):
    """The delegate is not (or no more) in your directory."""

    kind = "invalid"
    title = "Delegate is unknown"


class DelegationTooLong(Refusal):
    """A delegation is for an absence, and ends."""

    kind = "invalid"
    title = "Delegation is too long"


class DelegationsTooMany(Refusal):
    """One person can stand in for so many others only."""

    kind = "conflict"
    title = "Too many delegations to one person"


@dataclass(frozen=True)
class Delegation:
    """That one person decides in another's name from one instant to another."""

    delegation_id: UUID
    from_person_id: UUID
    to_person_id: UUID
    begins_at: datetime
    ends_at: datetime
    policy_id: UUID | None
    stage: str | None
    created_at: datetime
    ended_at: datetime | None = None


def check(delegation: Delegation, others: Sequence[Delegation], *, at: datetime) -> None:
    """Check that a delegation is to somebody else, for some time; `others` run to the same one."""
    if delegation.from_person_id == delegation.to_person_id:
        raise DelegationToOneself("Name somebody else.", field="/to_person_id")
    check_order(delegation.begins_at, delegation.ends_at, at=at, field="/ends_at")
    if delegation.ends_at - delegation.begins_at > DELEGATION_MAX:
        raise DelegationTooLong("A year is the most.", field="/ends_at")
    if len(others) >= DELEGATIONS_MAX:
        raise DelegationsTooMany("They stand in for enough people.", field="/to_person_id")


def end(delegation: Delegation, actor_id: UUID, *, at: datetime) -> Delegation:
    """End a delegation at once. Doing so twice is the same as once.

    Nobody is asked before they are made a delegate; so whoever was made one ends it, too.
    """
    if actor_id not in {delegation.from_person_id, delegation.to_person_id}:
        raise DelegationNotFound(f"No delegation {delegation.delegation_id} of yours.")
    return delegation if delegation.ended_at else replace(delegation, ended_at=at)
