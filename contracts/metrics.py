"""What metrics announces: how a share performs, in deltas that can be added up once."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.engagement import EngagementKind
from contracts.events import Event
from contracts.topics import METRICS


class SharePerformed(
    Event,
    type="fortaler.share.performed.v1",
    topic=METRICS,
    public=True,
    about=("share", "share_id"),
):
    """A share's engagement in one quarter of an hour changed by `delta` to `total`.

    The event's id is derived from share, kind, window and revision (design 10.10), so that the
    same news is always the same event. `delta` may be negative: a correction.
    """

    WINDOW_MINUTES: ClassVar[int] = 15

    share_id: UUID
    story_id: UUID
    campaign_id: UUID | None
    person_id: UUID
    kind: EngagementKind
    window_start: datetime
    delta: int
    total: int
    revision: int
