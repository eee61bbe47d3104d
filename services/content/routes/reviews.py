"""Reviews: what waits for whom, and many decisions in one go."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from chassis.service import Context
from services.content.domain import regulation
from services.content.domain.rounds import RoundState
from services.content.domain.texts import CommunicationClass, Kind
from services.content.schemas import approval as schemas
from services.content.store.waiting import Filters, Line, remembered
from services.content.use_cases import reviews as use_cases

router = Router(prefix="/v1/reviews")

StageFilter = Annotated[
    str | None,
    Query(
        max_length=40,
        pattern=r"^[a-z0-9_-]*$",
        description="Only what is at the stage of this name.",
        examples=["legal"],
    ),
]

KindFilter = Annotated[Kind | None, Query(description="Only stories of this kind.")]

CampaignFilter = Annotated[UUID | None, Query(description="Only stories of this campaign.")]

OverdueFilter = Annotated[
    bool | None, Query(description="What waits past its deadline, or (`false`) does not.")
]

ClassFilter = Annotated[
    CommunicationClass | None,
    Query(alias="class", description="`interactive` is what principals supervise."),
]

StateFilter = Annotated[
    RoundState | None, Query(description="What came of it. What waits for you is `open`.")
]


async def read_filters(
    stage: StageFilter = None,
    kind: KindFilter = None,
    campaign_id: CampaignFilter = None,
    communication_class: ClassFilter = None,
    overdue: OverdueFilter = None,
    state: StateFilter = None,
) -> Filters:
    """Read what a list of reviews is narrowed to."""
    return Filters(stage, kind, campaign_id, communication_class, overdue, state)


@router.get(
    "",
    response_model=Page[schemas.ReviewLineView],
    **refuses(CursorUnreadable, regulation.ReviewsOfAllForSupervisors),
)
async def list_reviews(
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    filters: Annotated[Filters, Depends(read_filters)],
    waiting_for: Annotated[
        Literal["me"] | None, Query(description="Only what you may decide on now.")
    ] = None,
) -> Page[Line]:
    """List reviews, oldest first: what waits for you, or for those who oversee them, all.

    What you made yourself does not wait for you, nor what you have decided on already.
    """
    ask = use_cases.reviews_waiting_for if waiting_for else use_cases.reviews_of_the_tenant
    found = await ask(session, clock, me, page, filters)
    return page_of(found, page.limit, remembered)


@router.post("/decide", response_model=schemas.VerdictsView, **refuses())
async def decide_reviews(
    body: schemas.VerdictsIn, me: Me, session: Transaction, clock: Now, request: Request
) -> schemas.VerdictsView:
    """Decide on many stories in one go. Each is answered by itself, with its problem if it has one.

    What is decided is decided together, in one transaction; what is refused leaves nothing.
    """
    context: Context = request.app.state.context
    outcomes = await use_cases.review_stories(session, clock, me, body.to_domain())
    base = f"{context.settings.public_url}/problems"
    return schemas.view_verdicts(body, outcomes, base=base)
