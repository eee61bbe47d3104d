"""The shapes of how stories did."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from chassis.schemas import OutShape
from services.content.domain.performance import COVERS, KINDS, SOURCE, OwnStory, Performance, Shown
from services.content.domain.stories import State


class TotalsView(OutShape):
    """How often, by kind. Null means that nothing was told of it, which is not nought."""

    click: int | None
    reaction: int | None
    comment: int | None
    reshare: int | None


class CoverageView(OutShape):
    """Where the numbers come from, and what they cover."""

    source: str = Field(examples=[SOURCE])
    covers: str = Field(examples=[COVERS])


class PerformanceView(OutShape):
    """What others did with the shares of a story.

    `since` is the beginning of the earliest quarter of an hour that is counted, `as_of` when
    metrics last told of it.
    """

    totals: TotalsView
    since: datetime | None
    as_of: datetime | None
    coverage: CoverageView


class StoryPerformanceView(PerformanceView):
    """How a story did. `suppressed`: not shown, since fewer than five people shared it."""

    story_id: UUID
    suppressed: bool


class OwnPerformanceView(PerformanceView):
    """How a story of yours did."""

    story_id: UUID
    title: str
    state: State


def view_shown(shown: Shown) -> StoryPerformanceView:
    """Show how a story did to whoever may see it."""
    told = _view(shown.performance)
    return StoryPerformanceView(**told, story_id=shown.story_id, suppressed=shown.suppressed)


def view_own(story: OwnStory) -> OwnPerformanceView:
    """Show an author how a story did."""
    told = _view(story.performance)
    return OwnPerformanceView(**told, story_id=story.story_id, title=story.title, state=story.state)


def _view(performance: Performance) -> dict[str, object]:
    totals = {kind: performance.totals.get(kind) for kind in KINDS}
    return {
        "totals": TotalsView.model_validate(totals),
        "since": performance.since,
        "as_of": performance.as_of,
        "coverage": CoverageView(source=SOURCE, covers=COVERS),
    }
