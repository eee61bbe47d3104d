"""Whether a campaign that something names is there, and takes more of it."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.content.domain import campaigns
from services.content.domain.campaigns import Campaign, CampaignUnknown
from services.content.store.campaigns import find_campaign_to_join


async def campaign_named(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Answer a campaign that something names, open or closed; raises CampaignUnknown."""
    campaign = await find_campaign_to_join(session, campaign_id)
    if campaign is None:
        raise CampaignUnknown(f"No campaign {campaign_id}.", field="/campaign_id")
    return campaign


async def check_joins(session: AsyncSession, campaign_id: UUID | None) -> None:
    """Check that something may join a campaign; raises CampaignUnknown or CampaignNotOpen."""
    if campaign_id is not None:
        campaigns.check_open(await campaign_named(session, campaign_id))


async def still_joins(session: AsyncSession, campaign_id: UUID | None) -> UUID | None:
    """Answer the campaign that something may join; none where it was closed in the meantime.

    What comes of an old idea, story or feed is good without the campaign that it was meant for.
    """
    campaign = await find_campaign_to_join(session, campaign_id) if campaign_id else None
    return campaign_id if campaign is not None and campaign.state == "open" else None
