"""Reads one feed in a process of its own, which may be slow, large or fail without harm to others.

The first line that it is given says where the feed came from, the rest is the feed; it answers with
one JSON object, or ends with a status that is not 0.
"""

import io
import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urljoin

import feedparser

from services.content.domain.feeds import (
    ENTRIES_MAX,
    EXCERPT_CHARS_MAX,
    LINK_CHARS_MAX,
    TITLE_CHARS_MAX,
    Format,
)
from services.content.domain.texts import LinkUnusable, check_link
from services.content.polling.plain_text import plain

CPU_S_MAX = 5
"""Two megabytes of hostile markup take 15 s (measured), two hundred entries a tenth of one."""

MEMORY_BYTES_MAX = 256 * 1024 * 1024
"""Of addresses, not of pages: 2 MB in two hundred entries take 60 (measured)."""

MARK_CHARS_MAX = 2000
TTL_MINUTES_MAX = 7 * 24 * 60


@dataclass(frozen=True)
class Found:
    """An entry as it was found: text without tags, a link that can be followed."""

    mark: str | None
    title: str
    excerpt: str
    link: str | None
    published_at: str | None


def main() -> None:
    """Read a feed from the one who started this process, and answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    origin = json.loads(sys.stdin.buffer.readline())
    answer = read(sys.stdin.buffer.read(), origin["url"], origin["content_type"])
    sys.stdout.write(json.dumps(answer))


def read(body: bytes, url: str, content_type: str) -> dict[str, Any]:
    """Answer the format of a feed, or null when it is none, its entries, and its ttl in minutes."""
    if _looks_like_json(body, content_type):
        return _read_json(body, url)
    # In a BytesIO, since feedparser would take plain bytes for the name of a file.
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers={"content-type": content_type, "content-location": url}
    )
    format_name = _format_of(parsed.get("version", ""))
    if format_name is None:
        return _nothing()
    entries = [_of_xml(entry, url) for entry in parsed.entries[:ENTRIES_MAX]]
    return _answer(format_name, entries, _minutes(parsed.feed.get("ttl")))


def _looks_like_json(body: bytes, content_type: str) -> bool:
    return "json" in content_type.lower() or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _format_of(version: str) -> Format | None:
    return next((one for one in get_args(Format) if version.startswith(one)), None)


def _of_xml(entry: Any, url: str) -> Found | None:
    written = [one.get("value", "") for one in entry.get("content", ())]
    # Asked for by name only where there is one: feedparser takes one date for the other, and warns.
    dates = [entry[name] for name in ("published_parsed", "updated_parsed") if name in entry]
    date = next((one for one in dates if one), None)
    return _found(
        mark=entry.get("id"),
        title=entry.get("title", ""),
        # A summary is meant to be short; the content stands in where there is none.
        texts=[entry.get("summary", ""), *written],
        link=entry.get("link"),
        base=url,
        published_at=_instant(*date[:6]) if date else None,
    )


def _read_json(body: bytes, url: str) -> dict[str, Any]:
    """Read JSON Feed 1.0 or 1.1, whose entries may lack anything but an id."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return _nothing()
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org/version/1" not in str(feed.get("version")):
        return _nothing()
    return _answer("json", [_of_json(one, url) for one in items[:ENTRIES_MAX]], None)


def _of_json(item: Any, url: str) -> Found | None:
    if not isinstance(item, dict):
        return None
    said = {name: str(item[name]) for name in item if isinstance(item[name], str | int)}
    return _found(
        mark=said.get("id"),
        title=said.get("title", ""),
        texts=[said.get("summary", ""), said.get("content_text", ""), said.get("content_html", "")],
        link=said.get("url") or said.get("external_url"),
        base=url,
        published_at=_read_instant(said.get("date_published") or said.get("date_modified", "")),
    )


def _found(
    *,
    mark: str | None,
    title: str,
    texts: Sequence[str],
    link: str | None,
    base: str,
    published_at: str | None,
) -> Found | None:
    excerpt = next((text for one in texts if (text := plain(one, EXCERPT_CHARS_MAX))), "")
    named = plain(title, TITLE_CHARS_MAX) or plain(excerpt, TITLE_CHARS_MAX)
    usable = _usable(link, base)
    # What says nothing suggests nothing.
    if not named:
        return None
    return Found(
        _storable(mark[:MARK_CHARS_MAX]) if mark else None, named, excerpt, usable, published_at
    )


def _storable(mark: str) -> str:
    # JSON may hold half a sign (a lone surrogate), which nobody can encode, hash or keep.
    return mark.encode(errors="replace").decode()


def _usable(link: str | None, base: str) -> str | None:
    if not link:
        return None
    try:
        whole = urljoin(base, link.strip())
        check_link(whole)
    except (LinkUnusable, ValueError):
        return None
    return whole if len(whole) <= LINK_CHARS_MAX else None


def _read_instant(text: str) -> str | None:
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _instant(*parts: int) -> str | None:
    try:
        return datetime(*parts, tzinfo=UTC).isoformat()  # type: ignore[arg-type,misc]
    except (ValueError, TypeError, OverflowError):
        return None


def _minutes(ttl: Any) -> int:
    text = str(ttl or "").strip()
    return min(int(text), TTL_MINUTES_MAX) if text.isdecimal() and len(text) < 9 else 0


def _answer(
    format_name: Format, entries: Sequence[Found | None], ttl_minutes: int | None
) -> dict[str, Any]:
    return {
        "format": format_name,
        "entries": [asdict(one) for one in entries if one is not None],
        "ttl_minutes": ttl_minutes or 0,
    }


def _nothing() -> dict[str, Any]:
    return {"format": None, "entries": [], "ttl_minutes": 0}


if __name__ == "__main__":
    main()
