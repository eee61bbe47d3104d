"""Words as a reader sees them: case, accents and what is invisible do not tell them apart."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

from contracts.checks.seen import Seen, as_written, joined

MARKS_MAX = 30
"""A letter has no more marks than this (UAX 15, stream-safe text); ordering them costs their
square."""

LETTERS_OF_THEIR_OWN = frozenset("åäöйўїѓќ")
"""Where a mark makes another letter: Danish `få` is not `fa`. In `idé` it makes none."""

_FOR_ANY_LETTER = frozenset(
    chr(one)
    for begin, end in (
        *((0x300, 0x370), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00)),
        *((0x20D0, 0x2100), (0xFE20, 0xFE30)),
    )
    for one in range(begin, end)
)
"""The blocks of marks for letters of any script; a reader reads the letter below them."""

_SPELT_WITH_MARKS = regex.compile(
    r"(?V1)[[\p{L}\p{Mc}]--[\p{Latin}\p{Greek}\p{Cyrillic}\p{Common}\p{Inherited}]]"
)
"""Letters of scripts in which marks of their own make the word, as vowels do in Hindi. On any other
letter or sign a mark, whosever it is, says nothing."""

_UNSEEN = regex.compile(r"(?V1)[[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]--\s]")
"""What shows nothing by itself: soft hyphens, joiners, variation selectors, fillers, tags."""

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Scripts that put no blanks between words: there, each sign is taken for a word."""

_BETWEEN = frozenset("-_'’‘‚\"“”„«»*‐‑‒–—")
"""Signs that join or dress words; any other sign stands between them."""

_LOOK_ALIKES = str.maketrans(
    "авсԁеһніјкмоԛрѕтуѵԝхӏαβεζηικμνορτυχɑɡı",
    "abcdehhijkmoqpstyvwxlabezhikmnoptyxagi",
)
"""Cyrillic, Greek and other letters, small, that are a Latin one to the eye, small or capital (of
the confusables of UTS 39): capital `Ν` is `n`, though small `ν` is nearer to `v`."""


@dataclass(frozen=True)
class Word:
    """A word as it is compared, and where it stands, in code points."""

    key: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Answer the words of a text, and each sign that is neither a blank nor joins words.

    In a word a letter is the Latin one that it looks like. In the name of a profile it is not: that
    would be somebody else's.
    """
    found: list[Word] = []
    letters: list[str] = []
    begin = after = 0
    for key, start, end in _clusters(text, _as_seen):
        # More marks than a letter has still stand on it.
        after = after if key else end
        for one in key:
            kind = _kind(one)
            if kind == "letter":
                begin, after = (begin if letters else start), end
                letters.append(one)
                continue
            if letters:
                found.append(Word("".join(letters), begin, after))
                letters = []
            if kind == "sign":
                found.append(Word(one, start, end))
    return [*found, Word("".join(letters), begin, after)] if letters else found


def joins(text: str, before: Word, after: Word) -> bool:
    """Answer whether what stands between two words of a text joins them."""
    between = text[before.end : after.start]
    return (
        between != ""
        and not any(one.isspace() for one in between)
        and _kind(before.key[0]) == _kind(after.key[0]) == "letter"
    )


def fold(text: str) -> str:
    """Answer a text as it is compared."""
    return "".join(key for key, _, _ in _clusters(text, _as_it_is))


def without_unseen(text: str) -> Seen:
    """Answer a text without what shows nothing by itself; what does, is as it was."""
    if not _UNSEEN.search(text):
        return as_written(text)
    return joined(_pieces_shown(text))


def _pieces_shown(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    for one in _UNSEEN.finditer(text):
        yield text[at : one.start()], at, one.start()
        at = one.end()
    yield text[at:], at, len(text)


def _kind(one: str) -> str:
    if one.isspace() or one in _BETWEEN:
        return "between"
    if one > "\u0dff" and _UNSPACED.match(one):
        return "sign"
    return "letter" if unicodedata.category(one)[0] in "LNM" else "sign"


def _clusters(text: str, read: Callable[[str], str]) -> Iterator[tuple[str, int, int]]:
    """Answer each sign with its marks, folded, and its place; what is unseen is passed over.

    `read` answers which letter a small one is taken for.
    """
    cluster, start, end = "", 0, 0
    for at, one in enumerate(text):
        if _is_unseen(one):
            continue
        if cluster and len(cluster) <= MARKS_MAX and _is_mark(one):
            cluster += one
        else:
            if cluster:
                yield _folded(cluster, read), start, end
            cluster, start = one, at
        end = at + 1
    if cluster:
        yield _folded(cluster, read), start, end


def _is_unseen(one: str) -> bool:
    return not " " <= one <= "~" and _UNSEEN.match(one) is not None


def _is_mark(one: str) -> bool:
    """Answer whether this stands on the sign before it, without a width of its own."""
    # Some in these blocks are newer than what Python knows.
    return one > "~" and (one in _FOR_ANY_LETTER or unicodedata.category(one) in {"Mn", "Me"})


def _as_it_is(letter: str) -> str:
    return letter


def _as_seen(letter: str) -> str:
    return letter.translate(_LOOK_ALIKES)


def _folded(cluster: str, read: Callable[[str], str]) -> str:
    if cluster.isascii():
        return cluster.lower()
    letters: list[str] = []
    # Some of these letters, as Thai am, come apart into a mark and what it stands before.
    keeps_marks = _keeps_marks(cluster[0])
    # Case comes last: the small letter of one mark, the Greek iota below, is a letter.
    for one in _apart(unicodedata.normalize("NFKC", cluster)):
        if not _is_mark(one):
            letters.append(one)
            keeps_marks = _keeps_marks(one)
        elif letters and (letter := _of_its_own(letters[-1], one, read)):
            letters[-1] = letter
        elif keeps_marks and one not in _FOR_ANY_LETTER:
            letters.append(one)
    return "".join(map(read, _together("".join(letters).casefold())))


def _keeps_marks(letter: str) -> bool:
    return not _is_mark(letter) and _SPELT_WITH_MARKS.match(letter) is not None


def _of_its_own(letter: str, mark: str, read: Callable[[str], str]) -> str | None:
    """Answer the letter that a mark makes of one, or of the one that it is taken for."""
    for one in (letter, read(letter.lower())):
        if (made := _together(one + mark)).lower() in LETTERS_OF_THEIR_OWN:
            return made
    return None


def _apart(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _together(text: str) -> str:
    return unicodedata.normalize("NFC", text)
