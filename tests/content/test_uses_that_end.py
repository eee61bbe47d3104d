"""A use that somebody shown permitted for a while ends by itself, and takes no other along."""

from typing import Any
from uuid import UUID

import pytest

from contracts.content import MediaWithdrawn
from tests.content.conftest import Newsroom, done
from tests.content.test_people_shown import kept_of, later, permitted, showing_emil, swept
from tests.content.test_pictures_in_stories import naming
from tests.content.test_sweeping_media import out_of_reach, state_of, sweeper_looks
from tests.patience import until
from tests.world import problem_of

UNTIL = "2061-01-01T00:00:00Z"


async def also_recruiting(newsroom: Newsroom) -> dict[str, Any]:
    """Answer a picture that Emil lets be shared for ever, and be recruited with for a while."""
    media, permission = await showing_emil(newsroom)
    await permitted(
        newsroom,
        media,
        person_id=permission["person_id"],
        purposes=["recruiting"],
        holds_until=UNTIL,
    )
    return media


async def time_passes(newsroom: Newsroom, media: dict[str, Any]) -> None:
    """Let what was permitted for a while be over, and a worker look."""
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        await (await session.connection()).exec_driver_sql(
            "update media_permissions set holds_until = '2001-01-01'"
            f" where media_id = '{media['media_id']}' and holds_until is not null"
        )
    await swept(newsroom, media)


async def test_the_end_of_one_use_leaves_the_picture_to_the_others(newsroom: Newsroom) -> None:
    media = await also_recruiting(newsroom)
    await newsroom.live(**naming(media))

    await time_passes(newsroom, media)

    assert await state_of(newsroom, media) == "ready"
    assert len(await kept_of(newsroom, media)) == 1
    assert (await newsroom.live(**naming(media)))["state"] == "live"
    advert = await newsroom.written(kind="job", **naming(media))
    answer = await newsroom.try_to("ana", advert, "submit")
    assert (answer.status_code, problem_of(answer)) == (409, "permission-missing")


async def test_a_live_story_that_needs_what_has_ended_does_not_go_on(newsroom: Newsroom) -> None:
    media = await also_recruiting(newsroom)
    advert = await newsroom.live(kind="job", **naming(media))

    await time_passes(newsroom, media)

    assert await state_of(newsroom, media) == "withdrawn"
    announced = await newsroom.content.announced(newsroom.tenant)
    assert announced[-1] == MediaWithdrawn(media_id=UUID(media["media_id"]))
    listed = done(await newsroom.as_("ana").get("/v1/media/attention"))["items"]
    assert [one["story_id"] for one in listed] == [advert["story_id"]]


@pytest.mark.parametrize("how", ["withdrawn", "revised without it", "over"])
async def test_a_story_that_is_not_live_any_more_needs_nothing(
    newsroom: Newsroom, how: str
) -> None:
    media = await also_recruiting(newsroom)
    ends = {"expires_at": UNTIL} if how == "over" else {}
    advert = await newsroom.live(kind="job", **naming(media), **ends)
    if how == "withdrawn":
        await newsroom.do("ana", advert, "withdraw")
    elif how == "over":
        await over(newsroom, advert)
    else:
        revised = await newsroom.do("ana", advert, "revise")
        path = f"/v1/stories/{advert['story_id']}"
        done(await newsroom.as_("ana").patch(path, {"media": []}))
        approved = await newsroom.approve(await newsroom.do("ana", revised, "submit"))
        await newsroom.do("ana", approved, "publish")

    await time_passes(newsroom, media)

    assert await state_of(newsroom, media) == "ready"


async def over(newsroom: Newsroom, story: dict[str, Any]) -> None:
    """Let a story's end be long ago."""
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        await (await session.connection()).exec_driver_sql(
            f"update stories set live_until = '2001-01-01' where story_id = '{story['story_id']}'"
        )


async def test_networks_are_uses_too(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom, networks=["linkedin"])
    await permitted(
        newsroom,
        media,
        person_id=permission["person_id"],
        purposes=["social_media"],
        networks=["x"],
        holds_until=UNTIL,
    )
    variants = [{"network": "x", "language": "en", "text": "It was not turning."}]
    await newsroom.live(**naming(media))
    await time_passes(newsroom, media)
    before = await state_of(newsroom, media)

    refused = await newsroom.try_to(
        "ana", await newsroom.written(variants=variants, **naming(media)), "submit"
    )

    assert (before, problem_of(refused)) == ("ready", "permission-missing")


async def test_a_picture_that_was_asked_about_is_not_asked_about_all_the_time(
    newsroom: Newsroom,
) -> None:
    media = await also_recruiting(newsroom)
    await later(newsroom, media, "created_at", "media")
    await later(newsroom, media, "ask_at", "media")

    async def is_asked() -> bool:
        with out_of_reach(newsroom, media):
            await sweeper_looks(newsroom)
        return str(await asked_at(newsroom, media)) >= "2061"

    await until(is_asked)
    assert await state_of(newsroom, media) == "ready"


async def asked_at(newsroom: Newsroom, media: dict[str, Any]) -> object:
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        found = await (await session.connection()).exec_driver_sql(
            f"select ask_at from media where media_id = '{media['media_id']}'"
        )
        return found.scalar_one()
