"""What the rules look for in one language: phrases, as written by an author of rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from services.content.domain.dullness.reading import Span, Word
from services.content.domain.dullness.rules import RuleId, RuleText

_PREFIX_LETTERS = 4
"""Every word with a star begins with so many letters at least, by which it is found."""


@dataclass(frozen=True)
class Phrases:
    """Phrases by their first word. A star stands for any end: `markedsleden*` is in all its forms.

    Each may have an alternative, in plain words.
    """

    alternatives: Mapping[tuple[str, ...], str | None]
    _exact: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    _begun: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Iterable[str] | Mapping[str, str]) -> "Phrases":
        """Make phrases of texts; the longest that begin alike come first."""
        given = phrases if isinstance(phrases, Mapping) else dict.fromkeys(phrases)
        alternatives = {tuple(phrase.split()): plain for phrase, plain in given.items()}
        exact: dict[str, list[tuple[str, ...]]] = {}
        begun: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(alternatives, key=len, reverse=True):
            first = phrase[0]
            if first.endswith("*"):
                begun.setdefault(first[:_PREFIX_LETTERS], []).append(phrase)
            else:
                exact.setdefault(first, []).append(phrase)
        return cls(alternatives, exact, begun)

    def find(self, words: Sequence[Word]) -> Iterator[tuple[Span, str | None]]:
        """Answer each phrase among some words with its alternative; none overlaps another."""
        free_from = 0
        for index, word in enumerate(words):
            if index < free_from:
                continue
            begins = self._exact.get(word.key, ()), self._begun.get(word.key[:_PREFIX_LETTERS], ())
            fitting = next((one for one in chain(*begins) if _fits(one, words, index)), None)
            if fitting is not None:
                free_from = index + len(fitting)
                yield Span(word.start, words[free_from - 1].end), self.alternatives[fitting]


def _fits(phrase: tuple[str, ...], words: Sequence[Word], index: int) -> bool:
    there = words[index : index + len(phrase)]
    return len(there) == len(phrase) and all(
        word.key.startswith(part[:-1]) if part.endswith("*") else word.key == part
        for part, word in zip(phrase, there, strict=True)
    )


@dataclass(frozen=True)
class Passive:
    """How a language tells what was done without telling by whom."""

    auxiliaries: frozenset[str]
    between: frozenset[str]
    """Words that may stand between the auxiliary and its participle."""
    participle_ends: tuple[str, ...]
    participles: frozenset[str]
    """Those that end otherwise; in Danish also the ends of compounds."""
    no_participles: frozenset[str]
    s_forms: frozenset[str] = frozenset()
    s_ends: tuple[str, ...] = ()
    no_s_forms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class People:
    """By which words a text shows somebody."""

    words: frozenset[str]
    company: frozenset[str]
    """We and you: people, but not in a sentence in which a company speaks."""
    names: frozenset[str]
    ends: tuple[str, ...] = ()
    """Ends of words for people by their trade."""
    capital_i: bool = False
    """Whether a capital I inside a sentence is the plural of you."""


@dataclass(frozen=True)
class Lexicon:
    """All that is particular to a language."""

    press_release: Phrases
    self_praise: Phrases
    earnings: Phrases
    jargon: Phrases
    people: People
    passive: Passive
    abbreviations: frozenset[str]
    texts: Mapping[RuleId, RuleText]
