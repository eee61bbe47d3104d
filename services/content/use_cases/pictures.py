"""Pictures in stories: put in with their hash and words, and looked at again at each step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import Person
from services.content.domain import pictures
from services.content.domain.stories import Story
from services.content.domain.texts import Picture
from services.content.store import media as media_store
from services.content.store.permissions import permissions_by_media
from services.content.use_cases.media import media_for


async def with_pictures(
    session: AsyncSession,
    me: Person,
    fields: Mapping[str, Any],
    *,
    language: str,
    there: Sequence[Picture] = (),
) -> dict[str, Any]:
    """Answer a story's fields with the pictures that they name, as the story will hold them.

    Those that are `there` may stay, whoever has put them in.
    """
    asked: Sequence[Mapping[str, Any]] = fields.get("media") or ()
    if not asked:
        return dict(fields)
    ids, ids_there = [one["media_id"] for one in asked], {one.media_id for one in there}
    found = await media_for(session, me, ids, there=ids_there)
    return {**fields, "media": pictures.resolve(asked, found, language=language)}


async def pictures_there(
    session: AsyncSession, me: Person, named: Sequence[Picture]
) -> frozenset[UUID]:
    """Answer which of a story's pictures somebody could still put into one of their own."""
    ids = [one.media_id for one in named]
    found = await media_for(session, me, ids) if ids else []
    return frozenset(one.media_id for one in found if one and one.state == "ready")


async def check_pictures(
    session: AsyncSession, story: Story, *, at: datetime, for_all: bool = False
) -> None:
    """Check the working version's pictures. Raises PictureWithdrawn and its like.

    `for_all` lets everybody see them: the story goes live, and they stay as they are until the end.
    A step towards that holds none, since it is asked again there: whoever decides on many stories
    would hold a picture while waiting for a story whose publisher waits for that picture.
    """
    named: list[UUID] = [one.media_id for one in story.working.content.media]
    if not named:
        return
    if for_all:
        # First, since a lock to read would have to wait for another publisher's here.
        await media_store.put_into_library(session, named)
    found = await media_store.media_named(session, named, hold=for_all)
    given = await permissions_by_media(session, named)
    pictures.check_all(story.working.content, found, given, at=at)
