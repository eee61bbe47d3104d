"""Programs and who takes part: always by one's own choice (V1, V2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal

ProgramState = Literal["open", "closed"]


class ProgramNotFound(Refusal):
    """There is no such program in your tenant."""

    kind = "not_found"
    title = "Program not found"


class ProgramIsClosed(Refusal):
    """A closed program cannot be joined; whoever joined before stays in it."""

    kind = "conflict"
    title = "Program is closed"


class NotJoined(Refusal):
    """You never joined this program, so there is nothing to leave."""

    kind = "conflict"
    title = "Not joined"


class NotAnAdvocate(Refusal):
    """Only whoever joined a program can do this; joining is voluntary and takes one call."""

    kind = "forbidden"
    title = "Join a program first"


@dataclass(frozen=True)
class Program:
    """An organised initiative that people can join."""

    program_id: UUID
    name: str
    state: ProgramState
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Enrolment:
    """One person's part in one program. Only she sees it."""

    program_id: UUID
    person_id: UUID
    joined_at: datetime
    left_at: datetime | None = None

    @property
    def current(self) -> bool:
        """Answer whether she takes part now."""
        return self.left_at is None


def close(program: Program, *, at: datetime) -> Program:
    """Close a program for newcomers. Closing twice is the same as once."""
    if program.state == "closed":
        return program
    return replace(program, state="closed", closed_at=at)


def join(
    program: Program, person_id: UUID, earlier: Enrolment | None, *, at: datetime
) -> Enrolment:
    """Take part; joining twice is the same as once. Raises ProgramIsClosed.

    Clocks differ, and news takes its time: nobody comes back before they left, or leaves before
    they joined. Others put what they hear in order by these instants.
    """
    if earlier is not None and earlier.current:
        return earlier
    if program.state == "closed":
        raise ProgramIsClosed(f"{program.name} takes nobody in any more.")
    joined_at = max(at, earlier.left_at) if earlier and earlier.left_at else at
    return Enrolment(program.program_id, person_id, joined_at)


def leave(earlier: Enrolment | None, *, at: datetime) -> Enrolment:
    """Stop taking part; leaving twice is the same as once. Raises NotJoined."""
    if earlier is None:
        raise NotJoined("You have not joined this program.")
    return earlier if earlier.left_at else replace(earlier, left_at=max(at, earlier.joined_at))
