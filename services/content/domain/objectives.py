"""What a campaign is for: objectives, each with a target and the time it has (M1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.texts import DatesOutOfOrder

ObjectiveKind = Literal[
    "visibility", "traffic", "social_actions", "leads", "conversions", "applications"
]


class ObjectiveRepeated(Refusal):
    """A campaign has one objective of a kind for the same dates, and names each once."""

    kind = "invalid"
    title = "Two objectives of one kind and time"


class ObjectiveUnknown(Refusal):
    """An objective that is named by its id is one that the campaign has."""

    kind = "invalid"
    title = "Objective is unknown"


class ObjectiveKindFixed(Refusal):
    """What was counted for an objective is of its kind: another kind is another objective."""

    kind = "invalid"
    title = "An objective keeps its kind"


class ObjectiveOutsideCampaign(Refusal):
    """An objective has no time that its campaign does not have."""

    kind = "invalid"
    title = "Objective is outside its campaign"


@dataclass(frozen=True)
class Objective:
    """What is to be reached, from where, and when. No date is the campaign's own."""

    objective_id: UUID
    kind: ObjectiveKind
    target: int
    unit: str
    baseline: int | None
    starts_at: datetime | None
    ends_at: datetime | None


def compose(
    wanted: Sequence[Mapping[str, Any]], before: Sequence[Objective], new_id: Callable[[], UUID]
) -> tuple[Objective, ...]:
    """Make objectives of plain fields: one that names its id is that one, any other is new."""
    known = {one.objective_id: one for one in before}
    made: list[Objective] = []
    for place, fields in enumerate(wanted):
        given = fields["objective_id"]
        if given is not None and given not in known:
            raise ObjectiveUnknown(
                "The campaign has no such objective.", field=f"/objectives/{place}/objective_id"
            )
        if given is not None and known[given].kind != fields["kind"]:
            raise ObjectiveKindFixed(
                "Leave the id out to begin another one.", field=f"/objectives/{place}/kind"
            )
        made.append(Objective(**{**fields, "objective_id": given or new_id()}))
    return tuple(made)


def check(
    objectives: Sequence[Objective], *, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    """Check each objective's dates, within the campaign's, and that none is there twice."""
    for place, one in enumerate(objectives):
        if one.starts_at and one.ends_at and one.ends_at <= one.starts_at:
            raise DatesOutOfOrder(
                "The end must come after the beginning.", field=f"/objectives/{place}/ends_at"
            )
        for name, date in (("starts_at", one.starts_at), ("ends_at", one.ends_at)):
            early = date and starts_at and date < starts_at
            late = date and ends_at and date > ends_at
            if early or late:
                raise ObjectiveOutsideCampaign(
                    "Its dates lie within the campaign's.", field=f"/objectives/{place}/{name}"
                )
    ids = {one.objective_id for one in objectives}
    times = {(one.kind, one.starts_at or starts_at, one.ends_at or ends_at) for one in objectives}
    if min(len(ids), len(times)) < len(objectives):
        raise ObjectiveRepeated("Keep one of the two.", field="/objectives")
