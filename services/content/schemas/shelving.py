"""The shape of a pin."""

from chassis.schemas import InShape
from services.content.schemas.fields import Instant


class PinIn(InShape):
    """Until when a story is pinned; null is until somebody unpins it."""

    until: Instant | None = None
