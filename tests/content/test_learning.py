"""Learning: answers are checked, a lesson is completed once, nobody sees who has not (C6, V1)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.content import LessonCompleted
from services.content.domain.learning import (
    COUNT_MIN,
    TRIES_MAX,
    TRIES_WITHIN,
    AnswersDoNotFit,
    LessonChanged,
    Progress,
    TooManyTries,
    answer,
    is_news,
)
from services.content.domain.lessons import compose, edit, publish, write
from tests.content.conftest import Newsroom, done
from tests.content.lessons import RIGHT, WRONG, a_lesson, found, path_of, published
from tests.world import problem_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
LESSON = publish(
    write(new_id(), compose({"position": 0, "roles": [], **a_lesson()}), at=NOON), at=NOON
)
NEW = Progress(LESSON.lesson_id, new_id())


async def answered(
    newsroom: Newsroom, who: str, lesson: dict[str, Any], answers: list[list[int]]
) -> dict[str, Any]:
    body = {"version": lesson["version"], "answers": answers}
    return done(await newsroom.as_(who).post(f"{path_of(lesson)}/answers", body))


async def heard(newsroom: Newsroom) -> list[LessonCompleted]:
    events = await newsroom.content.announced(newsroom.tenant)
    return [one for one in events if isinstance(one, LessonCompleted)]


async def test_a_wrong_answer_is_explained_and_completes_nothing(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    tried = await answered(newsroom, "emil", lesson, WRONG)

    assert [one["right"] for one in tried["results"]] == [True, False]
    assert all(one["explanation"] for one in tried["results"])
    assert (tried["all_right"], tried["completed_at"]) == (False, None)
    assert tried["tries_left"] == TRIES_MAX - 1
    assert await heard(newsroom) == []
    assert await found(newsroom, "emil", completed=False) == [lesson["title"]]


async def test_all_right_is_completed_and_told_once_by_ids(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    first = await answered(newsroom, "emil", lesson, RIGHT)
    again = await answered(newsroom, "emil", lesson, RIGHT)

    assert first["all_right"] is True
    assert first["completed_at"] == again["completed_at"]
    (told,) = await heard(newsroom)
    assert (str(told.lesson_id), told.version) == (lesson["lesson_id"], 1)
    assert set(told.model_dump()) == {"lesson_id", "version", "person_id"}
    assert LessonCompleted.public is False
    assert await found(newsroom, "emil", completed=True) == [lesson["title"]]
    assert await found(newsroom, "ravi", completed=True) == []


async def test_of_two_tries_at_once_one_completes(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    tried = await asyncio.gather(*(answered(newsroom, "emil", lesson, RIGHT) for _ in range(4)))

    assert len({one["completed_at"] for one in tried}) == 1
    assert sorted(one["tries_left"] for one in tried) == [1, 2, 3, 4]
    assert len(await heard(newsroom)) == 1


async def test_a_new_version_undoes_no_completion(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)
    await answered(newsroom, "emil", lesson, RIGHT)
    done(await newsroom.as_("pia").patch(path_of(lesson), {"title": "Another title"}))
    second = done(await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"))

    await answered(newsroom, "emil", second, WRONG)
    mine = done(await newsroom.as_("emil").get("/v1/lessons/completions/mine"))["items"]

    assert [(one["title"], one["version"]) for one in mine] == [("Begin with a person", 1)]
    assert await found(newsroom, "emil", completed=True) == ["Another title"]
    assert len(await heard(newsroom)) == 1


async def test_answers_are_to_the_version_that_was_read(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)
    done(await newsroom.as_("pia").patch(path_of(lesson), {"minutes": 9}))
    done(await newsroom.as_("pia").post(f"{path_of(lesson)}/publish"))

    refused = await newsroom.as_("emil").post(
        f"{path_of(lesson)}/answers", {"version": 1, "answers": RIGHT}
    )

    assert (refused.status_code, problem_of(refused)) == (409, "lesson-changed")
    assert refused.json()["version"] == 2


async def test_a_lesson_that_asks_nothing_is_completed_by_saying_so(newsroom: Newsroom) -> None:
    lesson = await published(newsroom, questions=[])

    once, twice = [
        done(await newsroom.as_("emil").post(f"{path_of(lesson)}/complete", {"version": 1}))
        for _ in range(2)
    ]

    assert once == twice
    assert once["completed_version"] == 1
    assert len(await heard(newsroom)) == 1


async def test_a_lesson_with_questions_is_not_completed_by_saying_so(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)

    refused = await newsroom.as_("emil").post(f"{path_of(lesson)}/complete", {"version": 1})

    assert (refused.status_code, problem_of(refused)) == (409, "lesson-asks")
    assert await heard(newsroom) == []


async def test_after_so_many_tries_one_has_to_wait(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)
    for _ in range(TRIES_MAX):
        await answered(newsroom, "emil", lesson, WRONG)

    body = {"version": 1, "answers": RIGHT}
    refused = await newsroom.as_("emil").post(f"{path_of(lesson)}/answers", body)

    assert (refused.status_code, problem_of(refused)) == (429, "too-many-tries")
    assert 0 < int(refused.headers["retry-after"]) <= TRIES_WITHIN.total_seconds()
    assert (await answered(newsroom, "ravi", lesson, RIGHT))["all_right"] is True


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([[1]], "answers-do-not-fit"),
        ([[1], [0], [0]], "answers-do-not-fit"),
        ([[0, 1], [0]], "answers-do-not-fit"),
        ([[5], [0]], "answers-do-not-fit"),
        ([[1], [0, 0]], "answers-do-not-fit"),
        ([[1], []], "validation-failed"),
        ([[-1], [0]], "validation-failed"),
        ([[True], [0]], "validation-failed"),
        ([], "validation-failed"),
    ],
)
async def test_what_answers_nothing_is_refused_and_is_no_try(
    newsroom: Newsroom, answers: list[list[int]], problem: str
) -> None:
    lesson = await published(newsroom)

    body = {"version": 1, "answers": answers}
    refused = await newsroom.as_("emil").post(f"{path_of(lesson)}/answers", body)
    tried = await answered(newsroom, "emil", lesson, WRONG)

    assert (refused.status_code, problem_of(refused)) == (422, problem)
    assert tried["tries_left"] == TRIES_MAX - 1


async def test_a_lesson_for_others_cannot_be_answered(newsroom: Newsroom) -> None:
    lesson = await published(newsroom, roles=["reviewer"])

    body = {"version": 1, "answers": RIGHT}
    refused = await newsroom.as_("emil").post(f"{path_of(lesson)}/answers", body)

    assert (refused.status_code, problem_of(refused)) == (404, "lesson-not-found")


async def test_completions_are_counted_from_five_on_and_name_nobody(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)
    people = [f"person{one}" for one in range(COUNT_MIN)]
    for who in people:
        await newsroom.content.hire(newsroom.tenant, who, "employee")
    path = f"{path_of(lesson)}/completions"

    for who in people[:-1]:
        await answered(newsroom, who, lesson, RIGHT)
    few = done(await newsroom.as_("pia").get(path))
    await answered(newsroom, people[-1], lesson, RIGHT)
    enough = done(await newsroom.as_("pia").get(path))

    base = {"lesson_id": lesson["lesson_id"]}
    assert few == {**base, "completed": None, "suppressed": True}
    assert enough == {**base, "completed": COUNT_MIN, "suppressed": False}


async def test_nobody_else_reads_what_somebody_completed(newsroom: Newsroom) -> None:
    lesson = await published(newsroom)
    await answered(newsroom, "emil", lesson, RIGHT)

    others = [
        done(await newsroom.as_(who).get("/v1/lessons/completions/mine"))["items"]
        for who in ("pia", "ada", "ravi")
    ]
    counted = await newsroom.as_("emil").get(f"{path_of(lesson)}/completions")

    assert others == [[], [], []]
    assert (counted.status_code, problem_of(counted)) == (403, "role-missing")


def test_an_hour_later_one_may_try_again() -> None:
    tired = NEW
    for _ in range(TRIES_MAX):
        tired = answer(LESSON, tired, WRONG, version=1, at=NOON).progress

    with pytest.raises(TooManyTries) as refused:
        answer(LESSON, tired, RIGHT, version=1, at=NOON + timedelta(minutes=1))
    rested = answer(LESSON, tired, RIGHT, version=1, at=NOON + TRIES_WITHIN)

    assert refused.value.retry_after_s == TRIES_WITHIN.total_seconds() - 60
    assert rested.progress.completed_at == NOON + TRIES_WITHIN
    assert is_news(tired, rested.progress)


@pytest.mark.parametrize(
    ("answers", "right"),
    [
        ([[1], [0, 2]], [True, True]),
        ([[0], [2, 0]], [False, True]),
        ([[1], [0, 1, 2]], [True, False]),
    ],
)
def test_an_answer_is_right_as_a_whole_in_whatever_order(
    answers: list[list[int]], right: list[bool]
) -> None:
    tried = answer(LESSON, NEW, answers, version=1, at=NOON)

    assert [one.right for one in tried.results] == right


def test_what_is_refused_says_which_answer() -> None:
    with pytest.raises(AnswersDoNotFit) as refused:
        answer(LESSON, NEW, [[1], [7]], version=1, at=NOON)

    assert refused.value.field == "/answers/1"


def test_the_working_version_is_nobodys_to_answer() -> None:
    revised = edit(LESSON, {"title": "Another"})

    with pytest.raises(LessonChanged):
        answer(LESSON, NEW, RIGHT, version=revised.working.version, at=NOON)
