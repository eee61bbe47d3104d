"""The rules of campaigns, in their simplest form: open, and then closed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.texts import check_order

Purpose = Literal["visibility", "traffic", "social_actions", "leads", "conversions", "applications"]
CampaignState = Literal["open", "closed"]


class CampaignNotFound(Refusal):
    """There is no such campaign in your tenant."""

    kind = "not_found"
    title = "Campaign not found"


class CampaignUnknown(Refusal):
    """The campaign that a story names does not exist in your tenant."""

    kind = "invalid"
    title = "Campaign is unknown"


class CampaignNotOpen(Refusal):
    """A closed campaign takes no more stories."""

    kind = "conflict"
    title = "Campaign is closed"


@dataclass(frozen=True)
class Campaign:
    """A plan that stories belong to and that figures roll up by."""

    campaign_id: UUID
    name: str
    purpose: Purpose
    starts_at: datetime | None
    ends_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def state(self) -> CampaignState:
        """Answer whether stories may join."""
        return "open" if self.closed_at is None else "closed"


def check_dates(campaign: Campaign, *, at: datetime) -> None:
    """Check that a campaign ends after it starts, and not in the past."""
    check_order(campaign.starts_at, campaign.ends_at, at=at, field="/ends_at")


def check_open(campaign: Campaign) -> None:
    """Check that stories may join the campaign."""
    if campaign.state != "open":
        raise CampaignNotOpen("This campaign takes no more stories.", field="/campaign_id")


def close(campaign: Campaign, *, at: datetime) -> Campaign:
    """Close a campaign. Doing so twice is the same as once: the campaign itself comes back."""
    return campaign if campaign.state == "closed" else replace(campaign, closed_at=at)
