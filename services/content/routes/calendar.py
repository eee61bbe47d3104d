"""The editorial calendar, and what is planned in it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import TenantNotKnown
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import calendar, campaigns, contributing, findings, ideas
from services.content.domain.calendar import PlanItem, Wanted
from services.content.domain.contributing import Contributors
from services.content.domain.findings import Thresholds
from services.content.domain.texts import Network
from services.content.schemas.calendar import (
    CalendarView,
    Day,
    PlanItemChangesIn,
    PlanItemIn,
    PlanItemView,
    view_calendar,
)
from services.content.schemas.campaigns import ContributorIn, ContributorsView
from services.content.schemas.fields import Language
from services.content.store import plan_items as store
from services.content.use_cases import calendar as reading
from services.content.use_cases import contributing as taking_part
from services.content.use_cases import plan_items as use_cases

router = Router(prefix="/v1/calendar")

ItemAsRead = Annotated[IfMatch, if_match(PlanItemView.model_validate)]

_NAME_REFUSALS = (
    calendar.NotYoursToPlan,
    calendar.WhenUnclear,
    calendar.NetworkRepeated,
    calendar.ResponsibleUnknown,
    campaigns.CampaignUnknown,
    campaigns.CampaignNotOpen,
    ideas.StoryUnknown,
)


async def read_thresholds(
    gap_days: Annotated[
        int, Query(ge=1, le=90, description="From how many empty days on there is a gap.")
    ] = findings.GAP_DAYS_DEFAULT,
    collision_hours: Annotated[
        int, Query(ge=0, le=168, description="Within how many hours two items collide.")
    ] = findings.COLLISION_HOURS_DEFAULT,
) -> Thresholds:
    """Read from where on something is a finding."""
    return Thresholds(gap_days, collision_hours)


async def read_wanted(
    me: Me,
    campaign_id: Annotated[
        UUID | None, Query(description="Only what belongs to this campaign, and its own days.")
    ] = None,
    network: Annotated[Network | None, Query(description="Only what is for this network.")] = None,
    language: Annotated[
        Language | None, Query(description="Only what is in exactly this language.")
    ] = None,
    mine: Annotated[
        bool, Query(description="Only what you carry, made, wrote, own or take part in.")
    ] = False,
) -> Wanted:
    """Read what of the calendar is wanted."""
    return Wanted(campaign_id, network, language, me.person_id if mine else None)


@router.get(
    "",
    response_model=CalendarView,
    **refuses(calendar.SpanUnusable, calendar.CalendarTooFull, TenantNotKnown),
)
async def read_calendar(
    me: Me,
    session: Transaction,
    clock: Now,
    wanted: Annotated[Wanted, Depends(read_wanted)],
    thresholds: Annotated[Thresholds, Depends(read_thresholds)],
    begins_on: Annotated[
        Day | None, Query(alias="from", description="Included; today, if nothing is said.")
    ] = None,
    until: Annotated[
        Day | None,
        Query(description="Not included; at most 100 days later, and 31 if nothing is said."),
    ] = None,
) -> CalendarView:
    """Read what is planned, what stories and campaigns say, and where there are gaps or collisions.

    Days are those of your company's time zone. Findings concern what you asked for: with a
    network, a gap is one on that network. One at the edge of the span may reach beyond it, unless
    there is too much around it to look at.
    """
    days = (begins_on, until)
    read = await reading.read_calendar(session, clock, me, days, wanted, thresholds)
    return view_calendar(read.span, read.entries, read.findings)


@router.post(
    "/items",
    status_code=status.HTTP_201_CREATED,
    response_model=PlanItemView,
    response_class=Versioned,
    **refuses(*_NAME_REFUSALS),
)
async def plan_item(body: PlanItemIn, me: Me, session: Transaction, clock: Now) -> PlanItem:
    """Plan something, as an author, program manager or admin, or in a campaign that you own."""
    return await use_cases.plan_item(session, clock, me, body.model_dump())


@router.get("/items", response_model=Page[PlanItemView], **refuses(CursorUnreadable))
async def list_plan_items(
    page: Paging,
    me: Me,
    session: Transaction,
    state: Annotated[
        calendar.ItemState | None,
        Query(description="`planned` has no story yet, `linked` has one; `dropped` was given up."),
    ] = None,
    campaign_id: Annotated[
        UUID | None, Query(description="Only what belongs to this campaign.")
    ] = None,
    mine: Annotated[bool, Query(description="Only what you are responsible for.")] = False,
) -> Page[PlanItem]:
    """List what is planned, newest first, as far as you take part in it or plan yourself."""
    found = await store.items_seen_by(
        session, me, page, state=state, campaign_id=campaign_id, mine=mine
    )
    return page_of(found, page.limit, lambda item: [item.item_id])


@router.get(
    "/items/{item_id}",
    response_model=PlanItemView,
    response_class=Versioned,
    **refuses(calendar.ItemNotFound),
)
async def read_plan_item(item_id: UUID, me: Me, session: Transaction) -> PlanItem:
    """Read a plan item."""
    return await store.get_item(session, me, item_id)


@router.patch(
    "/items/{item_id}",
    response_model=PlanItemView,
    response_class=Versioned,
    **refuses(
        calendar.ItemNotFound, calendar.ItemDropped, *_NAME_REFUSALS, *preconditions.REFUSALS
    ),
)
async def change_plan_item(
    item_id: UUID,
    body: PlanItemChangesIn,
    me: Me,
    expected: ItemAsRead,
    session: Transaction,
    clock: Now,
) -> PlanItem:
    """Plan something otherwise, or link the story that it became."""
    changes = body.model_dump(include=body.model_fields_set)
    return await use_cases.change_item(session, clock, me, item_id, changes, expected)


@router.post(
    "/items/{item_id}/drop",
    response_model=PlanItemView,
    response_class=Versioned,
    **refuses(calendar.ItemNotFound, calendar.NotYoursToPlan),
)
async def drop_plan_item(item_id: UUID, me: Me, session: Transaction, clock: Now) -> PlanItem:
    """Give a plan up: who follows the calendar sees it as cancelled. Twice is the same as once."""
    return await use_cases.drop_item(session, clock, me, item_id)


@router.get(
    "/items/{item_id}/contributors",
    response_model=ContributorsView,
    **refuses(calendar.ItemNotFound),
)
async def read_contributors_of_item(item_id: UUID, me: Me, session: Transaction) -> Contributors:
    """Read who takes part in a plan item. Whoever has not said yes is a number, never a name."""
    return await taking_part.contributors_of_item(session, me, item_id)


@router.post(
    "/items/{item_id}/contributors",
    status_code=status.HTTP_201_CREATED,
    response_model=ContributorsView,
    **refuses(
        calendar.ItemNotFound,
        calendar.ItemDropped,
        calendar.NotYoursToPlan,
        contributing.InviteeUnknown,
        contributing.TooManyInvitations,
    ),
)
async def invite_contributor_to_item(
    item_id: UUID, body: ContributorIn, me: Me, session: Transaction, clock: Now
) -> Contributors:
    """Ask somebody to take part in a plan item. They answer as to a campaign's invitation."""
    return await taking_part.invite_to_item(session, clock, me, item_id, body.person_id)
