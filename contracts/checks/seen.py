"""A text as a reader sees it, which may not be as it is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A text as a reader sees it, and for each of its signs where in the text as written it is."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Answer where in the text as written a place is that is not empty."""
        return self.starts[start], self.ends[end - 1]


def as_written(text: str) -> Seen:
    """Answer a text that a reader sees as it stands."""
    return Seen(text, range(len(text)), range(1, len(text) + 1))


def joined(pieces: Iterable[tuple[str, int, int]]) -> Seen:
    """Join pieces, each with its place as it is written: sign by sign, if it is as long as that."""
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in pieces:
        texts.append(text)
        if len(text) == end - start:
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            starts += [start] * len(text)
            ends += [end] * len(text)
    return Seen("".join(texts), starts, ends)
