"""What an example of a dull or a lively text is."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.content.domain.dullness.rules import RuleId


@dataclass(frozen=True)
class Example:
    """A text, and which rules must have found it dull; a lively one names none."""

    text: str
    rules: frozenset[RuleId] = frozenset()

    @property
    def dull(self) -> bool:
        """Answer how whoever wrote the example labelled it."""
        return bool(self.rules)


def dull(text: str, *rules: RuleId) -> Example:
    """Label a text as dull, for these reasons at least."""
    return Example(text, frozenset(rules))


def lively(text: str) -> Example:
    """Label a text as lively."""
    return Example(text)


def dull_ones(examples: Sequence[Example]) -> list[Example]:
    """Answer the examples that are labelled dull."""
    return [one for one in examples if one.dull]
