"""What a story says: its content, what may be said, and the hash that a review is bound to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from chassis import markdown
from chassis.errors import Refusal

Network = Literal[
    "linkedin", "x", "facebook", "instagram", "threads", "mastodon", "bluesky", "sandbox"
]
"""The networks that suggested copy can be written for."""

Kind = Literal["article", "news", "event", "job", "product", "people", "other"]
"""What a story is about in its form; who must approve it can depend on it (C3)."""

CommunicationClass = Literal["static", "interactive"]
"""How regulated tenants class it: static content waits for a principal's approval before its use,
interactive content is supervised (FINRA 10-06, 17-18)."""

CONTENT_BYTES_MAX = 180 * 1024
"""As canonical JSON: the whole story travels in one event, and an event may have 200 KiB."""


class LinkUnusable(Refusal):
    """A story's link must be an http or https address that anybody can follow as it stands."""

    kind = "invalid"
    title = "Link cannot be used"


class VariantRepeated(Refusal):
    """A story has at most one suggested copy per network and language."""

    kind = "invalid"
    title = "Two variants for one network and language"


class TopicRepeated(Refusal):
    """A topic is named once."""

    kind = "invalid"
    title = "Topic is named twice"


class DatesOutOfOrder(Refusal):
    """An end must come after its beginning, and must not be over already."""

    kind = "invalid"
    title = "Dates are out of order"


class ContributorUnknown(Refusal):
    """Who is credited is in your company's directory."""

    kind = "invalid"
    title = "Contributor is unknown"


class StoryTooLarge(Refusal):
    """All texts of a story together are more than one announcement can carry."""

    kind = "invalid"
    title = "Story is too large"


@dataclass(frozen=True)
class Variant:
    """Suggested copy for one network and language; a start, not a text to repeat (S2)."""

    network: str
    language: str
    text: str


@dataclass(frozen=True)
class Audience:
    """For whom a story is. An empty list asks for nothing; several lists must all fit (S1)."""

    team_ids: tuple[UUID, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a network shows of the link: its title, description and site (Open Graph)."""

    title: str
    description: str | None
    site_name: str | None


@dataclass(frozen=True)
class Picture:
    """A picture in a story. The hash of its bytes stands here, so a review is bound to them."""

    media_id: UUID
    sha256: str
    alt_text: str


@dataclass(frozen=True)
class Example:
    """How a colleague has shared it well: an example to learn from, not to repeat (C1, S2)."""

    network: str
    language: str
    text: str
    why: str | None


@dataclass(frozen=True)
class Content:
    """Every field of a story that a reader sees: what is reviewed, and what goes live."""

    title: str
    body: str
    link: str | None
    language: str
    topics: tuple[str, ...]
    variants: tuple[Variant, ...]
    audience: Audience
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None
    kind: str = "article"
    communication_class: str = "static"
    preview: Preview | None = None
    media: tuple[Picture, ...] = ()
    examples: tuple[Example, ...] = ()
    contributor_ids: tuple[UUID, ...] = ()


_LATER = {"kind": "article", "communication_class": "static", "preview": None}
_LATER_LISTS = ("media", "examples", "contributor_ids")
"""Fields that stories were given later. Where one says nothing it is left out of the hash, so that
what was approved before there was such a field still is what was approved."""


def beginning(
    *,
    title: str,
    body: str,
    language: str,
    topics: Sequence[str],
    campaign_id: UUID | None,
    link: str | None = None,
) -> dict[str, Any]:
    """Answer the fields of a story that begins with so much, as `compose` takes them."""
    return {
        "title": title,
        "body": body,
        "link": link,
        "language": language,
        "topics": list(topics),
        "variants": [],
        "audience": {"team_ids": [], "regions": [], "countries": [], "languages": []},
        "campaign_id": campaign_id,
        "embargo_until": None,
        "expires_at": None,
    }


def compose(fields: Mapping[str, Any]) -> Content:
    """Make content of plain fields, as they come from a request or from a row."""
    audience = fields["audience"]
    return Content(
        title=fields["title"],
        body=fields["body"],
        link=fields["link"],
        language=fields["language"],
        topics=tuple(fields["topics"]),
        variants=tuple(Variant(**variant) for variant in fields["variants"]),
        audience=Audience(
            team_ids=tuple(UUID(str(team_id)) for team_id in audience["team_ids"]),
            regions=tuple(audience["regions"]),
            countries=tuple(audience["countries"]),
            languages=tuple(audience["languages"]),
            interests=tuple(audience.get("interests", ())),
        ),
        campaign_id=fields["campaign_id"],
        embargo_until=fields["embargo_until"],
        expires_at=fields["expires_at"],
        kind=fields.get("kind", "article"),
        communication_class=fields.get("communication_class", "static"),
        preview=Preview(**preview) if (preview := fields.get("preview")) else None,
        media=tuple(
            Picture(UUID(str(one["media_id"])), one["sha256"], one["alt_text"])
            for one in fields.get("media", ())
        ),
        examples=tuple(Example(**one) for one in fields.get("examples", ())),
        contributor_ids=tuple(UUID(str(one)) for one in fields.get("contributor_ids", ())),
    )


def change(content: Content, changes: Mapping[str, Any]) -> Content:
    """Put other fields in the place of some; what is not named stays."""
    return compose({**asdict(content), **changes})


def content_hash(content: Content) -> str:
    """Answer the SHA-256, in hex, of exactly this content (C3). The order of variants is none."""
    return sha256(_canonical(content)).hexdigest()


def check(content: Content, *, at: datetime) -> None:
    """Check what a schema cannot: Markdown, the link, repeated entries, the dates, the size."""
    check_link(content.link)
    check_order(content.embargo_until, content.expires_at, at=at, field="/expires_at")
    check_topics(content.topics)
    places = {(one.network, one.language.casefold()) for one in content.variants}
    if len(places) < len(content.variants):
        raise VariantRepeated("Keep one of the two variants.", field="/variants")
    if len(_canonical(content)) > CONTENT_BYTES_MAX:
        raise StoryTooLarge("Shorten the body or the variants, or leave some out.")
    markdown.check(content.body, field="/body")


def check_topics(topics: Sequence[str]) -> None:
    """Check that each topic is named once."""
    if len(set(topics)) < len(topics):
        raise TopicRepeated("Name each topic once.", field="/topics")


def check_link(link: str | None) -> None:
    """Check that a link is absolute http or https, and reads the same to every browser.

    User names in addresses deceive readers, and browsers turn backslashes into slashes
    (RFC 3986 section 7.6, WHATWG URL).
    """
    if link is None:
        return
    if "\\" in link or any(sign.isspace() or not sign.isprintable() for sign in link):
        raise LinkUnusable("A link has no blanks, backslashes or signs unseen.", field="/link")
    try:
        parts = urlsplit(link)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise LinkUnusable("This is not an address.", field="/link") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise LinkUnusable("A link begins with https:// or http:// and a host.", field="/link")
    if "@" in parts.netloc:
        raise LinkUnusable("A link names no user.", field="/link")


def check_order(begin: datetime | None, end: datetime | None, *, at: datetime, field: str) -> None:
    """Check that an end comes after its beginning and lies in the future."""
    if end is None:
        return
    if end <= at:
        raise DatesOutOfOrder("This end is over already.", field=field)
    if begin is not None and end <= begin:
        raise DatesOutOfOrder("The end must come after the beginning.", field=field)


def _canonical(content: Content) -> bytes:
    fields = asdict(content)
    fields["variants"] = sorted(
        fields["variants"], key=lambda one: (one["network"], one["language"], one["text"])
    )
    for name in [name for name, silent in _LATER.items() if fields[name] == silent]:
        del fields[name]
    for name in [name for name in _LATER_LISTS if not fields[name]]:
        del fields[name]
    if not fields["audience"]["interests"]:
        del fields["audience"]["interests"]
    return json.dumps(
        fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def _plain(value: object) -> str:
    # One instant is one text, in whatever zone it was written.
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
