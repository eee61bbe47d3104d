"""Metrics' routes: the redirect, what is reported, and what came of it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Request, Response, status

from chassis.callers import Caller, Me, Now, RoleMissing, Transaction, find_caller, tenant_id_of
from chassis.kafka import BrokerUnavailable
from chassis.people import TenantNotKnown
from chassis.problems import refuses
from chassis.routing import Router
from services.metrics import schemas, use_cases
from services.metrics.domain import figures, links, reports
from services.metrics.domain.figures import Figures
from services.metrics.redirect.front import ROUTE, Redirects

router = Router(prefix="/v1")
open_router = Router()

REPORTERS = frozenset({"analyst", "program_manager", "admin"})


async def find_reporter(request: Request, identity: Caller) -> UUID:
    """Answer the tenant of a caller who may report; raises PersonUnknown or RoleMissing.

    Its transaction ends here: one that waited for Kafka would hold a connection all the while.
    """
    async with request.app.state.database.transaction(identity.tenant_id) as session:
        person = await find_caller(request, identity, session)
    if not person.roles & REPORTERS:
        needed = sorted(REPORTERS)
        raise RoleMissing(f"This needs one of: {', '.join(needed)}.", roles=needed)
    return tenant_id_of(identity)


@dataclass(frozen=True)
class Days:
    """The days that figures are asked for."""

    first: date | None
    last: date | None


def asked_days(
    first: Annotated[
        date | None,
        Query(
            alias="from", description="The first day. At most 366 days.", examples=["2026-03-01"]
        ),
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="The last day.", examples=["2026-03-31"])
    ] = None,
) -> Days:
    """Read the days that figures are asked for, in the company's time zone."""
    return Days(first, last)


AskedDays = Annotated[Days, Depends(asked_days)]


@open_router.head(ROUTE, include_in_schema=False)
@open_router.get(
    ROUTE,
    status_code=status.HTTP_302_FOUND,
    response_class=Response,
    openapi_extra=schemas.redirect_headers(),
    **refuses(links.LinkNotFound, links.LinkNotReady),
)
async def follow_link(code: str, request: Request) -> Response:
    """Follow a tracked link. A new one is waited for; who follows is neither asked nor kept."""
    redirects: Redirects = request.app.state.resources
    link = await redirects.links.get(code)
    redirects.record(link, request.method, request.headers.raw)
    response = Response(status_code=status.HTTP_302_FOUND)
    response.raw_headers = list(link.headers)
    return response


@router.post(
    "/engagements:batch",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=schemas.BatchOutcome,
    openapi_extra=schemas.batch_body(),
    **refuses(reports.SourceReserved, BrokerUnavailable),
)
async def report_engagements(
    request: Request, tenant_id: Annotated[UUID, Depends(find_reporter)], clock: Now
) -> Response:
    """Report what others did with shares, up to 1,000 at once. Sent again, it is counted once.

    Its items' ids see to that, for good and not for a day only, so nothing is kept for an
    Idempotency-Key: a repeat is looked at anew, and its answer has no `idempotent-replayed`.
    """
    batch = schemas.read_batch(await request.body())
    context = request.app.state.context
    outcomes = await use_cases.take_reports(
        context.database, context.publisher, tenant_id, batch.source, batch.items, at=clock.now()
    )
    body = msgspec.json.encode({"items": outcomes})
    return Response(body, status.HTTP_202_ACCEPTED, media_type="application/json")


@router.get(
    "/metrics/stories/{story_id}",
    response_model=schemas.StoryFiguresView,
    **refuses(figures.StoryNotFound, figures.PeriodUnusable, TenantNotKnown),
)
async def read_story_figures(
    story_id: UUID, days: AskedDays, _me: Me, session: Transaction, clock: Now
) -> Figures:
    """Read how a story did."""
    return await use_cases.story_figures(session, clock, story_id, days.first, days.last)


@router.get(
    "/metrics/campaigns/{campaign_id}",
    response_model=schemas.CampaignFiguresView,
    **refuses(figures.CampaignNotFound, figures.PeriodUnusable, TenantNotKnown),
)
async def read_campaign_figures(
    campaign_id: UUID, days: AskedDays, _me: Me, session: Transaction, clock: Now
) -> Figures:
    """Read how a campaign does."""
    return await use_cases.campaign_figures(session, clock, campaign_id, days.first, days.last)


@router.get(
    "/metrics/shares/{share_id}",
    response_model=schemas.ShareFiguresView,
    **refuses(figures.ShareNotFound, figures.PeriodUnusable, TenantNotKnown),
)
async def read_share_figures(
    share_id: UUID, days: AskedDays, me: Me, session: Transaction, clock: Now
) -> Figures:
    """Read how a share of yours did. Nobody else's can be read, whatever your role."""
    return await use_cases.share_figures(
        session, clock, share_id, me.person_id, days.first, days.last
    )


@router.get(
    "/metrics/people/me",
    response_model=schemas.MyFiguresView,
    **refuses(figures.PeriodUnusable, TenantNotKnown),
)
async def read_my_figures(days: AskedDays, me: Me, session: Transaction, clock: Now) -> Figures:
    """Read what came of all that you shared. Nobody else's can be read, whatever your role."""
    return await use_cases.person_figures(session, clock, me.person_id, days.first, days.last)
