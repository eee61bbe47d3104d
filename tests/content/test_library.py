"""What everybody is shown stays in the library, where everybody may fetch it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.auth import Identity
from chassis.callers import get_caller
from chassis.people import Person
from chassis.preconditions import IfMatch
from services.content.schemas.brand import BrandAssetIn
from services.content.schemas.media import MediaView
from services.content.use_cases import brand, media, stories
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import developed
from tests.content.test_pictures_in_stories import naming
from tests.content.test_stories import somebody_waits
from tests.world import problem_of

Does = Callable[[Newsroom, AsyncSession, dict[str, Any]], Awaitable[None]]


async def taken_out(newsroom: Newsroom, picture: dict[str, Any]) -> httpx2.Response:
    """Let Pia try to take her picture out of the library."""
    path = f"/v1/media/{picture['media_id']}"
    return await newsroom.as_("pia").patch(path, {"in_library": False})


async def is_for_readers(newsroom: Newsroom, picture: dict[str, Any]) -> bool:
    """Answer whether Emil, who only reads, is told where a picture is to be had."""
    path = f"/v1/media/{picture['media_id']}/download"
    return (await newsroom.as_("emil").get(path)).status_code == 200


async def shared_by_pia(newsroom: Newsroom) -> dict[str, Any]:
    """Answer a picture that Pia has uploaded, and put into the library."""
    picture = await developed(newsroom, who="pia")
    path = f"/v1/media/{picture['media_id']}"
    return done(await newsroom.as_("pia").patch(path, {"in_library": True}))


def a_logo(picture: dict[str, Any]) -> dict[str, Any]:
    """Answer the body of an entry of the kit that is a logo."""
    return {"kind": "logo", "name": "Logo", "logo": {"media_id": picture["media_id"]}}


async def test_a_picture_of_a_live_story_stays_in_the_library(newsroom: Newsroom) -> None:
    picture = await shared_by_pia(newsroom)
    story = await newsroom.live(**naming(picture))
    revised = await newsroom.do("ana", story, "revise")
    done(await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"media": []}))

    # Readers have the version that is live, whatever the next one shows.
    refused = await taken_out(newsroom, picture)

    assert (refused.status_code, problem_of(refused)) == (409, "media-shown")
    assert refused.json()["pointer"] == "/in_library"
    assert await is_for_readers(newsroom, picture)
    approved = await newsroom.approve(await newsroom.do("ana", revised, "submit"))
    await newsroom.do("ana", approved, "publish")
    assert done(await taken_out(newsroom, picture))["in_library"] is False


async def test_a_logo_stays_in_the_library(newsroom: Newsroom) -> None:
    picture = await shared_by_pia(newsroom)
    logo = done(await newsroom.as_("ada").post("/v1/brand_assets", a_logo(picture)), 201)

    refused = await taken_out(newsroom, picture)

    assert (refused.status_code, problem_of(refused)) == (409, "media-shown")
    assert await is_for_readers(newsroom, picture)
    done(await newsroom.as_("ada").delete(f"/v1/brand_assets/{logo['brand_asset_id']}"))
    assert done(await taken_out(newsroom, picture))["in_library"] is False


async def test_what_is_not_shown_to_all_or_changed_otherwise_is_not_held(
    newsroom: Newsroom,
) -> None:
    in_draft, live = await shared_by_pia(newsroom), await shared_by_pia(newsroom)
    await newsroom.submitted(**naming(in_draft))
    await newsroom.live(**naming(live))

    assert done(await taken_out(newsroom, in_draft))["in_library"] is False
    path = f"/v1/media/{live['media_id']}"
    changed = await newsroom.as_("pia").patch(path, {"filename": "14.jpg", "in_library": True})
    assert done(changed)["filename"] == "14.jpg"


async def published(newsroom: Newsroom, session: AsyncSession, story: dict[str, Any]) -> None:
    """Let a story go live, once the session ends."""
    ana = await somebody(newsroom, session, "ana")
    clock = newsroom.content.context.clock
    await stories.publish_story(session, clock, ana, UUID(story["story_id"]))


async def made_a_logo(newsroom: Newsroom, session: AsyncSession, story: dict[str, Any]) -> None:
    """Let a story's picture be a logo as well, once the session ends."""
    ada = await somebody(newsroom, session, "ada")
    entry = BrandAssetIn.model_validate(a_logo(story["working"]["media"][0])).model_dump()
    await brand.add_brand_asset(session, newsroom.content.context.clock, ada, entry)


async def somebody(newsroom: Newsroom, session: AsyncSession, name: str) -> Person:
    """Answer somebody of the company, as a session knows them."""
    tenant = newsroom.tenant
    return await get_caller(session, Identity(tenant.tenant_id, tenant.issuer, name))


@pytest.mark.parametrize("shown", [published, made_a_logo])
async def test_what_is_taken_out_while_it_begins_to_be_shown_is_in_the_library_afterwards(
    newsroom: Newsroom, shown: Does
) -> None:
    picture = await shared_by_pia(newsroom)
    story = await newsroom.approved(**naming(picture))
    database, clock = newsroom.content.context.database, newsroom.content.context.clock
    tenant_id = newsroom.tenant.tenant_id

    async def shows() -> None:
        async with database.transaction(tenant_id) as session:
            await shown(newsroom, session, story)

    async with database.transaction(tenant_id) as session:
        pia = await somebody(newsroom, session, "pia")
        out, anyhow = {"in_library": False}, IfMatch(None, MediaView.model_validate)
        await media.change_media(session, clock, pia, UUID(picture["media_id"]), out, anyhow)
        showing = asyncio.create_task(shows())
        await somebody_waits(database, showing)

    await showing
    assert await is_for_readers(newsroom, picture)


@pytest.mark.parametrize("shown", [published, made_a_logo])
async def test_what_begins_to_be_shown_is_not_taken_out_at_that_moment(
    newsroom: Newsroom, shown: Does
) -> None:
    picture = await shared_by_pia(newsroom)
    story = await newsroom.approved(**naming(picture))
    database = newsroom.content.context.database

    async with database.transaction(newsroom.tenant.tenant_id) as session:
        await shown(newsroom, session, story)
        taking = asyncio.create_task(taken_out(newsroom, picture))
        await somebody_waits(database, taking)

    refused = await taking
    assert (refused.status_code, problem_of(refused)) == (409, "media-shown")
