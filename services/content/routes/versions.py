"""The versions of a story: which there are, what each says, and what is different."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import life
from services.content.domain.differences import Differences
from services.content.domain.stories import StoryNotFound
from services.content.domain.versions import VersionLine, VersionNotFound
from services.content.schemas import stories, versions
from services.content.use_cases import versions as use_cases

router = Router(prefix="/v1/stories/{story_id}/versions")

VERSION_MAX = 2**31 - 1
"""As the database counts."""

Number = Annotated[int, Path(ge=1, le=VERSION_MAX)]

_REFUSALS = (StoryNotFound, life.NotAllowedOnStory)


@router.get(
    "", response_model=Page[versions.VersionLineView], **refuses(CursorUnreadable, *_REFUSALS)
)
async def list_versions(
    story_id: UUID, page: Paging, me: Me, session: Transaction, clock: Now
) -> Page[VersionLine]:
    """List the versions of a story, newest first, if you see the one being worked on."""
    found = await use_cases.read_versions(session, clock, me, story_id, page)
    return page_of(found, page.limit, lambda line: [line.version])


@router.get(
    "/{version}", response_model=stories.VersionView, **refuses(VersionNotFound, *_REFUSALS)
)
async def read_version(
    story_id: UUID, version: Number, me: Me, session: Transaction, clock: Now
) -> stories.VersionView:
    """Read what one version of a story says; what came after has not changed it."""
    story = await use_cases.read_version(session, clock, me, story_id, version)
    return stories.view_story(story).working


@router.get(
    "/{version}/differences",
    response_model=versions.DifferencesView,
    **refuses(VersionNotFound, *_REFUSALS),
)
async def compare_versions(
    story_id: UUID,
    version: Number,
    me: Me,
    session: Transaction,
    clock: Now,
    earlier: Annotated[
        int | None,
        Query(alias="from", ge=1, le=VERSION_MAX, description="Left out: the version before."),
    ] = None,
) -> Differences:
    """Read what a version says differently from another: texts by their words."""
    return await use_cases.compare_versions(session, clock, me, story_id, version, earlier)
