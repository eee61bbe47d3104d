"""The versions that a story has had."""

from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Refusal


class VersionNotFound(Refusal):
    """The story has no such version."""

    kind = "not_found"
    title = "Version not found"


@dataclass(frozen=True)
class VersionLine:
    """A version in a list: what it was called, when it was begun, and since when it was live."""

    version: int
    title: str
    content_hash: str
    begun_at: datetime | None
    published_at: datetime | None
