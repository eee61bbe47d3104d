"""The shapes of a story's versions, and of what they say differently."""

from datetime import datetime

from chassis.schemas import OutShape
from services.content.domain.differences import Change


class VersionLineView(OutShape):
    """A version: what it was called, when it was begun, and since when it was live, if ever."""

    version: int
    title: str
    content_hash: str
    begun_at: datetime | None
    published_at: datetime | None


class PieceView(OutShape):
    """A piece of a text: in both versions, or in the later or the earlier one only."""

    change: Change
    text: str


class TextDifferenceView(OutShape):
    """How one text became the other: all pieces in turn make up both."""

    field: str
    pieces: list[PieceView]


class ListDifferenceView(OutShape):
    """What came into a list, what left it, and whether what stayed is in another order."""

    field: str
    added: list[str]
    removed: list[str]
    reordered: bool


class ValueDifferenceView(OutShape):
    """What stood in a field, and what stands there now; null is nothing."""

    field: str
    before: str | None
    after: str | None


class DifferencesView(OutShape):
    """All that two versions say differently; a field that is the same is left out.

    Fields are JSON pointers; a variant's is its network and language, as `/variants/linkedin/da`,
    and a picture's its id, as `/media/{media_id}/alt_text`.
    """

    texts: list[TextDifferenceView]
    lists: list[ListDifferenceView]
    values: list[ValueDifferenceView]
