"""Raw engagement, the one stream that is not announced through an outbox (design 4.2)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.events import Event
from contracts.topics import ENGAGEMENT

EngagementKind = Literal["click", "reaction", "comment", "reshare"]
"""What others can do with a share."""


class EngagementRecorded(
    Event,
    type="fortaler.engagement.recorded.v1",
    topic=ENGAGEMENT,
    about=("share", "share_id"),
):
    """Somebody did something with a share. Who is never told.

    `source` says where the number comes from (M2): `link` for our own redirect, else the name
    that the integrator reports under. A suspected robot is kept and told apart, not counted.
    """

    share_id: UUID
    kind: EngagementKind
    source: str
    happened_at: datetime
    suspected_robot: bool
