"""Somebody else goes on with a story."""

from uuid import UUID

from chassis.callers import Me, Now, Transaction
from chassis.preconditions import Versioned
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import handing_over, life
from services.content.domain.stories import StoryNotFound
from services.content.schemas.handing_over import HandOverIn
from services.content.schemas.stories import StoryView, view_story
from services.content.use_cases import handing_over as use_cases

router = Router(prefix="/v1/stories/{story_id}")


@router.post(
    "/hand_over",
    response_model=StoryView,
    response_class=Versioned,
    **refuses(
        StoryNotFound,
        life.StoryArchived,
        life.WrongStoryState,
        handing_over.NotYoursToHandOver,
        handing_over.NewAuthorUnknown,
        handing_over.NewAuthorMayNotWrite,
        handing_over.NewAuthorHasDecided,
    ),
)
async def hand_over_story(
    story_id: UUID, body: HandOverIn, me: Me, session: Transaction, clock: Now
) -> StoryView:
    """Hand your story over, or as a program manager or admin one that was ever submitted.

    It is the new author's to edit, submit and revise from now on. Neither they nor whoever had it
    decide on it, also in a review that is under way, which goes on. What is live stays credited to
    who was (`live_author`) until the next version goes live. Whose it is already changes nothing.
    """
    told = body.to_person_id, body.comment
    return view_story(await use_cases.hand_over_story(session, clock, me, story_id, *told))
