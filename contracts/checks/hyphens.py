"""Words that a hyphen or the like divides, as who reads past it reads them: `Hav-ørn`."""

from collections.abc import Iterator, Sequence

from contracts.checks.folding import Word, joins

APART = "\n"
"""A key that no word has: no term goes past it."""

PARTS_MAX = 3
"""Of a longer row of parts each run of as many is read as one word, and the whole: a name that is
written with two hyphens still stands in `Hav-ørn-projektet`."""


def words_together(text: str, words: Sequence[Word]) -> list[Word]:
    """Answer the words of a text, as one those that are joined; where none are, nothing.

    Behind them stand the runs of parts that are not all of their row, each apart from the next.
    """
    rows = list(_rows(text, words))
    if len(rows) == len(words):
        return []
    found = [*map(_as_one, rows), _apart(rows[-1])]
    for row in rows:
        for count in range(2, min(PARTS_MAX, len(row) - 1) + 1):
            for at in range(len(row) - count + 1):
                parts = row[at : at + count]
                found += (_as_one(parts), _apart(parts))
    return found


def _rows(text: str, words: Sequence[Word]) -> Iterator[list[Word]]:
    row: list[Word] = []
    for one in words:
        if row and not joins(text, row[-1], one):
            yield row
            row = []
        row.append(one)
    if row:
        yield row


def _apart(behind: Sequence[Word]) -> Word:
    return Word(APART, behind[0].start, behind[-1].end)


def _as_one(parts: Sequence[Word]) -> Word:
    return Word("".join(one.key for one in parts), parts[0].start, parts[-1].end)
