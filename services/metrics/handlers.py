"""What metrics does when it hears of something."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.handling import Delivery, Handlers
from contracts.content import CampaignOpened, StoryPublished, StoryRevised, StoryState
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    TenantChanged,
    TenantRegistered,
    TenantState,
)
from contracts.engagement import EngagementRecorded
from contracts.sharing import SharePublished, ShareScheduled
from services.metrics import use_cases
from services.metrics.domain.counting import Engagement, Share
from services.metrics.domain.links import Link
from services.metrics.store import known

handlers = Handlers()

handlers.on(PersonProvisioned, PersonChanged, PersonDeactivated)(people.keep_person)


@handlers.on(TenantRegistered, TenantChanged)
async def meet_tenant(delivery: Delivery[TenantState], session: AsyncSession) -> None:
    """Keep a tenant, and count what had to wait for its time zone."""
    await people.keep_tenant(delivery, session)
    await use_cases.count_early(session, None, at=delivery.happened_at)


@handlers.on(StoryPublished, StoryRevised)
async def meet_story(delivery: Delivery[StoryState], session: AsyncSession) -> None:
    """Let figures of a story be asked for."""
    await known.keep_subject(session, "story", delivery.event.story_id)


@handlers.on(CampaignOpened)
async def meet_campaign(delivery: Delivery[CampaignOpened], session: AsyncSession) -> None:
    """Let figures of a campaign be asked for."""
    await known.keep_subject(session, "campaign", delivery.event.campaign_id)


@handlers.on(ShareScheduled)
async def meet_share(delivery: Delivery[ShareScheduled], session: AsyncSession) -> None:
    """Open a share's link, before the network shows it to anybody (design 10.6)."""
    event = delivery.event
    link = None
    if event.code is not None and event.target is not None:
        link = Link(event.code, delivery.tenant_id, event.share_id, event.target)
    await use_cases.keep_share(
        session,
        _share(event),
        network=event.network,
        link=link,
        published=False,
        at=delivery.happened_at,
    )


@handlers.on(SharePublished)
async def know_share_published(delivery: Delivery[SharePublished], session: AsyncSession) -> None:
    """Count a share as published: the network has shown it."""
    await use_cases.keep_share(
        session,
        _share(delivery.event),
        network=delivery.event.network,
        link=None,
        published=True,
        at=delivery.happened_at,
    )


@handlers.on_batch(EngagementRecorded)
async def count(deliveries: Sequence[Delivery[EngagementRecorded]], session: AsyncSession) -> None:
    """Count what others did with shares."""
    engagements = [
        Engagement(event_id=one.event_id, **one.event.model_dump()) for one in deliveries
    ]
    newest = max(one.happened_at for one in deliveries)
    await use_cases.count_engagements(session, engagements, at=newest)


def _share(event: ShareScheduled | SharePublished) -> Share:
    return Share(event.share_id, event.story_id, event.campaign_id, event.person_id)
