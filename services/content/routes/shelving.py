"""Where a story stands in the hub: pinned, put away, or begun anew from another."""

from typing import Annotated
from uuid import UUID

from fastapi import status

from chassis.callers import Me, Now, Transaction, requires
from chassis.people import Person
from chassis.preconditions import Versioned
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import life, shelving, texts
from services.content.domain.stories import StoryNotFound
from services.content.routes.stories import Writer
from services.content.schemas.shelving import PinIn
from services.content.schemas.stories import StoryView, view_story
from services.content.use_cases import shelving as use_cases

router = Router(prefix="/v1/stories/{story_id}")

Pinner = Annotated[Person, requires("program_manager", "admin")]


@router.post(
    "/duplicate",
    status_code=status.HTTP_201_CREATED,
    response_model=StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound, texts.DatesOutOfOrder),
)
async def duplicate_story(
    story_id: UUID, me: Writer, session: Transaction, clock: Now
) -> StoryView:
    """Begin a story of your own from one that you see. What is over, closed or gone is left out."""
    return view_story(await use_cases.duplicate_story(session, clock, me, story_id))


@router.post(
    "/archive",
    response_model=StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound, life.NotAllowedOnStory, shelving.StoryInUse),
)
async def archive_story(story_id: UUID, me: Me, session: Transaction, clock: Now) -> StoryView:
    """Put a story away that nobody works on: lists leave it out. Twice is the same as once."""
    return view_story(await use_cases.archive_story(session, clock, me, story_id))


@router.post(
    "/unarchive",
    response_model=StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound, life.NotAllowedOnStory),
)
async def unarchive_story(story_id: UUID, me: Me, session: Transaction, clock: Now) -> StoryView:
    """Take a story out of the archive. Twice is the same as once."""
    return view_story(await use_cases.unarchive_story(session, clock, me, story_id))


@router.post(
    "/pin",
    response_model=StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound, shelving.StoryNotLive, shelving.PinsUsedUp, shelving.PinEndIsOver),
)
async def pin_story(
    story_id: UUID, body: PinIn, me: Pinner, session: Transaction, clock: Now
) -> StoryView:
    """Let a live story stand first in the list of what is live. Again moves its end."""
    return view_story(await use_cases.pin_story(session, clock, me, story_id, body.until))


@router.post("/unpin", response_model=StoryView, response_class=Versioned, **refuses(StoryNotFound))
async def unpin_story(story_id: UUID, me: Pinner, session: Transaction) -> StoryView:
    """Let a story stand among the others again. Twice is the same as once."""
    return view_story(await use_cases.unpin_story(session, me, story_id))
