"""Approval policies: which stages a story passes, who decides each, and which policy it is (C3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import deadlines
from services.content.domain.deadlines import Deadline
from services.content.domain.deciders import NOBODY, Deciders

PRINCIPAL = "principal"
"""The stage that regulated tenants add; no policy has one of that name."""

POLICIES_MAX = 200
"""Active ones of a tenant: all are looked through at each submission, by people too."""


class PolicyNotFound(Refusal):
    """There is no such approval policy in your tenant."""

    kind = "not_found"
    title = "Approval policy not found"


class PolicyArchived(Refusal):
    """An archived policy is not changed any more; make another."""

    kind = "conflict"
    title = "Approval policy is archived"


class PoliciesTooMany(Refusal):
    """A tenant has so many active policies that nobody could say which one applies."""

    kind = "conflict"
    title = "Too many approval policies"


class StageEmpty(Refusal):
    """A stage says who may decide it: by role, by team, or by name."""

    kind = "invalid"
    title = "Nobody could decide this stage"


class StageRepeated(Refusal):
    """Each stage of a policy has a name of its own."""

    kind = "invalid"
    title = "Two stages have one name"


class StageNameReserved(Refusal):
    """The stage of the principals is added by the settings of a regulated tenant."""

    kind = "invalid"
    title = "Stage name is reserved"


class QuorumTooLarge(Refusal):
    """A stage that only named people may decide cannot need more of them than are named."""

    kind = "invalid"
    title = "Quorum is larger than the people named"


class DeciderUnknown(Refusal):
    """A person or team that should decide is not (or no more) in your directory."""

    kind = "invalid"
    title = "Decider is unknown"


@dataclass(frozen=True)
class Stage:
    """One step of an approval: who may decide, and how many different people must approve."""

    name: str
    deciders: Deciders
    quorum: int = 1
    deadline: Deadline | None = None


@dataclass(frozen=True)
class Policy:
    """The stages that a story passes. Empty kinds or campaigns ask for nothing."""

    policy_id: UUID
    name: str
    kinds: tuple[str, ...]
    campaign_ids: tuple[UUID, ...]
    stages: tuple[Stage, ...]
    comments_must_be_resolved: bool
    created_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What of a policy a round keeps, so that a later change does not move it (ADR 34)."""

    policy_id: UUID | None
    stages: tuple[Stage, ...]
    comments_must_be_resolved: bool
    time_zone: str
    supervisors: Deciders = NOBODY
    """Who sees what is under review, whether or not there is a stage of theirs."""


DEFAULT = Plan(None, (Stage("review", Deciders(roles=("reviewer",))),), False, "UTC")
"""What holds where no policy says otherwise: one reviewer."""


def check(policy: Policy) -> None:
    """Check what a schema cannot: names, who decides, quorums, the order of deadlines."""
    seen: set[str] = set()
    for index, stage in enumerate(policy.stages):
        field = f"/stages/{index}"
        if stage.name in seen:
            raise StageRepeated(f"There are two stages {stage.name}.", field=f"{field}/name")
        seen.add(stage.name)
        _check_stage(stage, field)
    if not policy.stages:
        raise StageEmpty("A policy has a stage.", field="/stages")


def _check_stage(stage: Stage, field: str) -> None:
    if stage.name == PRINCIPAL:
        raise StageNameReserved("This name stands for the principals.", field=f"{field}/name")
    deciders = stage.deciders
    if not deciders.keys():
        raise StageEmpty("Say who may decide.", field=f"{field}/deciders")
    named = len(set(deciders.person_ids))
    if not deciders.roles and not deciders.team_ids and stage.quorum > named:
        raise QuorumTooLarge(
            f"{stage.quorum} must approve, and {named} may.", field=f"{field}/quorum"
        )
    if stage.deadline is not None:
        deadlines.check(stage.deadline, field=f"{field}/deadline")


def deciders_of(policy: Policy) -> Deciders:
    """Answer everybody who is named anywhere in a policy."""
    everybody = Deciders()
    for stage in policy.stages:
        everybody |= stage.deciders
        if stage.deadline is not None:
            everybody |= stage.deadline.escalate_to
    return everybody


def check_not_archived(policy: Policy) -> None:
    """Check that a policy may still be changed."""
    if policy.archived_at is not None:
        raise PolicyArchived("This policy holds for no new story any more.")


def archive(policy: Policy, *, at: datetime) -> Policy:
    """Let a policy hold for no new round. Doing so twice is the same as once."""
    return policy if policy.archived_at is not None else replace(policy, archived_at=at)


def policy_for(policies: Iterable[Policy], *, kind: str, campaign_id: UUID | None) -> Policy | None:
    """Answer the most specific active policy that fits: campaign and kind, campaign, kind, any.

    Of two that are equally specific it is the newer one.
    """
    fitting = [
        policy
        for policy in policies
        if policy.archived_at is None
        and (not policy.kinds or kind in policy.kinds)
        and (not policy.campaign_ids or campaign_id in policy.campaign_ids)
    ]
    return max(
        fitting,
        key=lambda one: (
            bool(one.campaign_ids),
            bool(one.kinds),
            one.created_at,
            one.policy_id,
        ),
        default=None,
    )


def plan_of(
    policy: Policy | None,
    *,
    time_zone: str,
    further: Sequence[Stage] = (),
    supervisors: Deciders = NOBODY,
) -> Plan:
    """Answer the plan that a new round keeps: the policy's stages, and then `further` ones."""
    stages = DEFAULT.stages if policy is None else policy.stages
    return Plan(
        policy_id=policy.policy_id if policy else None,
        stages=(*stages, *further),
        comments_must_be_resolved=bool(policy and policy.comments_must_be_resolved),
        time_zone=time_zone,
        supervisors=supervisors,
    )
