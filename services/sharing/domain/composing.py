"""Composing a share: own words, disclosure first, tracked link last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sharing.domain import disclosure, links, own_words
from services.sharing.domain.accounts import Account
from services.sharing.domain.shares import Share
from services.sharing.domain.stories import Reader, Story


@dataclass(frozen=True)
class Ids:
    """What makes a share this one: made by chance, so given from outside."""

    share_id: UUID
    code: str
    traceparent: str | None


def compose(
    words: str,
    *,
    story: Story,
    account: Account,
    author: Reader,
    ids: Ids,
    public_url: str,
    at: datetime,
) -> Share:
    """Make a share in an advocate's words. A story without a link has none to track."""
    decision = disclosure.disclose(
        words,
        employer=author.employer,
        fallback_language=story.language,
        network=account.network,
    )
    link = target = None
    if story.link is not None:
        link = links.link_of(public_url, ids.code)
        target = links.target_of(
            story.link,
            network=account.network,
            story_id=story.story_id,
            campaign_id=story.campaign_id,
        )
    return Share(
        share_id=ids.share_id,
        person_id=author.person_id,
        account_id=account.account_id,
        story_id=story.story_id,
        story_version=story.version,
        campaign_id=story.campaign_id,
        network=account.network,
        state="scheduled",
        words=words,
        text=f"{decision.text}\n\n{link}" if link else decision.text,
        language=decision.language,
        disclosure=decision.kind,
        own_words=own_words.is_own_words(words, at_hand(story)),
        decision={**decision.record, "decided_at": at.isoformat()},
        code=ids.code if link else None,
        link=link,
        target=target,
        traceparent=ids.traceparent,
        created_at=at,
        wake_at=at,
    )


def at_hand(story: Story) -> Iterator[str]:
    """Answer every text that an advocate could have copied instead of writing."""
    yield from (variant.text for variant in story.variants)
    yield from (story.title, story.body, f"{story.title} {story.body}")
