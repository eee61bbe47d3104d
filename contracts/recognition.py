"""What recognition announces: points, each with the cause it was given for."""

from uuid import UUID

from contracts.events import Event
from contracts.topics import RECOGNITION


class _Points(Event):
    entry_id: UUID
    person_id: UUID
    points: int
    rule: str
    cause_id: UUID


class PointsAwarded(
    _Points,
    type="fortaler.points.awarded.v1",
    topic=RECOGNITION,
    about=("person", "person_id"),
):
    """A rule gave points for something that happened, for effect or for effort (R1)."""


class PointsReversed(
    _Points,
    type="fortaler.points.reversed.v1",
    topic=RECOGNITION,
    about=("person", "person_id"),
):
    """An award was taken back: its cause was corrected, or its person had left before.

    `points` is negative.
    """
