"""Shares: of a story, on an account, in one's own words."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Me, Now, Transaction
from chassis.idempotency import IdempotencyKeyMissing, KeyNeeded
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import TenantNotKnown
from chassis.preconditions import Versioned
from chassis.problems import refuses
from chassis.routing import Router
from services.sharing import schemas
from services.sharing.domain.accounts import (
    AccountNotConnected,
    AccountNotFound,
    NetworkUnknown,
)
from services.sharing.domain.consents import ConsentMissing
from services.sharing.domain.guidelines import TextAgainstGuidelines
from services.sharing.domain.programs import NotAnAdvocate
from services.sharing.domain.shares import (
    Share,
    ShareNotCancellable,
    ShareNotFound,
    ShareRepeated,
    ShareUnderWay,
    State,
    TextTooLong,
)
from services.sharing.domain.stories import StoryNotFound, StoryNotLive, StoryUnderEmbargo
from services.sharing.routes.outside import Outside
from services.sharing.store import shares as store
from services.sharing.use_cases import shares as use_cases

router = Router(prefix="/v1/shares")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.ShareView,
    response_class=Versioned,
    **refuses(
        IdempotencyKeyMissing,
        NotAnAdvocate,
        ConsentMissing,
        AccountNotFound,
        AccountNotConnected,
        NetworkUnknown,
        StoryNotFound,
        StoryNotLive,
        StoryUnderEmbargo,
        ShareUnderWay,
        ShareRepeated,
        TextTooLong,
        TextAgainstGuidelines,
        TenantNotKnown,
    ),
)
async def share_story(
    body: schemas.ShareIn,
    me: Me,
    _key: KeyNeeded,
    session: Transaction,
    clock: Now,
    outside: Outside,
) -> schemas.ShareView:
    """Share a story now. The answer shows the final text; it goes out within moments.

    What a guideline refuses is not shared; what it only advises against is told in `findings`.
    While the company has paused everything it waits (`publishing_paused`). When that has ended it
    goes out, unless it has waited for more than four hours: then it is cancelled. So is what still
    waits when another version takes the story's place (`story_revised`): share that one instead.
    """
    wish = use_cases.Wish(**body.model_dump())
    return await _view(session, await use_cases.share_story(session, clock, outside, me, wish))


@router.get("", response_model=Page[schemas.ShareLine], **refuses(CursorUnreadable))
async def list_my_shares(
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    story_id: Annotated[UUID | None, Query(description="Only those of this story.")] = None,
) -> Page[Share]:
    """List your shares, newest first."""
    found = await store.shares_of(session, me.person_id, page, state=state, story_id=story_id)
    told = await use_cases.as_they_wait(session, clock, found)
    return page_of(told, page.limit, lambda share: [share.share_id])


@router.get(
    "/{share_id}",
    response_model=schemas.ShareView,
    response_class=Versioned,
    **refuses(ShareNotFound),
)
async def read_share(share_id: UUID, me: Me, session: Transaction, clock: Now) -> schemas.ShareView:
    """Read a share of yours, with its life so far."""
    share = await store.get_share_of(session, share_id, me.person_id)
    [told] = await use_cases.as_they_wait(session, clock, [share])
    return await _view(session, told)


@router.post(
    "/{share_id}/cancel",
    response_model=schemas.ShareView,
    response_class=Versioned,
    **refuses(ShareNotFound, ShareNotCancellable),
)
async def cancel_share(
    share_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.ShareView:
    """Cancel a share that still waits."""
    cancelled = await use_cases.cancel(session, clock, share_id, me.person_id)
    return await _view(session, cancelled)


async def _view(session: Transaction, share: Share) -> schemas.ShareView:
    names = schemas.ShareView.model_fields.keys() - {"history"}
    fields = {name: getattr(share, name) for name in names}
    fields["history"] = await store.steps_of(session, share.share_id)
    return schemas.ShareView.model_validate(fields, from_attributes=True)
