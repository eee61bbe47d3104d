"""Keeping a share and announcing the step that it took, together."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from contracts.events import Event
from contracts.sharing import (
    ShareCancelled,
    ShareCancelledV2,
    ShareFailed,
    SharePublished,
    ShareScheduled,
    ShareUncertain,
)
from services.sharing.domain.shares import Share
from services.sharing.store import shares as store

_REASONS_OF_V1 = get_args(ShareCancelled.model_fields["reason"].annotation)


async def keep_share(session: AsyncSession, share: Share, *, at: datetime) -> None:
    """Save a share whose lock is held, and announce its step where the others care for it."""
    await store.save_share(session, share, at=at)
    for news in _news_of(share):
        outbox.add(session, news, at=at)


def _news_of(share: Share) -> Iterator[Event]:
    about: dict[str, Any] = {
        "share_id": share.share_id,
        "story_id": share.story_id,
        "story_version": share.story_version,
        "campaign_id": share.campaign_id,
        "person_id": share.person_id,
        "account_id": share.account_id,
        "network": share.network,
    }
    if share.state == "scheduled" and share.revision == 1:
        yield ShareScheduled(**about, code=share.code, target=share.target)
    elif share.state == "published":
        yield SharePublished(
            **about,
            network_post_id=share.post_id,
            own_words=share.own_words,
            disclosure=share.disclosure,
        )
    elif share.state == "uncertain":
        yield ShareUncertain(**about)
    elif share.state == "failed":
        yield ShareFailed(**about, reason=share.reason)
    elif share.state == "cancelled":
        yield ShareCancelledV2(**about, reason=share.reason)
        if share.reason in _REASONS_OF_V1:
            yield ShareCancelled(**about, reason=share.reason)
