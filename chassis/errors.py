"""Refusals: a no that names its rule; HTTP learns of them in problems.py, and nowhere else."""

import re
from typing import ClassVar, Literal

Kind = Literal[
    "malformed",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "gone",
    "precondition_failed",
    "method_unknown",
    "too_large",
    "head_too_large",
    "too_slow",
    "coding_unknown",
    "invalid",
    "precondition_missing",
    "too_many",
    "unavailable",
    "broken_behind",
    "late_behind",
]
"""What sort of no it is; problems.py maps each to one status."""


class Refusal(Exception):
    """A rule was not met. Subclasses are named after the rule and say what sort of no it is.

    `detail` is one sentence for the caller; `field` points at the input that is to blame (a JSON
    pointer into the body, such as `/title`); further members go into the problem document as they
    are, so where a parameter is to blame, `parameter` names it.
    """

    kind: ClassVar[Kind]
    title: ClassVar[str]
    retry_after_s: int | None = None

    def __init__(self, detail: str, *, field: str | None = None, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.members = members

    @classmethod
    def slug(cls) -> str:
        """Answer the problem's name: `StoryNotFound` is `story-not-found`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
