"""A text as a reader sees it: its sentences, words, links and hashtags, and where each stands."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HASHTAG = re.compile(r"#\w+")
# Marks that stand by themselves belong to the letter before: "å" may be written as two signs.
_WORD = re.compile(r"\w[\w\u0300-\u036f]*(?:['’-]\w[\w\u0300-\u036f]*)*")
# Begins only where a row of marks does and gives nothing back, so that no sign is looked at twice.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”’)\]]*+(?=\s|$)|\n+")


class Span(NamedTuple):
    """A part of a text, in code points; `end` is behind it."""

    start: int
    end: int


class Word(NamedTuple):
    """A word, where it stands, and how it is looked up."""

    start: int
    end: int
    written: str
    key: str


@dataclass(frozen=True)
class Sentence:
    """A sentence that has words, and whether it asks."""

    words: tuple[Word, ...]
    asks: bool

    @property
    def span(self) -> Span:
        """Answer where it stands, from its first word to its last."""
        return Span(self.words[0].start, self.words[-1].end)


@dataclass(frozen=True)
class Reading:
    """A text that was read; links and hashtags are no words of its sentences."""

    text: str
    prose: str
    sentences: tuple[Sentence, ...]
    links: tuple[Span, ...]
    hashtags: tuple[Span, ...]

    @property
    def words_count(self) -> int:
        """Answer how many words its sentences have."""
        return sum(len(one.words) for one in self.sentences)


@dataclass(frozen=True)
class Place:
    """Where something stands: in code points, and in UTF-16 as browsers count."""

    start: int
    end: int
    utf16_start: int
    utf16_end: int


def read(text: str, abbreviations: frozenset[str]) -> Reading:
    """Read a text in a language that has these abbreviations, written without their last dot."""
    links = tuple(Span(*found.span()) for found in _LINK.finditer(text))
    without_links = _blank(text, links)
    hashtags = tuple(Span(*found.span()) for found in _HASHTAG.finditer(without_links))
    prose = _blank(without_links, hashtags)
    return Reading(text, prose, tuple(_sentences(prose, abbreviations)), links, hashtags)


def places(text: str, spans: Sequence[Span]) -> list[Place]:
    """Answer where parts of a text stand, also as UTF-16 counts: one sign there may be two."""
    widths = (2 if sign > "\uffff" else 1 for sign in text)
    before = list(accumulate(widths, initial=0))
    return [Place(start, end, before[start], before[end]) for start, end in spans]


def _blank(text: str, spans: Sequence[Span]) -> str:
    """Put blanks in the place of some parts, so that everything else stays where it is."""
    pieces, reached = [], 0
    for start, end in spans:
        pieces += [text[reached:start], " " * (end - start)]
        reached = end
    return "".join([*pieces, text[reached:]])


def _sentences(prose: str, abbreviations: frozenset[str]) -> Iterator[Sentence]:
    words = [_word(found) for found in _WORD.finditer(prose)]
    reached = 0
    for end in _ends(prose, abbreviations):
        first = reached
        while reached < len(words) and words[reached].start < end.end:
            reached += 1
        if reached > first:
            yield Sentence(tuple(words[first:reached]), asks="?" in prose[end.start : end.end])


def _ends(prose: str, abbreviations: frozenset[str]) -> Iterator[Span]:
    for found in _END.finditer(prose):
        if found.group() != "." or not _goes_on(prose, found.start(), abbreviations):
            yield Span(*found.span())
    yield Span(len(prose), len(prose))


def _goes_on(prose: str, dot: int, abbreviations: frozenset[str]) -> bool:
    """Answer whether a dot ends no sentence: it belongs to an abbreviation, or goes on small."""
    before = prose[max(0, dot - 12) : dot].split()
    if before and before[-1].lower() in abbreviations:
        return True
    after = prose[dot + 1 : dot + 3].strip()
    return bool(after) and after[0].islower()


def _word(found: re.Match[str]) -> Word:
    written = unicodedata.normalize("NFC", found.group())
    return Word(found.start(), found.end(), written, written.lower().replace("’", "'"))
