"""Keeping a share and announcing the step that it took, together."""

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from contracts.events import Event
from contracts.sharing import (
    ShareCancelled,
    ShareFailed,
    SharePublished,
    ShareScheduled,
    ShareUncertain,
)
from services.sharing.domain.shares import Share
from services.sharing.store import shares as store


async def keep_share(session: AsyncSession, share: Share, *, at: datetime) -> None:
    """Save a share whose lock is held, and announce its step where the others care for it."""
    await store.save_share(session, share, at=at)
    news = _news_of(share)
    if news is not None:
        outbox.add(session, news, at=at)


def _news_of(share: Share) -> Event | None:
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
        return ShareScheduled(**about, code=share.code, target=share.target)
    if share.state == "published":
        return SharePublished(
            **about,
            network_post_id=share.post_id,
            own_words=share.own_words,
            disclosure=share.disclosure,
        )
    if share.state == "uncertain":
        return ShareUncertain(**about)
    if share.state == "failed":
        return ShareFailed(**about, reason=share.reason)
    if share.state == "cancelled":
        return ShareCancelled(**about, reason=share.reason)
    return None
