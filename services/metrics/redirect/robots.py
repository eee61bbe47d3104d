"""Who is probably no person: crawlers, link previews, mail scanners, prefetching browsers.

A robot is sent on like everybody, and told apart in the figures. What a visitor's browser says of
itself is looked at here and kept nowhere but in this process's memory of answers.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import crawleruseragents

AGENT_BYTES_MAX = 512
"""Browsers say who they are in less; a longer one is not worth a search."""

ANSWERS_KEPT_MAX = 20_000
"""A search takes up to 0.2 ms, a remembered answer none; ten megabytes at most."""

# Seen on the networks we publish to, or in mail, and not in the public list.
_OWN = re.compile(
    r"Cardyb|Misskey|Akkoma|Pleroma|Sharkey|Barracuda|Mimecast|Proofpoint|Safelinks|preview|scanner"
    r"|\bbot\b|spider|crawl",
    re.IGNORECASE,
)
_PREFETCH_HEADERS = frozenset({b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"})
_PREFETCH = (b"prefetch", b"prerender", b"preview")


def suspected(method: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Answer whether a request for a link looks like nobody's click."""
    agent = b""
    for name, value in headers:
        if name == b"user-agent":
            agent = value
        elif name in _PREFETCH_HEADERS and value.lower().startswith(_PREFETCH):
            return True
    return method == "HEAD" or _is_robot(agent[:AGENT_BYTES_MAX])


@lru_cache(maxsize=ANSWERS_KEPT_MAX)
def _is_robot(agent: bytes) -> bool:
    text = agent.decode("latin-1")
    return not text or crawleruseragents.is_crawler(text) or _OWN.search(text) is not None
