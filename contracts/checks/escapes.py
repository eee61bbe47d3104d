"""What is written in an address's escapes, as whoever follows it reads it: `%20` is a blank."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

from contracts.checks.folding import Word, words_of
from contracts.checks.hyphens import APART, words_together
from contracts.checks.seen import joined

_UNBROKEN = re.compile(r"\S+")
_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+|\+")


def words_made_out(text: str, words: Sequence[Word]) -> list[Word]:
    """Answer what a reader makes out of a text, whose words these are, that is not written so.

    These are words over a hyphen, and what stands in escapes, each apart from the other.
    """
    apart = Word(APART, len(text), len(text))
    return [*words_together(text, words), apart, *_words_in_escapes(text)]


def _words_in_escapes(text: str) -> list[Word]:
    """Answer the words of whatever holds escapes, each piece of it apart from the next.

    A network makes links of addresses however they begin, so that none is asked whether it is one.
    """
    if "%" not in text and "+" not in text:
        return []
    found: list[Word] = []
    for piece in _UNBROKEN.finditer(text):
        if _ESCAPE.search(piece[0]):
            seen = joined(_pieces(text, *piece.span()))
            words = words_of(seen.text)
            for ones in (words, words_together(seen.text, words)):
                found += (Word(one.key, *seen.place(one.start, one.end)) for one in ones)
                found.append(Word(APART, piece.end(), piece.end()))
    return found


def _pieces(text: str, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    for escape in _ESCAPE.finditer(text, at, end):
        yield text[at : escape.start()], at, escape.start()
        at = escape.end()
        yield unquote_plus(escape[0]), escape.start(), at
    yield text[at:end], at, end
