"""What two versions of a story say differently, so that a person can read it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any, Literal
from uuid import UUID

from services.content.domain.texts import Content

Change = Literal["same", "added", "removed"]

WORDS_COMPARED_MAX = 4_000
"""Of both texts together: twice the longest body that people write. Beyond it a text is shown as
replaced as a whole, since comparing takes the square of it."""

_WORD = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Piece:
    """A piece of a text, and what became of it."""

    change: Change
    text: str


@dataclass(frozen=True)
class TextDifference:
    """How one text became the other, in pieces that make up both."""

    field: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ListDifference:
    """What came into a list, what left it, and whether what stayed is in another order."""

    field: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reordered: bool


@dataclass(frozen=True)
class ValueDifference:
    """What stood in a field, and what stands there now."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Differences:
    """All that two versions say differently: texts by their words, lists by their entries."""

    texts: tuple[TextDifference, ...]
    lists: tuple[ListDifference, ...]
    values: tuple[ValueDifference, ...]


def between(before: Content, after: Content) -> Differences:
    """Answer what is different, field by field; a field that is the same is left out.

    Whatever makes another hash is told. Variants have no order, so they are addressed by their
    network and language, as `/variants/linkedin/da`; pictures are by their id.
    """
    olds, news = _texts(before), _texts(after)
    return Differences(
        tuple(
            TextDifference(name, pieces(olds.get(name, ""), news.get(name, "")))
            for name in _names(olds, news)
            if olds.get(name) != news.get(name)
        ),
        tuple(_lists(_entries(before), _entries(after))),
        tuple(_values(_single(before), _single(after))),
    )


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Answer how one text became the other, word by word.

    What is same and removed makes up the first, what is same and added the second.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > WORDS_COMPARED_MAX:
        return _replaced(before, after)
    found: list[Piece] = []
    compared = SequenceMatcher(None, old, new)
    for verb, old_begin, old_end, new_begin, new_end in compared.get_opcodes():
        gone, come = "".join(old[old_begin:old_end]), "".join(new[new_begin:new_end])
        found += [Piece("same", gone)] if verb == "equal" else _replaced(gone, come)
    return tuple(found)


def _replaced(before: str, after: str) -> tuple[Piece, ...]:
    both: tuple[Piece, ...] = (Piece("removed", before), Piece("added", after))
    return tuple(piece for piece in both if piece.text)


def _names(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Sequence[str]:
    return [*olds, *(name for name in news if name not in olds)]


def _texts(content: Content) -> Mapping[str, str]:
    texts: dict[str, str | None] = {"/title": content.title, "/body": content.body}
    if content.preview:
        for name, text in asdict(content.preview).items():
            texts[f"/preview/{name}"] = text
    for variant in sorted(content.variants, key=lambda one: (one.network, one.language)):
        texts[f"/variants/{variant.network}/{variant.language}"] = variant.text
    for picture in content.media:
        # A withdrawn picture has no words any more, so nothing is to be compared.
        if picture.alt_text:
            texts[f"/media/{picture.media_id}/alt_text"] = picture.alt_text
    for place, example in enumerate(content.examples):
        texts[f"/examples/{place}/text"] = example.text
        texts[f"/examples/{place}/why"] = example.why
    return {name: text for name, text in texts.items() if text is not None}


def _entries(content: Content) -> Mapping[str, Sequence[str]]:
    audience = content.audience
    return {
        "/topics": content.topics,
        "/audience/team_ids": _plain(audience.team_ids),
        "/audience/regions": audience.regions,
        "/audience/countries": audience.countries,
        "/audience/languages": audience.languages,
        "/audience/interests": audience.interests,
        "/media": _plain([one.media_id for one in content.media]),
        "/contributor_ids": _plain(content.contributor_ids),
    }


def _lists(
    olds: Mapping[str, Sequence[str]], news: Mapping[str, Sequence[str]]
) -> Iterator[ListDifference]:
    for name, old in olds.items():
        new = news[name]
        stayed, removed = _parted(old, new)
        stays, added = _parted(new, old)
        if added or removed or stayed != stays:
            yield ListDifference(name, added, removed, reordered=stayed != stays)


def _parted(
    entries: Sequence[str], others: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part a list into what stands in another too, and what does not; each as often as it does."""
    left = Counter(others)
    both: list[str] = []
    alone: list[str] = []
    for entry in entries:
        (both if left[entry] > 0 else alone).append(entry)
        left[entry] -= 1
    return tuple(both), tuple(alone)


_SINGLE = (
    "link", "language", "campaign_id", "embargo_until", "expires_at", "kind", "communication_class",
)  # fmt: skip


def _single(content: Content) -> Mapping[str, str | None]:
    values = {f"/{name}": _said(getattr(content, name)) for name in _SINGLE}
    for picture in content.media:
        values[f"/media/{picture.media_id}/sha256"] = picture.sha256
    for place, example in enumerate(content.examples):
        values[f"/examples/{place}/network"] = example.network
        values[f"/examples/{place}/language"] = example.language
    return values


def _values(
    olds: Mapping[str, str | None], news: Mapping[str, str | None]
) -> Iterator[ValueDifference]:
    for name in _names(olds, news):
        old, new = olds.get(name), news.get(name)
        if old != new:
            yield ValueDifference(name, old, new)


def _plain(ids: Sequence[UUID]) -> Sequence[str]:
    return [str(one) for one in ids]


def _said(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return None if value is None else str(value)
