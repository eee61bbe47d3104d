"""A story shows pictures: by their ids, with the hash of their bytes, and with words for each."""

import asyncio
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.content import StoryPublished, StoryRevised
from services.content.domain.pictures import PICTURES_MAX
from tests.content import darkroom
from tests.content.conftest import Newsroom, a_story, done
from tests.content.darkroom import begun, developed
from tests.world import problem_of


def naming(*media: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Answer what a story says of its pictures."""
    return {"media": [{"media_id": one["media_id"], **fields} for one in media]}


async def test_a_picture_is_told_in_the_storys_language(newsroom: Newsroom) -> None:
    media = await developed(newsroom, alt_texts={"en": "A fitter", "da": "En montør"})

    english = await newsroom.written(**naming(media), language="en-GB")
    danish = await newsroom.written(**naming(media), language="da")
    own = await newsroom.written(**naming(media, alt_text="Freja, waving"), language="da")

    told = [one["working"]["media"][0]["alt_text"] for one in (english, danish, own)]
    assert told == ["A fitter", "En montør", "Freja, waving"]
    assert english["working"]["media"][0]["sha256"] == media["sha256"]


async def test_a_picture_that_nobody_has_told_in_that_language_is_refused(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)

    answer = await newsroom.as_("ana").post("/v1/stories", a_story(**naming(media), language="da"))

    assert (answer.status_code, problem_of(answer)) == (422, "alt-text-missing")
    assert answer.json()["pointer"] == "/media/0/alt_text"


async def test_pictures_change_the_hash_that_a_review_is_bound_to(newsroom: Newsroom) -> None:
    media = await developed(newsroom)
    story = await newsroom.written()
    path = f"/v1/stories/{story['story_id']}"

    with_it = done(await newsroom.as_("ana").patch(path, naming(media)))
    in_other_words = done(await newsroom.as_("ana").patch(path, naming(media, alt_text="Else")))
    without = done(await newsroom.as_("ana").patch(path, {"media": []}))

    hashes = [one["content_hash"] for one in (story, with_it, in_other_words, without)]
    assert len(set(hashes)) == 3
    assert hashes[0] == hashes[3]


async def test_what_is_announced_shows_the_pictures(newsroom: Newsroom) -> None:
    media = await developed(newsroom)

    story = await newsroom.live(**naming(media))

    (published,) = [
        one
        for one in await newsroom.content.announced(newsroom.tenant)
        if isinstance(one, StoryPublished)
    ]
    (shown,) = published.media
    assert (str(shown.media_id), shown.sha256) == (media["media_id"], media["sha256"])
    assert shown.alt_text == story["live"]["media"][0]["alt_text"]


async def test_a_live_storys_pictures_are_for_everybody(newsroom: Newsroom) -> None:
    media = await developed(newsroom)
    path = f"/v1/media/{media['media_id']}/download"
    approved = await newsroom.approved(**naming(media))
    before = (await newsroom.as_("emil").get(path)).status_code

    await newsroom.do("ana", approved, "publish")

    assert (before, (await newsroom.as_("emil").get(path)).status_code) == (404, 200)


async def test_a_story_names_no_picture_that_its_author_cannot_see(newsroom: Newsroom) -> None:
    theirs = await developed(newsroom, who="emil")
    unfinished = (await begun(newsroom, darkroom.a_jpeg()))["media"]
    withdrawn = await developed(newsroom)
    done(await newsroom.as_("ana").post(f"/v1/media/{withdrawn['media_id']}/withdraw"))
    ready = await developed(newsroom)

    said = {}
    for name, media in {
        "theirs": theirs,
        "nobody's": {"media_id": str(new_id())},
        "unfinished": unfinished,
        "withdrawn": withdrawn,
    }.items():
        body = a_story(**naming(ready, media, alt_text="A fitter"))
        answer = await newsroom.as_("ana").post("/v1/stories", body)
        said[name] = (answer.status_code, problem_of(answer), answer.json()["pointer"])

    assert said == {
        "theirs": (422, "picture-unknown", "/media/1/media_id"),
        "nobody's": (422, "picture-unknown", "/media/1/media_id"),
        "unfinished": (409, "picture-not-ready", "/media/1/media_id"),
        "withdrawn": (409, "picture-withdrawn", "/media/1/media_id"),
    }


async def test_no_picture_tells_who_does_not_see_a_story_that_there_is_one(
    newsroom: Newsroom,
) -> None:
    draft, revised = await newsroom.written(), await newsroom.live()
    media = await developed(newsroom, who="emil")
    await newsroom.do("ana", revised, "revise")
    path = f"/v1/stories/{revised['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"language": "da"}))
    unknown = naming({"media_id": str(new_id())})

    of_a_draft = await newsroom.as_("emil").patch(f"/v1/stories/{draft['story_id']}", unknown)
    of_none = await newsroom.as_("emil").patch(f"/v1/stories/{new_id()}", unknown)
    of_a_revision = await newsroom.as_("emil").patch(path, naming(media))

    for answer in (of_a_draft, of_none):
        assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")
    # The picture is told in English alone: that a Danish version is written is not for Emil.
    assert (of_a_revision.status_code, problem_of(of_a_revision)) == (403, "not-allowed-on-story")


@pytest.mark.parametrize(
    ("count", "problem"), [(2, "picture-repeated"), (PICTURES_MAX + 1, "validation-failed")]
)
async def test_a_picture_is_shown_once_and_a_story_shows_few(
    newsroom: Newsroom, count: int, problem: str
) -> None:
    media = await developed(newsroom)

    answer = await newsroom.as_("ana").post("/v1/stories", a_story(**naming(*[media] * count)))

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_of_publishing_and_withdrawing_at_once_no_withdrawn_picture_stays_unseen(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    stories = [await newsroom.approved(**naming(media)) for _ in range(4)]

    answers = await asyncio.gather(
        *(newsroom.try_to("ana", story, "publish") for story in stories[:2]),
        newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"),
        *(newsroom.try_to("ana", story, "publish") for story in stories[2:]),
    )

    assert {answer.status_code for answer in answers} <= {200, 409}
    names = [
        type(one).__name__
        for one in await newsroom.content.announced(newsroom.tenant)
        if type(one).__name__ in {"MediaWithdrawn", "StoryPublished"}
    ]
    assert names[-1] == "MediaWithdrawn"
    listed = done(await newsroom.as_("ana").get("/v1/media/attention"))["items"]
    assert sum(one["live"] for one in listed) == names.count("StoryPublished")
    assert len(listed) == len(stories)


async def test_a_revision_is_announced_without_the_picture_that_was_taken_out(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    story = await newsroom.live(**naming(media))
    done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"))
    revised = await newsroom.do("ana", story, "revise")
    refused = await newsroom.try_to("ana", revised, "submit")

    done(await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"media": []}))
    approved = await newsroom.approve(await newsroom.do("ana", revised, "submit"))
    await newsroom.do("ana", approved, "publish")

    assert problem_of(refused) == "picture-withdrawn"
    (announced,) = [
        one
        for one in await newsroom.content.announced(newsroom.tenant)
        if isinstance(one, StoryRevised)
    ]
    assert announced.media == []
