"""Campaigns: opened, listed, read, changed, closed."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import campaigns, objectives, texts
from services.content.domain.campaigns import Campaign
from services.content.domain.plans import PlanTrailEntry
from services.content.schemas.campaigns import (
    CampaignChangesIn,
    CampaignIn,
    CampaignView,
)
from services.content.schemas.fields import Instant
from services.content.schemas.plans import PlanTrailEntryView
from services.content.store import campaigns as store
from services.content.store import plans
from services.content.use_cases import campaigns as use_cases

router = Router(prefix="/v1/campaigns")

ProgramManager = Annotated[Person, requires("program_manager")]

CampaignAsRead = Annotated[IfMatch, if_match(CampaignView.model_validate)]

NameFilter = Annotated[
    str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of the name.")
]

_PLAN_REFUSALS = (
    texts.DatesOutOfOrder,
    objectives.ObjectiveRepeated,
    objectives.ObjectiveUnknown,
    objectives.ObjectiveOutsideCampaign,
    campaigns.OwnerUnknown,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=CampaignView,
    response_class=Versioned,
    **refuses(*_PLAN_REFUSALS),
)
async def open_campaign(
    body: CampaignIn, manager: ProgramManager, session: Transaction, clock: Now
) -> Campaign:
    """Open a campaign; from now on stories may name it."""
    return await use_cases.open_campaign(session, clock, manager, body.model_dump())


@router.get("", response_model=Page[CampaignView], **refuses(CursorUnreadable))
async def list_campaigns(
    page: Paging,
    _me: Me,
    session: Transaction,
    state: Annotated[
        campaigns.CampaignState | None,
        Query(description="`open` takes stories, `closed` does not any more."),
    ] = None,
    purpose: Annotated[
        campaigns.Purpose | None, Query(description="Only those with this purpose.")
    ] = None,
    q: NameFilter = None,
    running_at: Annotated[
        Instant | None, Query(description="Only those that run at this instant.")
    ] = None,
) -> Page[Campaign]:
    """List campaigns, newest first."""
    found = await store.campaigns_of_the_tenant(
        session, page, state=state, purpose=purpose, name=q, running_at=running_at
    )
    return page_of(found, page.limit, lambda campaign: [campaign.campaign_id])


@router.get(
    "/{campaign_id}",
    response_model=CampaignView,
    response_class=Versioned,
    **refuses(campaigns.CampaignNotFound),
)
async def read_campaign(campaign_id: UUID, _me: Me, session: Transaction) -> Campaign:
    """Read a campaign."""
    return await store.get_campaign(session, campaign_id)


@router.patch(
    "/{campaign_id}",
    response_model=CampaignView,
    response_class=Versioned,
    **refuses(
        campaigns.CampaignNotFound,
        campaigns.NotYourCampaign,
        campaigns.CampaignNotOpen,
        objectives.ObjectiveKindFixed,
        *_PLAN_REFUSALS,
        *preconditions.REFUSALS,
    ),
)
async def change_campaign(
    campaign_id: UUID,
    body: CampaignChangesIn,
    me: Me,
    expected: CampaignAsRead,
    session: Transaction,
    clock: Now,
) -> Campaign:
    """Change an open campaign that you own, or as a program manager any.

    Objectives keep their ids, by which their progress is known: name the id of each that stays.
    """
    changes = body.model_dump(include=body.model_fields_set)
    return await use_cases.change_campaign(session, clock, me, campaign_id, changes, expected)


@router.post(
    "/{campaign_id}/close",
    response_model=CampaignView,
    response_class=Versioned,
    **refuses(campaigns.CampaignNotFound),
)
async def close_campaign(
    campaign_id: UUID, manager: ProgramManager, session: Transaction, clock: Now
) -> Campaign:
    """Close a campaign: it takes no more stories. Closing twice is the same as once."""
    return await use_cases.close_campaign(session, clock, manager, campaign_id)


@router.get(
    "/{campaign_id}/trail",
    response_model=Page[PlanTrailEntryView],
    **refuses(CursorUnreadable, campaigns.CampaignNotFound),
)
async def read_campaign_trail(
    campaign_id: UUID, page: Paging, _manager: ProgramManager, session: Transaction
) -> Page[PlanTrailEntry]:
    """Read who opened, changed and closed a campaign, oldest first."""
    await store.get_campaign(session, campaign_id)
    entries: Sequence[PlanTrailEntry] = await plans.plan_trail_of(session, campaign_id, page)
    return page_of(entries, page.limit, lambda entry: [entry.position])
