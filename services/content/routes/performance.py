"""How stories did, beside the stories."""

from uuid import UUID

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain.stories import StoryNotFound
from services.content.schemas.performance import (
    OwnPerformanceView,
    StoryPerformanceView,
    view_own,
    view_shown,
)
from services.content.use_cases import performance as use_cases

router = Router(prefix="/v1/stories")


@router.get(
    "/performance/mine",
    response_model=Page[OwnPerformanceView],
    **refuses(CursorUnreadable),
)
async def list_my_performance(
    page: Paging, me: Me, session: Transaction
) -> Page[OwnPerformanceView]:
    """List what came of your stories, newest story first: those that were live."""
    own = [view_own(story) for story in await use_cases.read_own(session, me, page)]
    return page_of(own, page.limit, lambda story: [story.story_id])


@router.get(
    "/{story_id}/performance",
    response_model=StoryPerformanceView,
    **refuses(StoryNotFound),
)
async def read_performance(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> StoryPerformanceView:
    """Read how a story did. The author sees it from the first share on.

    Everybody else who may see the story does once five people have shared it with some effect.
    """
    return view_shown(await use_cases.read_performance(session, clock, me, story_id))
