"""Lessons: written, published, read by whom they are for, and retired (C6)."""

from typing import Any

import pytest

from tests.content.conftest import Newsroom, done
from tests.content.lessons import MULTIPLE, SINGLE, a_lesson, found, path_of, published
from tests.world import problem_of


async def test_a_lesson_is_read_once_it_is_published(newsroom: Newsroom) -> None:
    lesson = done(await newsroom.as_("pia").post("/v1/lessons", a_lesson()), 201)
    before = await newsroom.as_("emil").get(path_of(lesson))

    done(await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"))
    after = done(await newsroom.as_("emil").get(path_of(lesson)))

    assert (before.status_code, problem_of(before)) == (404, "lesson-not-found")
    assert (after["state"], after["version"], after["minutes"]) == ("published", 1, 3)
    assert (
        after["html"] == "<h2>Who was there?</h2>\n<p>Say <em>who</em>, before you say what.</p>\n"
    )


async def test_what_is_right_is_shown_to_nobody_who_has_not_answered(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    read = await newsroom.as_("emil").get(path_of(lesson))
    listed = await newsroom.as_("emil").get("/v1/lessons")

    assert [one["right"] for one in read.json()["questions"]] == [None, None]
    for secret in (SINGLE["explanation"], MULTIPLE["explanation"]):
        assert str(secret) not in read.text + listed.text
    by_pia = done(await newsroom.as_("pia").get(path_of(lesson)))
    assert [one["right"] for one in by_pia["questions"]] == [[1], [0, 2]]


async def test_what_is_published_stays_while_the_next_version_is_written(
    newsroom: Newsroom,
) -> None:
    lesson = await published(newsroom)
    edited = done(await newsroom.as_("ada").patch(path_of(lesson), {"title": "Begin with you"}))

    before = done(await newsroom.as_("emil").get(path_of(lesson)))
    done(await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"))
    after = done(await newsroom.as_("emil").get(path_of(lesson)))

    assert (edited["version"], edited["live_version"]) == (2, 1)
    assert (before["version"], before["title"]) == (1, "Begin with a person")
    assert (after["version"], after["title"]) == (2, "Begin with you")


async def test_publishing_and_retiring_twice_are_the_same_as_once(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    again = done(await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"))
    retired = [done(await newsroom.as_("pia").post(f"{path_of(lesson)}/retire")) for _ in "ab"]

    assert again == lesson
    assert retired[0] == retired[1]


async def test_a_retired_lesson_is_gone_for_readers_and_stays_as_it_was(
    newsroom: Newsroom,
) -> None:
    lesson = await published(newsroom)
    done(await newsroom.as_("pia").post(f"{path_of(lesson)}/retire"))

    read = await newsroom.as_("emil").get(path_of(lesson))
    answers = [
        await newsroom.as_("pia").patch(path_of(lesson), {"minutes": 9}),
        await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"),
    ]

    assert (read.status_code, problem_of(read)) == (404, "lesson-not-found")
    assert await found(newsroom, "emil") == []
    assert await found(newsroom, "pia", state="retired") == ["Begin with a person"]
    assert {(one.status_code, problem_of(one)) for one in answers} == {(409, "lesson-retired")}


async def test_a_lesson_is_for_its_roles_alone(newsroom: Newsroom) -> None:
    lesson = await published(newsroom, roles=["reviewer"], title="How to review")
    await published(newsroom, title="For everybody")

    seen = {who: await found(newsroom, who) for who in ("emil", "ravi", "ada")}
    answer = await newsroom.as_("emil").get(path_of(lesson))

    assert set(seen["emil"]) == {"For everybody"}
    assert set(seen["ravi"]) == set(seen["ada"]) == {"How to review", "For everybody"}
    assert (answer.status_code, problem_of(answer)) == (404, "lesson-not-found")


async def test_lessons_come_in_the_readers_language_unless_another_is_asked_for(
    newsroom: Newsroom,
) -> None:
    await newsroom.content.hire(newsroom.tenant, "dorte", "employee", language="da-DK")
    await published(newsroom, title="English", language="en-GB")
    await published(newsroom, title="Dansk", language="da")

    seen = {
        asked: await found(newsroom, "dorte", **({"language": asked} if asked else {}))
        for asked in ("", "en", "*")
    }

    assert seen[""] == ["Dansk"]
    assert seen["en"] == ["English"]
    assert sorted(seen["*"]) == ["Dansk", "English"]
    assert len(await found(newsroom, "emil")) == 2


async def test_a_course_is_a_topic_in_its_order_over_pages(newsroom: Newsroom) -> None:
    for topic, position in (("writing", 2), ("listening", 5), ("writing", 0), ("writing", 1)):
        await published(newsroom, topic=topic, position=position, title=f"{topic} {position}")

    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    for _ in range(2):
        page = done(await newsroom.as_("emil").get("/v1/lessons", limit=2, **cursor))
        pages.append([one["title"] for one in page["items"]])
        cursor = {"cursor": page["next_cursor"]}

    assert pages == [["listening 5", "writing 0"], ["writing 1", "writing 2"]]
    assert cursor == {"cursor": None}
    assert await found(newsroom, "emil", topic="listening") == ["listening 5"]


async def test_a_cursor_of_another_list_is_refused(newsroom: Newsroom) -> None:
    for one in range(2):
        await newsroom.live(title=f"Story {one}")
    page = done(await newsroom.as_("emil").get("/v1/stories", limit=1))

    answer = await newsroom.as_("emil").get("/v1/lessons", cursor=page["next_cursor"])

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


@pytest.mark.parametrize(
    ("fields", "problem", "pointer"),
    [
        ({"text": "<script>alert(1)</script>"}, "markdown-unsafe", "/text"),
        ({"text": "[here](javascript:alert(1))"}, "markdown-unsafe", "/text"),
        ({"text": "![](https://elsewhere.example/pixel.gif)"}, "markdown-unsafe", "/text"),
        ({"text": "a" * 20_001}, "validation-failed", None),
        ({"minutes": 0}, "validation-failed", None),
        ({"minutes": 31}, "validation-failed", None),
        ({"roles": ["king"]}, "validation-failed", None),
        ({"roles": ["author", "author"]}, "role-repeated", "/roles"),
        ({"topic": "Two words"}, "validation-failed", None),
        ({"questions": [SINGLE] * 4}, "validation-failed", None),
        ({"questions": [{**SINGLE, "right": []}]}, "validation-failed", None),
        ({"questions": [{**SINGLE, "options": ["One"]}]}, "validation-failed", None),
        (
            {"questions": [SINGLE, {**SINGLE, "right": [0, 1]}]},
            "question-unfair",
            "/questions/1/right",
        ),
        ({"questions": [{**SINGLE, "right": [3]}]}, "question-unfair", "/questions/0/right"),
        ({"questions": [{**MULTIPLE, "right": [0, 0]}]}, "question-unfair", "/questions/0/right"),
        (
            {"questions": [{**SINGLE, "options": ["Yes", "Yes"]}]},
            "question-unfair",
            "/questions/0/options",
        ),
    ],
)
async def test_what_cannot_be_a_lesson_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str, pointer: str | None
) -> None:
    answer = await quiet_newsroom.as_("pia").post("/v1/lessons", a_lesson(**fields))

    assert (answer.status_code, problem_of(answer)) == (422, problem)
    assert answer.json().get("pointer") == pointer


async def test_a_published_lesson_is_not_made_unsafe_by_an_edit(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    answer = await newsroom.as_("pia").patch(path_of(lesson), {"text": "<b>no</b>"})

    assert (answer.status_code, problem_of(answer)) == (422, "markdown-unsafe")
    assert answer.json()["line"] == 1
    assert done(await newsroom.as_("pia").get(path_of(lesson))) == lesson


async def test_an_edit_that_changes_nothing_begins_no_version(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    same = done(await newsroom.as_("pia").patch(path_of(lesson), {"minutes": lesson["minutes"]}))

    assert same == lesson


async def test_only_program_managers_and_admins_write_lessons(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    answers = [
        await newsroom.as_("ravi").post("/v1/lessons", a_lesson()),
        await newsroom.as_("ravi").patch(path_of(lesson), {"minutes": 4}),
        await newsroom.as_("ravi").post(f"{path_of(lesson)}/publish"),
        await newsroom.as_("ravi").post(f"{path_of(lesson)}/retire"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(403, "role-missing")}
