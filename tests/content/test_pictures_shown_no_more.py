"""A withdrawn picture is told to no reader, and without a word to who takes it out (G1)."""

from typing import Any

from tests.content.conftest import Newsroom, done
from tests.content.darkroom import a_jpeg, developed
from tests.content.test_guidelines import published
from tests.content.test_pictures_in_stories import naming
from tests.world import problem_of

WORDS = "Emil er bedst, på en mølle"


async def withdraw(newsroom: Newsroom, media: dict[str, Any]) -> None:
    done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/withdraw"))


async def read(newsroom: Newsroom, who: str, story: dict[str, Any], rest: str = "") -> Any:
    return done(await newsroom.as_(who).get(f"/v1/stories/{story['story_id']}{rest}"))


async def test_a_reader_is_told_nothing_of_a_withdrawn_picture(newsroom: Newsroom) -> None:
    gone, stays = await developed(newsroom), await developed(newsroom, a_jpeg(80, 60))
    named = [*naming(gone, alt_text=WORDS)["media"], *naming(stays, alt_text="En mølle")["media"]]
    story = await newsroom.live(media=named)
    before = await read(newsroom, "emil", story)

    await withdraw(newsroom, gone)
    after = await read(newsroom, "emil", story)

    assert [one["alt_text"] for one in before["live"]["media"]] == [WORDS, "En mølle"]
    kept = {
        "media_id": stays["media_id"],
        "sha256": stays["sha256"],
        "alt_text": "En mølle",
        "withdrawn": False,
    }
    assert after["live"]["media"] == after["working"]["media"] == [kept]
    for told in (WORDS, gone["media_id"], gone["sha256"]):
        assert told not in str(after)
    # What was approved stays what it was.
    assert after["content_hash"] == before["content_hash"]


async def test_whoever_takes_it_out_sees_where_it_stands_and_no_word_of_it(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    story = await newsroom.live(**naming(media, alt_text=WORDS))

    await withdraw(newsroom, media)
    views = [await read(newsroom, who, story) for who in ("ana", "ravi", "pia")]

    entry = {
        "media_id": media["media_id"],
        "sha256": media["sha256"],
        "alt_text": None,
        "withdrawn": True,
    }
    for view in views:
        assert view["working"]["media"] == view["live"]["media"] == [entry]
        assert view["content_hash"] == story["content_hash"]


async def test_no_version_and_no_difference_tells_its_words(newsroom: Newsroom) -> None:
    media = await developed(newsroom)
    story = await newsroom.live(**naming(media, alt_text=WORDS))
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, naming(media, alt_text=f"{WORDS} igen")))
    both = await read(newsroom, "ana", story, "/versions/2/differences")

    await withdraw(newsroom, media)
    same = await read(newsroom, "ana", story, "/versions/2/differences")
    done(await newsroom.as_("ana").patch(path, {"media": []}))
    told = [
        await read(newsroom, "ana", story, rest)
        for rest in ("", "/versions/1", "/versions/2", "/versions/2/differences")
    ]

    assert "igen" in str(both)
    assert same == {"texts": [], "lists": [], "values": []}
    assert "Emil" not in str(told)
    assert told[1]["media"][0]["withdrawn"] is True
    assert told[3]["texts"] == []
    assert told[3]["lists"] == [
        {"field": "/media", "added": [], "removed": [media["media_id"]], "reordered": False}
    ]


async def test_no_finding_quotes_its_words(newsroom: Newsroom) -> None:
    await published(newsroom)
    media = await developed(newsroom)
    story = await newsroom.live(**naming(media, alt_text=WORDS), language="da", title="En mølle")
    path = "/findings"
    before = await read(newsroom, "emil", story, path)

    await withdraw(newsroom, media)
    after = [await read(newsroom, who, story, path) for who in ("emil", "ana")]

    assert [one["pointer"] for one in before["findings"]] == ["/media/0/alt_text"]
    assert [one["findings"] for one in after] == [[], []]


async def test_a_story_whose_picture_was_withdrawn_is_another_than_was_read(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    story = await newsroom.written(**naming(media, alt_text=WORDS))
    path = f"/v1/stories/{story['story_id']}"
    ana = newsroom.as_("ana")
    read_before = (await ana.get(path)).headers["etag"]

    await withdraw(newsroom, media)
    refused = await ana.patch(path, {"title": "Else"}, if_match=read_before)
    read_after = (await ana.get(path)).headers["etag"]
    taken_out = done(await ana.patch(path, {"media": []}, if_match=read_after))

    assert (refused.status_code, problem_of(refused)) == (412, "precondition-failed")
    assert taken_out["working"]["media"] == []


async def test_a_comment_quotes_no_word_of_it(newsroom: Newsroom) -> None:
    media = await developed(newsroom)
    story = await newsroom.live(**naming(media, alt_text=WORDS))
    path = f"/v1/stories/{story['story_id']}/comments"
    place = {"pointer": "/media/0/alt_text", "text": "Hvad stod her?"}

    await withdraw(newsroom, media)
    asked = [
        await newsroom.as_("ravi").post(path, {**place, **part})
        for part in ({"begins": 0, "ends": 4}, {"excerpt": WORDS[:4]}, {"begins": 0, "ends": 900})
    ]

    assert [(one.status_code, problem_of(one)) for one in asked] == [
        (422, "offsets-outside"),
        (409, "excerpt-differs"),
        (422, "offsets-outside"),
    ]
    assert {one.json().get("signs") for one in asked} <= {0, None}
