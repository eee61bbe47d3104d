"""The rules of campaigns: a plan with a purpose and objectives, open and then closed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import objectives
from services.content.domain.objectives import Objective, ObjectiveKind
from services.content.domain.stories import Actor
from services.content.domain.texts import check_order

Purpose = ObjectiveKind
CampaignState = Literal["open", "closed"]


class CampaignNotFound(Refusal):
    """There is no such campaign in your tenant."""

    kind = "not_found"
    title = "Campaign not found"


class CampaignUnknown(Refusal):
    """The campaign that is named does not exist in your tenant."""

    kind = "invalid"
    title = "Campaign is unknown"


class CampaignNotOpen(Refusal):
    """A closed campaign takes no more stories, and is not changed any more."""

    kind = "conflict"
    title = "Campaign is closed"


class NotYourCampaign(Refusal):
    """A campaign is changed by its owners and by program managers."""

    kind = "forbidden"
    title = "Not your campaign"


class OwnerUnknown(Refusal):
    """Those who own a campaign are active people of your tenant."""

    kind = "invalid"
    title = "Owner is unknown"


@dataclass(frozen=True)
class Campaign:
    """A plan that stories belong to and that figures roll up by."""

    campaign_id: UUID
    name: str
    purpose: Purpose
    starts_at: datetime | None
    ends_at: datetime | None
    opened_at: datetime
    description: str | None
    owner_ids: tuple[UUID, ...]
    objectives: tuple[Objective, ...]
    revision: int
    changed_at: datetime
    closed_at: datetime | None = None

    @property
    def state(self) -> CampaignState:
        """Answer whether stories may join."""
        return "open" if self.closed_at is None else "closed"

    @property
    def over_at(self) -> datetime | None:
        """Answer when it is over, by its plan or since it was closed before."""
        ends = [end for end in (self.ends_at, self.closed_at) if end is not None]
        return min(ends, default=None)


def open_new(
    fields: Mapping[str, Any], actor: Actor, new_id: Callable[[], UUID], *, at: datetime
) -> Campaign:
    """Open a campaign. Whoever opens it owns it, unless they name others."""
    campaign = Campaign(
        **{
            **fields,
            "campaign_id": new_id(),
            "owner_ids": tuple(dict.fromkeys(fields["owner_ids"])) or (actor.person_id,),
            "objectives": objectives.compose(fields["objectives"], (), new_id),
            "opened_at": at,
            "changed_at": at,
            "revision": 0,
        }
    )
    check_order(campaign.starts_at, campaign.ends_at, at=at, field="/ends_at")
    _check_objectives(campaign)
    return campaign


def change(
    campaign: Campaign,
    actor: Actor,
    changes: Mapping[str, Any],
    new_id: Callable[[], UUID],
    *,
    at: datetime,
) -> Campaign:
    """Put other values in the place of some; if nothing is another, the campaign comes back."""
    check_may_change(campaign, actor)
    check_open(campaign, field=None)
    fields = dict(changes)
    if "objectives" in fields:
        fields["objectives"] = objectives.compose(fields["objectives"], campaign.objectives, new_id)
    if "owner_ids" in fields:
        fields["owner_ids"] = tuple(dict.fromkeys(fields["owner_ids"]))
    changed = replace(campaign, **fields)
    if changed == campaign:
        return campaign
    # That a campaign is over already forbids no correction of its name.
    moved = changed.ends_at != campaign.ends_at
    since = at if moved else campaign.opened_at
    check_order(changed.starts_at, changed.ends_at, at=since, field="/ends_at")
    _check_objectives(changed)
    return replace(changed, changed_at=at, revision=campaign.revision + 1)


def check_may_change(campaign: Campaign, actor: Actor) -> None:
    """Check that somebody may change a campaign, or ask others to take part in it."""
    if actor.person_id not in campaign.owner_ids and "program_manager" not in actor.roles:
        raise NotYourCampaign("This is for its owners and for program managers.")


def check_open(campaign: Campaign, *, field: str | None = "/campaign_id") -> None:
    """Check that stories may join the campaign."""
    if campaign.state != "open":
        raise CampaignNotOpen("This campaign is closed.", field=field)


def close(campaign: Campaign, *, at: datetime) -> Campaign:
    """Close a campaign. Doing so twice is the same as once: the campaign itself comes back."""
    if campaign.state == "closed":
        return campaign
    return replace(campaign, closed_at=at, changed_at=at, revision=campaign.revision + 1)


def _check_objectives(campaign: Campaign) -> None:
    objectives.check(campaign.objectives, starts_at=campaign.starts_at, ends_at=campaign.ends_at)
