"""Lessons for the tests of them: bodies, and a company that is taught."""

from typing import Any

from tests.content.conftest import Newsroom, done

SINGLE: dict[str, Any] = {
    "kind": "single",
    "text": "Which line would you read on?",
    "options": ["We are proud to announce", "I climbed our tallest turbine", "Revenue rose"],
    "right": [1],
    "explanation": "There is somebody in it.",
}
MULTIPLE: dict[str, Any] = {
    "kind": "multiple",
    "text": "What belongs into a good line?",
    "options": ["Somebody", "EBITDA", "A question"],
    "right": [0, 2],
    "explanation": "People answer people.",
}
RIGHT = [[1], [2, 0]]
WRONG = [[1], [0]]


def a_lesson(**fields: Any) -> dict[str, Any]:
    """Answer the body of a lesson with two questions."""
    return {
        "title": "Begin with a person",
        "text": "## Who was there?\n\nSay *who*, before you say what.",
        "language": "en",
        "topic": "writing",
        "minutes": 3,
        "questions": [SINGLE, MULTIPLE],
        **fields,
    }


async def published(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    """Answer a new lesson that Pia has published."""
    pia = newsroom.as_("pia")
    lesson = done(await pia.post("/v1/lessons", a_lesson(**fields)), 201)
    return done(await pia.post(f"{path_of(lesson)}/publish"))


async def found(newsroom: Newsroom, who: str, **filters: Any) -> list[str]:
    """Answer the titles of the lessons that somebody finds."""
    page = done(await newsroom.as_(who).get("/v1/lessons", **filters))
    return [one["title"] for one in page["items"]]


def path_of(lesson: dict[str, Any]) -> str:
    """Answer where a lesson stands."""
    return f"/v1/lessons/{lesson['lesson_id']}"
