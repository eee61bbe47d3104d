"""Who may decide on something: by role, by team, or by name; and for whom somebody stands in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class Actor(Protocol):
    """Whoever does something to a story."""

    @property
    def person_id(self) -> UUID:
        """Answer who it is."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Answer what they may do."""
        ...

    @property
    def team_id(self) -> UUID | None:
        """Answer to which team they belong."""
        ...


@dataclass(frozen=True)
class Delegator:
    """Somebody who is away, and in whose name whoever acts may decide (within the scope)."""

    person_id: UUID
    roles: frozenset[str]
    team_id: UUID | None
    policy_id: UUID | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Deciders:
    """Who may decide: whoever has one of the roles, is in one of the teams, or is named."""

    roles: tuple[str, ...] = ()
    team_ids: tuple[UUID, ...] = ()
    person_ids: tuple[UUID, ...] = ()

    def keys(self) -> frozenset[str]:
        """Answer what it is that lets somebody decide, one text each."""
        return frozenset(_keys(self.roles, self.team_ids, self.person_ids))

    def include(self, actor: Actor) -> bool:
        """Answer whether somebody is among them."""
        return not self.keys().isdisjoint(keys_of(actor))

    def __or__(self, others: "Deciders") -> "Deciders":
        """Answer these and those."""
        return Deciders(
            (*self.roles, *others.roles),
            (*self.team_ids, *others.team_ids),
            (*self.person_ids, *others.person_ids),
        )


NOBODY = Deciders()


def keys_of(actor: Actor) -> frozenset[str]:
    """Answer by what somebody may be let decide: the same texts as those of `Deciders`."""
    teams = () if actor.team_id is None else (actor.team_id,)
    return frozenset(_keys(actor.roles, teams, (actor.person_id,)))


def _keys(
    roles: Iterable[str], team_ids: Iterable[UUID], person_ids: Iterable[UUID]
) -> Iterable[str]:
    yield from (f"role:{role}" for role in roles)
    yield from (f"team:{team_id}" for team_id in team_ids)
    yield from (f"person:{person_id}" for person_id in person_ids)
