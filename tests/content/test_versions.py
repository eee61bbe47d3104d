"""The versions of a story: autosaved, kept, compared; and who is credited."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from services.content.domain.differences import (
    WORDS_COMPARED_MAX,
    Differences,
    ListDifference,
    Piece,
    TextDifference,
    ValueDifference,
    between,
    pieces,
)
from services.content.domain.texts import Example, Picture, content_hash
from tests.content.conftest import Newsroom, done
from tests.content.test_texts import content, contents, values
from tests.world import problem_of

TEXTS = st.text(st.sampled_from("ab \n"), max_size=60)


@given(TEXTS, TEXTS)
def test_pieces_make_up_both_texts(before: str, after: str) -> None:
    found = pieces(before, after)

    assert "".join(one.text for one in found if one.change != "added") == before
    assert "".join(one.text for one in found if one.change != "removed") == after


def test_a_text_is_compared_word_by_word() -> None:
    found = pieces("It was not turning, and cold.", "It was turning, and very cold.")

    assert found == (
        Piece("same", "It was "),
        Piece("removed", "not "),
        Piece("same", "turning, and "),
        Piece("added", "very "),
        Piece("same", "cold."),
    )


def test_what_is_too_long_to_compare_is_replaced_as_a_whole() -> None:
    before, after = "a " * WORDS_COMPARED_MAX, "a b"

    assert pieces(before, after) == (Piece("removed", before), Piece("added", after))


@settings(deadline=None)
@given(st.data())
@pytest.mark.parametrize("field", sorted(values))
def test_whatever_makes_another_hash_is_a_difference(field: str, data: st.DataObject) -> None:
    before = data.draw(contents)
    after = replace(before, **{field: data.draw(values[field])})
    for one in (before, after):
        # Others are refused when they are written.
        assume(len({(two.network, two.language) for two in one.variants}) == len(one.variants))
        assume(len({two.media_id for two in one.media}) == len(one.media))

    found = between(before, after)

    differ = content_hash(before) != content_hash(after)
    assert (found != Differences((), (), ())) is differ


def test_what_is_said_of_pictures_and_examples_is_compared_and_so_is_the_order_of_lists() -> None:
    one, other = UUID(int=1), UUID(int=2)
    before = content(
        topics=("sea", "wind-power", "birds"),
        media=(Picture(one, "a", "A mill"), Picture(other, "b", "A gull")),
        examples=(Example("x", "da", "Stille.", None),),
    )
    after = replace(
        before,
        topics=("birds", "sea", "sun"),
        media=(Picture(one, "c", "A tall mill"), Picture(other, "b", "A gull")),
        examples=(Example("linkedin", "en", "Stille.", "It is short."),),
    )

    assert between(before, after) == Differences(
        (
            TextDifference(
                f"/media/{one}/alt_text",
                (Piece("same", "A "), Piece("added", "tall "), Piece("same", "mill")),
            ),
            TextDifference("/examples/0/why", (Piece("added", "It is short."),)),
        ),
        (ListDifference("/topics", ("sun",), ("wind-power",), reordered=True),),
        (
            ValueDifference(f"/media/{one}/sha256", "a", "c"),
            ValueDifference("/examples/0/network", "x", "linkedin"),
            ValueDifference("/examples/0/language", "da", "en"),
        ),
    )


async def test_versions_are_kept_and_compared(newsroom: Newsroom) -> None:
    story = await newsroom.live(title="A calm day", topics=["wind-power", "sea"])
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.do("ana", story, "revise")
    changes = {
        "title": "A very calm day",
        "topics": ["sea", "birds"],
        "kind": "people",
        "variants": [{"network": "x", "language": "da", "text": "Stille."}],
    }
    await newsroom.as_("ana").patch(path, changes)

    versions = done(await newsroom.as_("ravi").get(f"{path}/versions"))["items"]
    first = done(await newsroom.as_("ana").get(f"{path}/versions/1"))
    found = done(await newsroom.as_("ana").get(f"{path}/versions/2/differences"))
    backwards = done(await newsroom.as_("ana").get(f"{path}/versions/1/differences", **{"from": 2}))

    assert [(one["version"], one["title"]) for one in versions] == [
        (2, "A very calm day"),
        (1, "A calm day"),
    ]
    assert [one["published_at"] is not None for one in versions] == [False, True]
    assert first == story["live"]
    assert found == {
        "texts": [
            {
                "field": "/title",
                "pieces": [
                    {"change": "same", "text": "A "},
                    {"change": "added", "text": "very "},
                    {"change": "same", "text": "calm day"},
                ],
            },
            {
                "field": "/variants/linkedin/en",
                "pieces": [{"change": "removed", "text": "It was not turning."}],
            },
            {"field": "/variants/x/da", "pieces": [{"change": "added", "text": "Stille."}]},
        ],
        "lists": [
            {"field": "/topics", "added": ["birds"], "removed": ["wind-power"], "reordered": False}
        ],
        "values": [{"field": "/kind", "before": "article", "after": "people"}],
    }
    assert backwards["values"] == [{"field": "/kind", "before": "people", "after": "article"}]


async def test_versions_come_in_pages(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}/versions"

    first = done(await newsroom.as_("ana").get(path, limit=1))
    second = done(await newsroom.as_("ana").get(path, limit=1, cursor=first["next_cursor"]))

    found = [one["version"] for page in (first, second) for one in page["items"]]
    assert (found, second["next_cursor"]) == ([2, 1], None)


async def test_who_sees_only_what_is_live_reads_no_versions(newsroom: Newsroom) -> None:
    live, draft = await newsroom.live(), await newsroom.written()

    answers = [
        await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/versions{rest}")
        for story in (live, draft)
        for rest in ("", "/1", "/1/differences")
    ]

    assert [problem_of(one) for one in answers] == ["not-allowed-on-story"] * 3 + [
        "story-not-found"
    ] * 3


@pytest.mark.parametrize(
    ("rest", "query"), [("/2", {}), ("/2/differences", {}), ("/1/differences", {"from": 2})]
)
async def test_a_version_that_there_never_was_is_not_found(
    newsroom: Newsroom, rest: str, query: dict[str, Any]
) -> None:
    story = await newsroom.written()
    path = f"/v1/stories/{story['story_id']}/versions{rest}"

    answer = await newsroom.as_("ana").get(path, **query)

    assert (answer.status_code, problem_of(answer)) == (404, "version-not-found")


async def acts(newsroom: Newsroom, path: str) -> list[str]:
    trail = done(await newsroom.as_("ana").get(f"{path}/trail"))["items"]
    return [entry["act"] for entry in trail]


async def test_what_an_editor_saves_by_itself_is_one_edit(newsroom: Newsroom) -> None:
    story = await newsroom.written()
    path = f"/v1/stories/{story['story_id']}"
    tag = "*"
    for title in ("A", "A c", "A calm"):
        answer = await newsroom.as_("ana").patch(path, {"title": title}, if_match=tag)
        assert answer.status_code == 200
        tag = answer.headers["etag"]

    read = await newsroom.as_("ana").get(path)

    assert (read.headers["etag"], read.json()["working"]["title"]) == (tag, "A calm")
    assert await acts(newsroom, path) == ["created", "edited"]


async def test_a_change_that_changes_nothing_leaves_no_trace(newsroom: Newsroom) -> None:
    story = await newsroom.written(topics=["sun"])
    path = f"/v1/stories/{story['story_id']}"
    before = await newsroom.as_("ana").get(path)

    same = {name: story["working"][name] for name in ("title", "topics", "variants")}
    answer = await newsroom.as_("ana").patch(path, same)

    assert answer.headers["etag"] == before.headers["etag"]
    assert await acts(newsroom, path) == ["created"]


async def test_an_edit_after_something_else_is_told(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.do("ana", story, "revise")

    await newsroom.as_("ana").patch(path, {"title": "B"})

    assert (await acts(newsroom, path))[-2:] == ["revised", "edited"]


async def test_contributors_are_credited_by_name(newsroom: Newsroom) -> None:
    emil = await newsroom.content.hire(newsroom.tenant, "emilie", display_name="Emilie Holt")
    ids = [str(emil.person_id)]

    written = await newsroom.written(contributor_ids=ids)
    edited = done(
        await newsroom.as_("ana").patch(f"/v1/stories/{written['story_id']}", {"title": "B"})
    )

    named = [{"person_id": ids[0], "display_name": "Emilie Holt"}]
    assert written["working"]["contributors"] == edited["working"]["contributors"] == named


async def test_a_contributor_is_in_the_directory(newsroom: Newsroom) -> None:
    stranger = str(new_id())
    story = await newsroom.written()
    path = f"/v1/stories/{story['story_id']}"

    answer = await newsroom.as_("ana").patch(path, {"contributor_ids": [stranger]})

    assert (answer.status_code, problem_of(answer)) == (422, "contributor-unknown")
    assert (answer.json()["pointer"], answer.json()["person_ids"]) == (
        "/contributor_ids",
        [stranger],
    )
    assert done(await newsroom.as_("ana").get(path)) == story


async def test_a_story_has_no_more_variants_than_there_are_places(newsroom: Newsroom) -> None:
    story = await newsroom.written()
    many = [{"network": "x", "language": "da", "text": "Stille."}] * 10_000

    answer = await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"variants": many})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
