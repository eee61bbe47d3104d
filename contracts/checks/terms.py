"""Terms to look for among the words of a text, in time that follows the smaller of the two."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from heapq import merge
from itertools import repeat

from contracts.checks.folding import Word, words_of
from contracts.checks.remembering import Names, Remembered

TERM_WORDS_MAX = 10
"""Whoever looks for a longer phrase looks for a sentence."""

BEGINNINGS_MAX = 10_000
"""Kept of a text for terms with `prefix`, as many as the longest has letters. In what is larger, as
all texts of a guideline at once, each term is searched for."""

BEGINNING_LETTERS_MAX = 100
"""No longer word is written into a rule; what has grown by folding is searched for."""

Key = tuple[str, ...]
"""A term, or a run of words in a text, as they are compared."""


class Runs:
    """The runs of words in a text, listed only as long as terms are, and once for all of them."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self._starts: dict[int, dict[Key, list[int]]] = {}
        self._in_order: dict[int, list[Key]] = {}
        self._beginnings: dict[int, set[Key] | None] = {}

    def starts(self, count: int) -> Mapping[Key, Sequence[int]]:
        """Answer the runs of so many words, each with where it begins."""
        if count not in self._starts:
            keys = [one.key for one in self.words]
            found: dict[Key, list[int]] = {}
            for at, run in enumerate(zip(*(keys[first:] for first in range(count)), strict=False)):
                found.setdefault(run, []).append(at)
            self._starts[count] = found
        return self._starts[count]

    def begun_by(self, keys: Set[Key], count: int, longest: int) -> set[Key]:
        """Answer the runs of so many words that a key is but for more letters of the last word.

        `longest` is how many letters the longest last word of a key has.
        """
        beginnings = self._beginnings_of(count) if longest <= BEGINNING_LETTERS_MAX else None
        asked = keys if beginnings is None else _in_both(keys, beginnings)
        return {run for key in asked for run in self._like(key)}

    def _beginnings_of(self, count: int) -> Set[Key] | None:
        """Answer what these runs begin with, or None where that is too much."""
        if count not in self._beginnings:
            lengths = {run: min(len(run[-1]), BEGINNING_LETTERS_MAX) for run in self.starts(count)}
            self._beginnings[count] = (
                {
                    (*run[:-1], run[-1][:length])
                    for run, most in lengths.items()
                    for length in range(1, most + 1)
                }
                if sum(lengths.values()) <= BEGINNINGS_MAX
                else None
            )
        return self._beginnings[count]

    def _like(self, key: Key) -> Iterator[Key]:
        if len(key) not in self._in_order:
            self._in_order[len(key)] = sorted(self.starts(len(key)))
        runs = self._in_order[len(key)]
        # In this order they stand together, behind the key itself.
        for at in range(bisect_left(runs, key), len(runs)):
            if runs[at][:-1] != key[:-1] or not runs[at][-1].startswith(key[-1]):
                return
            yield runs[at]


@dataclass(frozen=True)
class Terms:
    """Terms by how many words they have; with `prefix` the last word may go on."""

    by_count: Mapping[int, frozenset[Key]]
    prefix: bool
    longest: int
    """How many letters the longest last word of a term has."""

    def places_in(self, runs: Runs) -> Iterator[tuple[int, int]]:
        """Answer where a term stands, of several at one place the longest; none twice."""
        found = (
            zip(runs.starts(count)[run], repeat(-count), strict=False)
            for count, keys in self.by_count.items()
            for run in self._among(runs, count, keys)
        )
        free = 0
        for at, less in merge(*found):
            if at >= free:
                free = at - less
                yield runs.words[at].start, runs.words[free - 1].end

    def are_in(self, runs: Runs) -> bool:
        """Answer whether any of the terms stands in a text."""
        return any(self._among(runs, count, keys) for count, keys in self.by_count.items())

    def _among(self, runs: Runs, count: int, keys: frozenset[Key]) -> set[Key]:
        if self.prefix:
            return runs.begun_by(keys, count, self.longest)
        return set(_in_both(keys, runs.starts(count).keys()))


def _in_both(keys: Set[Key], others: Set[Key]) -> Iterator[Key]:
    """Answer what is in both, by going through the smaller: a title is, the body may not be."""
    fewer, more = (keys, others) if len(keys) < len(others) else (others, keys)
    return (key for key in fewer if key in more)


def key_of(term: str) -> Key:
    """Answer a term as it is compared: its words, of which there may be none."""
    return tuple(one.key for one in words_of(term))


@Remembered
def terms_of(terms: Names, prefix: bool) -> Terms:
    """Make the terms of a rule ready to be looked for, and keep them so."""
    return make_ready(terms, prefix=prefix)


def make_ready(terms: Iterable[str], *, prefix: bool) -> Terms:
    """Make terms ready to be looked for. Written together they are the same: `Projekt falk`."""
    keys = {key for one in terms if (key := key_of(one))}
    keys |= {("".join(key),) for key in keys if all(word.isalnum() for word in key)}
    by_count: dict[int, set[Key]] = {}
    for key in keys:
        by_count.setdefault(len(key), set()).add(key)
    return Terms(
        {count: frozenset(ones) for count, ones in by_count.items()},
        prefix,
        max((len(key[-1]) for key in keys), default=0),
    )
