"""Which service answers for a path, which doors are open to strangers, which paths are refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.connections import BODY_TIMEOUT_S
from chassis.problems import BODY_BYTES_MAX
from contracts.content import MEDIA_BYTES_MAX

_NOUNS: Mapping[str, tuple[str, ...]] = {
    "directory": ("/v1/tenants", "/v1/people", "/v1/teams", "/v1/me"),
    "content": (
        "/v1/stories",
        "/v1/campaigns",
        "/v1/reviews",
        "/v1/approval_policies",
        "/v1/delegations",
        "/v1/pauses",
        "/v1/guidelines",
        "/v1/dullness",
        "/v1/media",
        "/v1/brand_assets",
        "/v1/calendar",
        "/v1/ideas",
        "/v1/sources",
        "/v1/lessons",
    ),
    "sharing": ("/v1/programs", "/v1/consents", "/v1/accounts", "/v1/feed", "/v1/shares"),
    "metrics": ("/v1/engagements:batch", "/v1/metrics", "/r"),
    "recognition": ("/v1/rules", "/v1/points", "/v1/board"),
}

OWNERS: Mapping[str, str] = {
    prefix: service for service, prefixes in _NOUNS.items() for prefix in prefixes
}
"""Every noun belongs to one service (design 10.21), by the beginning of its paths."""

_SEGMENTS_MAX = max(prefix.count("/") for prefix in OWNERS)

_SIGNED = re.compile(r"/v1/media/objects/[^/]+")

_PUBLIC = (
    (frozenset({"GET", "HEAD"}), re.compile(r"/r/[^/]+")),
    # A network sends the advocate's browser here; its `state` says whom it concerns.
    (frozenset({"GET"}), re.compile(r"/v1/accounts/callback")),
    # Addresses of pictures, signed by content: whoever has one may do what it says.
    (frozenset({"GET", "PUT"}), _SIGNED),
    # A program of somebody who follows the calendar; the address itself is what lets it in.
    (frozenset({"GET"}), re.compile(r"/v1/calendar/feeds/[^/]+\.ics")),
)

_PLAIN = re.compile(rb"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+")
_DISGUISED = re.compile(
    rb"//"
    rb"|/\.{1,2}(?:[/;]|$)"
    # Encoded dots, slashes, backslashes, percent signs and control characters.
    rb"|%(?:2[EeFf5]|5[Cc]|7[Ff]|[01][0-9A-Fa-f])"
)


STREAM = "/v1/events/stream"
"""The one path under /v1 that no service answers for: the live stream is the gateway's own."""

_OWN = frozenset({"/", "/docs", "/openapi.json", "/problems", "/live", "/ready", "/metrics"})
_OWN_BELOW = ("/docs/static/", "/problems/")


@dataclass(frozen=True)
class Route:
    """Which service answers, and the noun that says so."""

    service: str
    prefix: str


@dataclass(frozen=True)
class Room:
    """What a request may take: bytes of its body, and more seconds than others."""

    body_bytes_max: int
    more_s: float


_USUAL = Room(BODY_BYTES_MAX, 0)
_FOR_MEDIA = Room(MEDIA_BYTES_MAX, BODY_TIMEOUT_S)
"""A picture may take as long to arrive as the server lets any body, and is answered after that."""


def find_route(path: str) -> Route | None:
    """Answer who owns a path: the longest prefix that ends where a segment does, or None."""
    segments = path.split("/", _SEGMENTS_MAX + 1)
    for count in range(min(_SEGMENTS_MAX + 1, len(segments)), 1, -1):
        prefix = "/".join(segments[:count])
        service = OWNERS.get(prefix)
        if service is not None:
            return Route(service, prefix)
    return None


def is_own(path: str) -> bool:
    """Answer whether the gateway itself answers for a path, and no service does."""
    return path in _OWN or path.startswith(_OWN_BELOW)


def public_methods(path: str) -> frozenset[str]:
    """Answer by which methods those who have no token may come in here; by none at most doors."""
    return next((methods for methods, door in _PUBLIC if door.fullmatch(path)), frozenset())


def room_at(path: str) -> Room:
    """Answer how large a body may be at a path, and how long it may take."""
    return _FOR_MEDIA if _SIGNED.fullmatch(path) else _USUAL


def is_plain(raw_path: bytes) -> bool:
    """Answer whether a path, as it came, can be read in one way only.

    A service decodes a path once more after we have routed it. What could become another path
    by that (dots, slashes, a second encoding) is refused, so that both always mean the same.
    """
    return bool(_PLAIN.fullmatch(raw_path)) and not _DISGUISED.search(raw_path)
