"""The Dockerfile, read: its instructions, and what the image's processes are told by it."""

import re
from collections.abc import Iterator, Mapping

from tests.tidy.source import ROOT

FILE = ROOT / "Dockerfile"


def instructions(text: str) -> list[tuple[str, str]]:
    """Answer every instruction with its arguments, each in one line."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    found = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in found]


def final_stage(text: str) -> list[tuple[str, str]]:
    """Answer the instructions that the image itself is made by."""
    every = instructions(text)
    last = max(number for number, (word, _) in enumerate(every) if word == "FROM")
    return every[last:]


def environment(text: str | None = None) -> Mapping[str, str]:
    """Answer what processes in the image are told."""
    stage = final_stage(FILE.read_text() if text is None else text)
    return dict(_pairs(rest for word, rest in stage if word == "ENV"))


def _pairs(told: Iterator[str]) -> Iterator[tuple[str, str]]:
    for rest in told:
        for name, _, value in (pair.partition("=") for pair in rest.split()):
            yield name, value
