"""Which links there may be, and where they may lead."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import UUID

from chassis.errors import Refusal

TARGET_CHARS_MAX = 2000
"""Browsers and proxies pass on addresses of this length; longer ones break somewhere."""

_CODE = re.compile(r"[0-9A-Za-z]{10,32}")
_UNFIT_FOR_A_HEADER = re.compile(r"[\x00-\x20\x7f]")
_ASCII = "".join(chr(number) for number in range(0x21, 0x7F))


class LinkNotFound(Refusal):
    """This is not an address that we ever gave out."""

    kind = "not_found"
    title = "Link not found"


class LinkNotReady(Refusal):
    """Nothing is known of this link yet; when it is new, it works in a moment."""

    kind = "unavailable"
    title = "Link is not ready"
    retry_after_s = 2


class LinkUnusable(Refusal):
    """A link leads to a web address, in characters that may stand in a header."""

    kind = "invalid"
    title = "Link cannot be used"


class LinkTaken(Refusal):
    """A code belongs to one share for ever: a second one would take its visitors."""

    kind = "conflict"
    title = "Link belongs to another share"


@dataclass(frozen=True)
class Link:
    """A code that leads to a target, and the share that is credited with the clicks."""

    code: str
    tenant_id: UUID
    share_id: UUID
    target: str


def is_code(text: str) -> bool:
    """Answer whether a text has the form of a code: 10 to 32 characters of base62."""
    return _CODE.fullmatch(text) is not None


def check_link(link: Link) -> None:
    """Refuse a link that could lead anywhere but to a web page; raises LinkUnusable."""
    if not is_code(link.code):
        raise LinkUnusable("A code has 10 to 32 letters and digits.")
    if len(link.target) > TARGET_CHARS_MAX:
        raise LinkUnusable(f"A target has at most {TARGET_CHARS_MAX} characters.")
    if _UNFIT_FOR_A_HEADER.search(link.target):
        raise LinkUnusable("A target has no blanks, line ends or control characters.")
    try:
        parts = urlsplit(link.target)
    except ValueError as error:
        raise LinkUnusable("A target is a web address.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise LinkUnusable("A target begins with http:// or https:// and names a host.")


def location_of(link: Link) -> bytes:
    """Answer the target as a Location header wants it: letters beyond ASCII percent-encoded."""
    return quote(link.target, safe=_ASCII).encode("ascii")
