"""A review round: one submitted version on its way through the stages of its plan (C3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Refusal
from services.content.domain import deadlines
from services.content.domain.deadlines import Mark, What
from services.content.domain.deciders import NOBODY, Actor, Deciders, Delegator
from services.content.domain.policies import PRINCIPAL, Plan, Stage

RoundState = Literal["open", "approved", "changes_requested", "rejected", "withdrawn", "superseded"]
"""A round is superseded where the next one began before it was decided."""


class AlreadyDecided(Refusal):
    """One person decides once on a stage, whether for themselves or in somebody's name."""

    kind = "conflict"
    title = "You have decided on this stage"


class AnotherStageWaits(Refusal):
    """A decision is for the stage that waits; from the second stage on it names it.

    So nobody who was a moment too late, or sends it twice, decides on the next stage unawares.
    """

    kind = "conflict"
    title = "Another stage waits"


@dataclass(frozen=True)
class Approval:
    """That somebody approved a stage, for themselves or in the name of somebody who is away."""

    stage: int
    decider_id: UUID
    on_behalf_of: UUID | None
    approved_at: datetime


@dataclass(frozen=True)
class Round:
    """One submitted version under review. It is bound to the hash of what was submitted."""

    number: int
    version: int
    content_hash: str
    plan: Plan
    state: RoundState
    submitted_at: datetime
    stage_index: int
    stage_since: datetime
    marks_passed: int = 0
    approvals: tuple[Approval, ...] = ()

    @property
    def stage(self) -> Stage:
        """Answer the stage that is waited for, or was last."""
        return self.plan.stages[self.stage_index]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Answer what has to be said when about the stage while it waits."""
        zone = ZoneInfo(self.plan.time_zone)
        return deadlines.marks(self.stage.deadline, since=self.stage_since, zone=zone)

    @property
    def wake_at(self) -> datetime | None:
        """Answer when something has to be said next."""
        left = self.marks[self.marks_passed :] if self.state == "open" else ()
        return left[0].at if left else None

    @property
    def due_at(self) -> datetime | None:
        """Answer the deadline of the stage."""
        return next((mark.at for mark in self.marks if mark.what == "overdue"), None)

    @property
    def escalated(self) -> bool:
        """Answer whether others may decide on the stage too by now."""
        return any(mark.what == "escalate" for mark in self.marks[: self.marks_passed])

    @property
    def deciders(self) -> Deciders:
        """Answer who may decide on the stage now."""
        deadline = self.stage.deadline
        more = deadline.escalate_to if deadline and self.escalated else NOBODY
        return self.stage.deciders | more

    @property
    def taken(self) -> frozenset[UUID]:
        """Answer who has decided on the stage, or in whose name it was done."""
        here = [one for one in self.approvals if one.stage == self.stage_index]
        deciders = {one.decider_id for one in here}
        return frozenset(deciders | {one.on_behalf_of for one in here if one.on_behalf_of})

    @property
    def approvals_missing(self) -> int:
        """Answer how many people must still approve the stage."""
        if self.state != "open":
            return 0
        here = sum(one.stage == self.stage_index for one in self.approvals)
        return self.stage.quorum - here

    @property
    def passed_a_principal(self) -> bool:
        """Answer whether a principal approved it."""
        stages = [stage.name for stage in self.plan.stages]
        return self.state == "approved" and PRINCIPAL in stages


def begin(before: Round | None, version: int, content_hash: str, plan: Plan, at: datetime) -> Round:
    """Begin the next round at its first stage."""
    return Round(
        number=before.number + 1 if before else 1,
        version=version,
        content_hash=content_hash,
        plan=plan,
        state="open",
        submitted_at=at,
        stage_index=0,
        stage_since=at,
    )


def concerns(round_: Round, actor: Actor, delegators: Iterable[Delegator] = ()) -> bool:
    """Answer whether somebody may decide on any stage, themselves or for another, or supervises."""
    if round_.plan.supervisors.include(actor):
        return True
    asked = [(round_.stage, round_.deciders)]
    asked += [(stage, stage.deciders) for stage in round_.plan.stages]
    return any(
        deciders.include(actor) or _standing_in(delegators, round_, stage, deciders)
        for stage, deciders in asked
    )


@dataclass(frozen=True)
class Standing:
    """By whose right somebody decides: None is their own."""

    on_behalf_of: UUID | None


def standing(
    round_: Round, actor: Actor, delegators: Sequence[Delegator], *, barred: frozenset[UUID]
) -> Standing | None:
    """Answer by whose right somebody may decide on the stage now, or None for by nobody's.

    `barred` are those who made it: nobody decides in their name either. Their own right comes
    first. Raises AlreadyDecided.
    """
    if actor.person_id in barred:
        return None
    if actor.person_id in round_.taken:
        raise AlreadyDecided("Somebody else has to decide too.", stage=round_.stage.name)
    if round_.deciders.include(actor):
        return Standing(None)
    absent = _standing_in(delegators, round_, round_.stage, round_.deciders)
    able = [one for one in absent if one.person_id not in barred]
    free = [one for one in able if one.person_id not in round_.taken]
    if able and not free:
        raise AlreadyDecided("Whom you stand in for has decided.", stage=round_.stage.name)
    return Standing(free[0].person_id) if free else None


def check_is_meant(round_: Round, stage: str | None) -> None:
    """Check that a decision was made for the stage that waits; raises AnotherStageWaits."""
    waiting = round_.stage.name
    if stage != waiting and (stage is not None or round_.stage_index > 0):
        raise AnotherStageWaits(
            f"What waits is {waiting}; if you decide on that, name it.",
            field="/stage",
            stage=waiting,
        )


def approve(round_: Round, actor: Actor, by: Standing, *, at: datetime) -> Round:
    """Count an approval; with the quorum the next stage begins, and after the last all is said."""
    approval = Approval(round_.stage_index, actor.person_id, by.on_behalf_of, at)
    counted = replace(round_, approvals=(*round_.approvals, approval))
    if counted.approvals_missing > 0:
        return counted
    if counted.stage_index + 1 == len(counted.plan.stages):
        return replace(counted, state="approved")
    return replace(counted, stage_index=counted.stage_index + 1, stage_since=at, marks_passed=0)


def end(round_: Round | None, state: RoundState) -> Round | None:
    """End a round that is open; one that has ended stays as it did."""
    return replace(round_, state=state) if round_ and round_.state == "open" else round_


def wake(round_: Round, *, at: datetime) -> tuple[Round, tuple[What, ...]]:
    """Pass all marks that are due; answers what has to be said, each once, in order."""
    if round_.state != "open":
        return round_, ()
    due = [mark for mark in round_.marks[round_.marks_passed :] if mark.at <= at]
    # A worker that was away does not remind several times at once.
    said = tuple(dict.fromkeys(mark.what for mark in due))
    return replace(round_, marks_passed=round_.marks_passed + len(due)), said


def _standing_in(
    delegators: Iterable[Delegator], round_: Round, stage: Stage, deciders: Deciders
) -> list[Delegator]:
    """Answer those of whom a stage is, and whose delegation reaches it.

    None reaches the principals' stage: what the law asks of a principal nobody does for them.
    """
    return [
        one
        for one in delegators
        if stage.name != PRINCIPAL
        and one.policy_id in {None, round_.plan.policy_id}
        and one.stage in {None, stage.name}
        and deciders.include(one)
    ]
