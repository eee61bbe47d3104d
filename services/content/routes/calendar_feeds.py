"""Feeds: the calendar as other programs follow it, at addresses that nobody can guess."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response, status

from chassis.callers import Me, Now, Transaction
from chassis.people import TenantNotKnown
from chassis.preconditions import ETAG
from chassis.problems import refuses
from chassis.routing import Router
from chassis.service import Context
from services.content.domain import calendar_feeds as feeds
from services.content.domain import campaigns
from services.content.schemas.calendar import FeedIn, FeedOpenedView, FeedsView
from services.content.store import calendar_feeds as store
from services.content.use_cases import calendar_feeds as use_cases

router = Router(prefix="/v1/calendar/feeds")

MEDIA_TYPE = "text/calendar; charset=utf-8"


def read_context(request: Request) -> Context:
    """Answer the running process, for the one door that is open before a tenant is known."""
    context: Context = request.app.state.context
    return context


Process = Annotated[Context, Depends(read_context)]


class Ics(Response):
    """A calendar, with the tag of exactly these bytes; kept by nobody on the way."""

    media_type = MEDIA_TYPE

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set the headers, and the tag of what is answered."""
        super().init_headers(headers)
        self.headers["cache-control"] = "private, no-cache"
        self.headers["etag"] = f'"{sha256(self.body).hexdigest()[:32]}"'


_AS_ICALENDAR = {
    "responses": {
        "200": {
            "content": {"text/calendar": {"schema": {"type": "string"}}},
            "headers": ETAG,
        }
    }
}
"""How an API document tells of it."""


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=FeedOpenedView,
    **refuses(feeds.TooManyFeeds, campaigns.CampaignUnknown),
)
async def open_feed(
    body: FeedIn, me: Me, session: Transaction, clock: Now, process: Process
) -> FeedOpenedView:
    """Follow the calendar from another program. The address is shown now, and never again.

    Whoever has it sees what you may see at that moment: keep it to yourself, or renew it.
    """
    url = process.settings.public_url
    return _shown(await use_cases.open_feed(session, clock, me, body.model_dump(), url))


@router.get("", response_model=FeedsView, **refuses())
async def list_my_feeds(me: Me, session: Transaction) -> dict[str, object]:
    """List your feeds, without their addresses."""
    return {"items": await store.feeds_of(session, me.person_id)}


@router.post("/{feed_id}/renew", response_model=FeedOpenedView, **refuses(feeds.FeedNotFound))
async def renew_feed(
    feed_id: UUID, me: Me, session: Transaction, clock: Now, process: Process
) -> FeedOpenedView:
    """Give a feed another address, shown this once. The old one leads nowhere from now on."""
    url = process.settings.public_url
    return _shown(await use_cases.renew_feed(session, clock, me, feed_id, url))


# Before the next one, which would take this path for its own, and tell its method to who errs.
@router.get(
    "/{token}.ics",
    response_class=Response,
    response_model=None,
    openapi_extra=_AS_ICALENDAR,
    **refuses(feeds.FeedNotFound, TenantNotKnown),
)
async def read_feed(
    token: Annotated[str, Path(description="What you were shown once.")], process: Process
) -> Response:
    """Read a feed as iCalendar (RFC 5545), from a month back to a year ahead.

    It holds at most 1,000 entries, the earliest ones. It needs no token besides. Whoever has left
    the company has no feed any more.
    """
    return Ics(await use_cases.read_feed(process, token))


@router.delete("/{feed_id}", status_code=status.HTTP_204_NO_CONTENT, **refuses(feeds.FeedNotFound))
async def revoke_feed(feed_id: UUID, me: Me, session: Transaction) -> None:
    """End a feed. Its address leads nowhere from now on."""
    await use_cases.revoke_feed(session, me, feed_id)


def _shown(opened: use_cases.Opened) -> FeedOpenedView:
    return FeedOpenedView.model_validate({**asdict(opened.feed), "address": opened.address})
