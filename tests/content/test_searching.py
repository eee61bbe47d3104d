"""What is found by words, filters and orders, and by whom."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import SystemClock
from chassis.ids import new_id
from tests.content.conftest import Newsroom, done
from tests.world import problem_of


async def found(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    """Answer the titles that somebody finds."""
    page = done(await newsroom.as_(who).get("/v1/stories", **query))
    return [line["title"] for line in page["items"]]


async def in_pages(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    """Answer the titles that somebody finds who asks for one at a time."""
    titles: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {**query, **cursor, "limit": 1}
        page = done(await newsroom.as_(who).get("/v1/stories", **asked))
        titles += [line["title"] for line in page["items"]]
        if page["next_cursor"] is None:
            return titles
        cursor = {"cursor": page["next_cursor"]}


def marked(segments: Sequence[dict[str, Any]]) -> str:
    """Answer a text with its hits in brackets."""
    return "".join(f"[{one['text']}]" if one["hit"] else one["text"] for one in segments)


@pytest.fixture(scope="module")
async def library(quiet_newsroom: Newsroom) -> Newsroom:
    """A company with a few stories that nobody changes."""
    newsroom = quiet_newsroom
    for story in (
        {
            "title": "Alle mødte op til medarbejderfesten",
            "body": "Nyheden spredte sig: der var kage, og idéen var Mettes.",
            "language": "da",
            "topics": ["fest"],
            "variants": [{"network": "x", "language": "en", "text": "The cakes were delicious."}],
        },
        {
            "title": "Vindmøllen på en stille dag",
            "body": "En mølle drejer ikke på en stille dag. Regnskabet er ligeglad.",
            "language": "da",
            "topics": ["vind"],
            "variants": [],
        },
        {
            "title": "The running engineers",
            "body": "Two engineers ran a race, and one of them was Mette.",
            "language": "en-GB",
            "topics": ["sport", "people-at-work"],
            "variants": [],
        },
        {
            "title": "Der Kran steht",
            "body": "Ein Kran und ein langer Tag.",
            "language": "de",
            "topics": [],
            "variants": [],
            "preview": {"title": "Baustelle am Hafen", "description": None},
        },
    ):
        await newsroom.live(**story)
    return newsroom


FESTEN, VIND, RUN, KRAN = (
    "Alle mødte op til medarbejderfesten",
    "Vindmøllen på en stille dag",
    "The running engineers",
    "Der Kran steht",
)


@pytest.mark.parametrize(
    ("words", "titles"),
    {
        "medarbejder": [FESTEN],
        "nyheder": [FESTEN],
        "MEDARBEJDERFEST": [FESTEN],
        "vindmølle": [VIND],
        "engineer runs": [RUN],
        "Mette": [FESTEN, RUN],
        "Mette -race": [FESTEN],
        "mette -kage": [RUN],
        "kage or race": [FESTEN, RUN],
        "kran OR race": [KRAN, RUN],
        '"stille dag"': [VIND],
        '"dag stille"': [],
        '-"stille dag" dag': [],
        "ide": [FESTEN],
        "idé": [FESTEN],
        "cake": [FESTEN],
        "baustelle": [KRAN],
        "hafen kran": [KRAN],
        "kraner": [],
        "people": [RUN],
        "alle til": [],
        "en": [],
        "a": [],
        "en dag": [VIND],
        "-mette": [KRAN, VIND],
        "ka": [],
        "kag": [FESTEN],
        "": [],
        "%": [],
        "topic:sport": [],
        "=tenant": [],
        "'=seen:working'": [],
        "stille & dag": [VIND],
        "!stille": [VIND],
        '"stille dag': [VIND],
        "or or dag or": [VIND],
        "- dag": [VIND],
        "<dag>": [VIND],
        "\\ ' dag :* (": [VIND],
    }.items(),
)
async def test_words_find(library: Newsroom, words: str, titles: list[str]) -> None:
    assert sorted(await found(library, "emil", q=words)) == sorted(titles)


async def test_what_has_it_in_its_title_comes_first(newsroom: Newsroom) -> None:
    await newsroom.live(title="Falcon", body="Of a bird.", variants=[])
    await newsroom.live(title="Two", body="A falcon.", variants=[])
    await newsroom.live(title="Three", body="A bird, and no more.", variants=[])

    assert await found(newsroom, "emil", q="falcon") == ["Falcon", "Two"]
    assert await found(newsroom, "emil", q="falcon", sort="newest") == ["Two", "Falcon"]
    assert await in_pages(newsroom, "emil", q="falcon or bird") == ["Falcon", "Three", "Two"]


async def test_hits_are_told_as_pieces_of_the_text_as_it_was_written(newsroom: Newsroom) -> None:
    await newsroom.live(
        title="Idéen <b>om</b> \ue000ideer\ue001 & kage",
        body=f"{'Først kommer noget andet. ' * 40}Så kommer en idé, og så {'mere ' * 100}",
        language="da",
    )
    await newsroom.live(title="Kage", body="En idébank er her. Nej.", language="da")
    await newsroom.live(title="Ideal", body="Intet.", language="da", variants=[])

    page = done(await newsroom.as_("emil").get("/v1/stories", q="ide", sort="oldest"))

    hits = [line["hits"] for line in page["items"]]
    assert [marked(one["title"]) for one in hits] == [
        "[Idéen] <b>om</b> \ue000[ideer]\ue001 & kage",
        "Kage",
        "[Ideal]",
    ]
    excerpts = [marked(one["excerpt"]) for one in hits]
    assert excerpts[0].startswith(
        "kommer noget andet. Først kommer noget andet. Så kommer en [idé], og"
    )
    assert excerpts[1:] == ["En [idébank] er her. Nej.\nIt was not turning.", ""]


async def test_without_words_there_are_no_hits(newsroom: Newsroom) -> None:
    await newsroom.live()

    page = done(await newsroom.as_("emil").get("/v1/stories"))

    assert page["items"][0]["hits"] is None


async def test_words_are_looked_for_in_the_version_that_one_may_see(newsroom: Newsroom) -> None:
    story = await newsroom.live(title="Calm", variants=[])
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.as_("ana").patch(path, {"title": "Stormy", "topics": ["storm"]})

    seen = {
        (who, word): await found(newsroom, who, q=word)
        for who in ("ana", "ravi", "emil")
        for word in ("calm", "storm")
    }
    facets = {
        who: done(await newsroom.as_(who).get("/v1/stories/facets"))["topics"]
        for who in ("ana", "emil")
    }

    assert seen == {
        ("ana", "calm"): [],
        ("ana", "storm"): ["Stormy"],
        ("ravi", "calm"): [],
        ("ravi", "storm"): ["Stormy"],
        ("emil", "calm"): ["Calm"],
        ("emil", "storm"): [],
    }
    assert facets == {
        "ana": [{"value": "storm", "stories": 1}],
        "emil": [{"value": "wind-power", "stories": 1}],
    }


async def test_a_withdrawn_story_is_found_by_no_reader(newsroom: Newsroom) -> None:
    story = await newsroom.live(title="Falcon")

    await newsroom.do("pia", story, "withdraw")

    assert await found(newsroom, "emil", q="falcon") == []
    assert await found(newsroom, "ravi", q="falcon") == ["Falcon"]


async def test_every_filter_keeps_the_others_out(newsroom: Newsroom) -> None:
    team, other = str(new_id()), str(new_id())
    campaign = done(
        await newsroom.as_("pia").post("/v1/campaigns", {"name": "Spring", "purpose": "traffic"}),
        201,
    )["campaign_id"]
    soon = (SystemClock().now() + timedelta(days=3)).isoformat()
    later = (SystemClock().now() + timedelta(days=9)).isoformat()
    await newsroom.live(
        title="Mine",
        kind="people",
        campaign_id=campaign,
        topics=["sun", "o"],
        language="en-GB",
        expires_at=soon,
        audience={"countries": ["DK"], "regions": ["Nord's \\ land"], "team_ids": [team]},
    )
    await newsroom.live(
        "emil",
        title="Other",
        kind="news",
        topics=["wind-power"],
        language="da",
        variants=[{"network": "x", "language": "da", "text": "Vind."}],
        expires_at=later,
        audience={"countries": ["SE"], "regions": ["Syd"], "team_ids": [other]},
    )
    of_mine: list[dict[str, Any]] = [
        {"kind": "people"},
        {"campaign_id": campaign},
        {"topic": "sun"},
        {"topic": ["sun", "moon"]},
        {"language": "en"},
        {"language": "en-GB"},
        {"network": ["linkedin", "mastodon"]},
        {"country": "DK"},
        {"region": "Nord's \\ land"},
        {"team_id": team},
        {"author": "me"},
        {"expires_until": (SystemClock().now() + timedelta(days=5)).isoformat()},
    ]

    assert [await found(newsroom, "ana", **one) for one in of_mine] == [["Mine"]] * len(of_mine)
    assert await found(newsroom, "ana", topic=["sun", "wind-power"]) == ["Other", "Mine"]
    assert await found(newsroom, "ana", topic="sun", kind="news") == []
    assert await found(newsroom, "ana", has_media="false") == ["Other", "Mine"]
    assert await found(newsroom, "ana", has_media="true") == []
    assert await found(newsroom, "ana", pinned="true") == []


async def test_a_story_for_everybody_is_for_each(newsroom: Newsroom) -> None:
    await newsroom.live(title="For all")

    asked: list[dict[str, Any]] = [
        {"country": "DK"},
        {"region": "Fyn"},
        {"team_id": str(new_id())},
    ]

    assert [await found(newsroom, "emil", **one) for one in asked] == [["For all"]] * 3


async def test_stories_are_found_by_when_they_were_begun(newsroom: Newsroom) -> None:
    first = await newsroom.live(title="First")
    second = await newsroom.live(title="Second")

    begun = second["created_at"]

    assert await found(newsroom, "emil", created_from=begun) == ["Second"]
    assert await found(newsroom, "emil", created_until=begun) == ["First"]
    assert await found(newsroom, "emil", created_from=first["created_at"]) == ["Second", "First"]


async def test_every_order_goes_on_where_its_page_ended(newsroom: Newsroom) -> None:
    now = SystemClock().now()
    for title, days in (("Ære", 3), ("anna", 2), ("Bo", 9), ("Ål", None), ("Zoe", 1), ("Ø", None)):
        ends = None if days is None else (now + timedelta(days=days)).isoformat()
        await newsroom.live(title=title, expires_at=ends)

    orders = {
        sort: await in_pages(newsroom, "emil", sort=sort)
        for sort in ("newest", "oldest", "title", "expiring", "relevance")
    }

    assert orders == {
        "newest": ["Ø", "Zoe", "Ål", "Bo", "anna", "Ære"],
        "oldest": ["Ære", "anna", "Bo", "Ål", "Zoe", "Ø"],
        "title": ["anna", "Bo", "Zoe", "Ære", "Ø", "Ål"],
        "expiring": ["Zoe", "anna", "Ære", "Bo"],
        "relevance": ["Ø", "Zoe", "Ål", "Bo", "anna", "Ære"],
    }


async def test_titles_that_begin_alike_do_not_end_a_list(newsroom: Newsroom) -> None:
    titles = [f"{'A long and the same beginning of a title ' * 2}{number}" for number in range(3)]
    for title in titles:
        await newsroom.live(title=title)

    assert await in_pages(newsroom, "emil", sort="title") == titles


async def test_a_title_of_rare_signs_can_be_gone_on_after(newsroom: Newsroom) -> None:
    titles = ["\N{GRINNING FACE}" * 200, "Ж" * 200, '"\\' * 100]
    for title in titles:
        await newsroom.live(title=title)

    assert {*await in_pages(newsroom, "emil", sort="title")} == {*titles}


@pytest.mark.parametrize(
    "query",
    [
        {"topic": "Sun"},
        {"network": "myspace"},
        {"kind": "poem"},
        {"language": "Danish"},
        {"country": "dk"},
        {"created_from": "2026-01-01"},
        {"q": "a" * 201},
        {"q": "\x00"},
        {"topic": ["sun"] * 21},
        {"region": "a" * 101},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/v1/stories", "/v1/stories/facets"])
async def test_a_filter_has_a_shape(
    quiet_newsroom: Newsroom, path: str, query: dict[str, Any]
) -> None:
    answer = await quiet_newsroom.as_("ana").get(path, **query)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
