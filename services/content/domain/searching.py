"""How stories are asked for: by words, filters and order; and where in a text the words are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.content.domain.stories import Author, State
from services.content.domain.texts import Picture, Preview

Sort = Literal["relevance", "newest", "oldest", "title", "expiring"]

FacetName = Literal["topic", "language", "kind", "network", "campaign", "state"]

HIT_BEGINS, HIT_ENDS = "\ue000", "\ue001"
"""Between these the database marks a hit; it takes them out of every text beforehand."""

EXCERPT_CHARS = 240
"""Two lines of a card on a phone."""

_BEFORE_HIT_CHARS = 60
_TERM = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Wanted:
    """One alternative of a question: all of these words and phrases, and none of the unwanted."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filters:
    """What somebody asks of the stories that they find; what is None or empty asks for nothing."""

    words: str | None = None
    state: State | Literal["expired"] | None = None
    kinds: tuple[str, ...] = ()
    campaign_id: UUID | None = None
    mine: bool = False
    author_id: UUID | None = None
    contributor_id: UUID | None = None
    topics: tuple[str, ...] = ()
    language: str | None = None
    networks: tuple[str, ...] = ()
    has_media: bool | None = None
    country: str | None = None
    region: str | None = None
    team_id: UUID | None = None
    interests: tuple[str, ...] = ()
    audience_language: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    expires_until: datetime | None = None
    pinned: bool | None = None
    archived: bool = False


@dataclass(frozen=True)
class Segment:
    """A piece of a text, and whether it is what was asked for."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Hits:
    """Where a story says what was asked for: in its title, and around the first hit below it."""

    title: tuple[Segment, ...]
    excerpt: tuple[Segment, ...]


@dataclass(frozen=True)
class StoryLine:
    """A story in a list, as whoever asks may see it."""

    story_id: UUID
    author: Author
    state: State
    version: int
    live_version: int | None
    content_hash: str
    title: str
    link: str | None
    preview: Preview | None
    picture: Picture | None
    networks: tuple[str, ...]
    language: str
    topics: tuple[str, ...]
    kind: str
    campaign_id: UUID | None
    embargo_until: datetime | None
    expires_at: datetime | None
    expired: bool
    created_at: datetime
    archived_at: datetime | None
    pinned: bool
    hits: Hits | None
    place: tuple[str, ...]
    """Where it stands in the order that was asked for: what a cursor remembers."""


@dataclass(frozen=True)
class Facet:
    """How many of the stories that were counted have a value."""

    name: str
    value: str
    stories: int


@dataclass(frozen=True)
class Facets:
    """What the newest of the stories found have in common; `more` says that there are others."""

    counted: int
    more: bool
    facets: tuple[Facet, ...]


def read_words(question: str) -> tuple[Wanted, ...]:
    """Read a question as people write it: words, "phrases", -unwanted, or; whatever it holds.

    What has neither letter nor figure asks for nothing.
    """
    alternatives: list[list[tuple[str, str]]] = [[]]
    for kind, text in _terms(question):
        if kind == "or":
            alternatives.append([])
        else:
            alternatives[-1].append((kind, text))
    return tuple(
        Wanted(*(tuple(text for kind, text in one if kind == asked) for asked in _KINDS))
        for one in alternatives
        if one
    )


_KINDS = ("word", "phrase", "unwanted")


def _terms(question: str) -> Iterator[tuple[str, str]]:
    for found in _TERM.finditer(question):
        minus, phrase, word = found.groups()
        if word is None:
            kind, text = ("unwanted" if minus else "phrase"), phrase
        elif word.casefold() == "or":
            kind, text = "or", word
        elif word.startswith("-"):
            kind, text = "unwanted", word[1:]
        else:
            kind, text = "word", word
        if _WORD.search(text):
            yield kind, text


def segments(text: str, marked: str) -> tuple[Segment, ...]:
    """Cut a text where hits begin and end in its marked copy, which is as long but for the marks.

    The copy is without accents, so the words are taken from the text itself.
    """
    cut = []
    place, hit = 0, False
    for piece in re.split(f"([{HIT_BEGINS}{HIT_ENDS}])", marked):
        if piece in {HIT_BEGINS, HIT_ENDS}:
            hit = piece == HIT_BEGINS
        elif piece:
            cut.append(Segment(text[place : place + len(piece)], hit))
            place += len(piece)
    return tuple(cut)


def excerpt(found: Sequence[Segment]) -> tuple[Segment, ...]:
    """Answer what stands around the first hit, at most EXCERPT_CHARS of it; nothing without one."""
    before = 0
    for one in found:
        if one.hit:
            break
        before += len(one.text)
    else:
        return ()
    text = "".join(one.text for one in found)
    begin = _word_begin(text, max(0, before - _BEFORE_HIT_CHARS), before)
    return tuple(_between(found, begin, begin + EXCERPT_CHARS))


def _word_begin(text: str, begin: int, hit: int) -> int:
    """Answer where the next word begins, so that an excerpt does not begin within one."""
    if begin == 0:
        return 0
    blank = re.compile(r"\s").search(text, begin, hit)
    return blank.end() if blank else begin


def _between(found: Sequence[Segment], begin: int, end: int) -> Iterator[Segment]:
    place = 0
    for one in found:
        text = one.text[max(0, begin - place) : max(0, end - place)]
        place += len(one.text)
        if text:
            yield Segment(text, one.hit)
