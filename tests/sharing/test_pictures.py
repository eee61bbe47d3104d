"""Stories in the feed show their pictures, but for those that were withdrawn."""

from itertools import permutations

import pytest

from chassis.ids import new_id
from contracts.content import MediaWithdrawn, Picture, StoryRevised
from contracts.events import Event
from tests.sharing.conftest import Company, a_story
from tests.sharing.test_feed import feed_of
from tests.world import World

FALCON = Picture(media_id=new_id(), sha256="0f" * 32, alt_text="En falk på en mølle")
FITTER = Picture(media_id=new_id(), sha256="1e" * 32, alt_text="En montør på en mølle")

STORY = a_story(media=[FALCON, FITTER])
NEWS: dict[str, Event] = {
    "published": STORY,
    "revised": StoryRevised(**STORY.model_dump() | {"version": 2}),
    "withdrawn": MediaWithdrawn(media_id=FITTER.media_id),
}


async def test_a_story_shows_its_pictures_in_words_too(company: Company) -> None:
    await company.hire("ana")
    await company.sharing.hear(company.tenant, STORY)

    (shown,) = await feed_of(company, "ana")

    assert shown["media"] == [one.model_dump(mode="json") for one in (FALCON, FITTER)]


async def test_a_story_of_before_there_were_pictures_shows_none(company: Company) -> None:
    await company.hire("ana")
    await company.publish_story()

    (shown,) = await feed_of(company, "ana")

    assert shown["media"] == []


@pytest.mark.parametrize("order", list(permutations(NEWS)), ids=" ".join)
async def test_a_withdrawn_picture_is_left_out_whatever_is_heard_first(
    company: Company, order: tuple[str, ...]
) -> None:
    await company.hire("ana")

    for name in (*order, *order):
        await company.sharing.hear(company.tenant, NEWS[name])

    (shown,) = await feed_of(company, "ana")
    assert [one["media_id"] for one in shown["media"]] == [str(FALCON.media_id)]


async def test_another_company_keeps_its_picture(company: Company, world: World) -> None:
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await company.hire("ana")
    await company.sharing.hear(company.tenant, STORY)

    await elsewhere.sharing.hear(elsewhere.tenant, NEWS["withdrawn"])

    (shown,) = await feed_of(company, "ana")
    assert len(shown["media"]) == 2
