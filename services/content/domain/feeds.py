"""What feeds hold: entries, when two of them are the same, and what becomes of one as a story."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit
from uuid import UUID

from chassis import markdown
from chassis.errors import Refusal
from services.content.domain import texts

Format = Literal["rss", "atom", "json"]
ItemState = Literal["new", "used", "dismissed"]

ENTRIES_MAX = 200
"""Of one answer: feeds list some tens, the newest first."""

ITEMS_KEPT_MAX = 1000
"""Of one source, besides those that became stories: five times what a feed can list."""

TITLE_CHARS_MAX = 200
EXCERPT_CHARS_MAX = 2000
LINK_CHARS_MAX = 2000
"""What a story can take; an excerpt is a beginning, and no copy of what others wrote."""

_TRACKERS = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid"})


class SourceItemNotFound(Refusal):
    """There is no such item of a source in your tenant."""

    kind = "not_found"
    title = "Item not found"


class ItemUsed(Refusal):
    """A story was made of this item, so it is not dismissed any more."""

    kind = "conflict"
    title = "Item was used"


@dataclass(frozen=True)
class Entry:
    """What a feed says of one thing, as plain text; `mark` is what the feed itself knows it by."""

    mark: str | None
    title: str
    excerpt: str
    link: str | None
    published_at: datetime | None

    @property
    def key(self) -> str:
        """Answer what makes a repeat of it in the same source recognisable."""
        if self.mark:
            return _hash("mark", self.mark)
        if self.link:
            return _hash("link", canonical(self.link))
        return _hash("text", f"{self.title}\n{self.excerpt}")

    @property
    def link_key(self) -> str | None:
        """Answer what makes it recognisable in another source."""
        return _hash("link", canonical(self.link)) if self.link else None


@dataclass(frozen=True)
class Item:
    """An entry that was kept as a suggestion."""

    item_id: UUID
    source_id: UUID
    title: str
    excerpt: str
    link: str | None
    published_at: datetime | None
    found_at: datetime
    state: ItemState
    story_id: UUID | None


def canonical(link: str) -> str:
    """Answer a link without what only tells who led there: two links to one page are one."""
    parts = urlsplit(link)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith("utm_") and name.lower() not in _TRACKERS
    ]
    asked = f"?{urlencode(query)}" if query else ""
    return f"{_host(parts)}{parts.path or '/'}{asked}"


def dismiss(item: Item) -> ItemState:
    """Say that nothing will come of an item; twice is once."""
    if item.state == "used":
        raise ItemUsed("A story was made of it.", story_id=str(item.story_id))
    return "dismissed"


def story_of(
    item: Item, *, language: str, topics: tuple[str, ...], campaign_id: UUID | None
) -> dict[str, Any]:
    """Answer the fields of a story that begins with what an item says."""
    return texts.beginning(
        title=item.title,
        # Plain text of strangers, and a body is Markdown: what looks like markup is shown as it is.
        body=markdown.escape(item.excerpt or item.title),
        link=item.link,
        language=language,
        topics=topics,
        campaign_id=campaign_id,
    )


def _host(parts: SplitResult) -> str:
    # http and https lead to the same page, and so does the port that goes without saying.
    host, port = parts.hostname or "", parts.port
    return host if port in {None, 80, 443} else f"{host}:{port}"


def _hash(kind: str, text: str) -> str:
    return sha256(f"{kind}\n{text}".encode()).hexdigest()
