"""The shapes of what plans of any kind have in common."""

from datetime import datetime

from chassis.schemas import OutShape
from services.content.domain.plans import PlanAct
from services.content.schemas.stories import AuthorView


class PlanTrailEntryView(OutShape):
    """Who decided what about a plan when, and why."""

    position: int
    act: PlanAct
    actor: AuthorView
    reason: str | None
    happened_at: datetime
