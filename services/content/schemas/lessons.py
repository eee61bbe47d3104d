"""The shapes of lessons, as they are written and as they are read."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticKnownError

from chassis import markdown
from chassis.markdown import MARKDOWN_CHARS_MAX
from chassis.schemas import InShape, OutShape
from contracts.directory import Role
from services.content.domain import lessons
from services.content.domain.lessons import (
    MINUTES_MAX,
    OPTIONS_MAX,
    OPTIONS_MIN,
    QUESTIONS_MAX,
    Lesson,
    LessonState,
    QuestionKind,
)
from services.content.domain.stories import Actor
from services.content.schemas.fields import Language, Title, Topic

POSITION_MAX = 1000
"""No course is longer."""

ROLES_MAX = 8
"""As many as there are."""

LessonText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MARKDOWN_CHARS_MAX),
    Field(
        description="Markdown without HTML and pictures.",
        examples=["## Begin with a person\n\nSay *who* was there, before you say what happened."],
    ),
]

Sentence = Annotated[
    str, StringConstraints(min_length=1, max_length=500), Field(examples=["Which line is better?"])
]

Position = Annotated[
    int, Field(ge=0, le=POSITION_MAX, description="Its place in the topic.", examples=[1])
]

Minutes = Annotated[int, Field(ge=1, le=MINUTES_MAX, examples=[4])]


def _no_stand_in(value: object) -> object:
    # Within a list nobody else looks: pydantic takes true and "1" for 1, the document does not.
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


Place = Annotated[
    int,
    BeforeValidator(_no_stand_in),
    Field(ge=0, lt=OPTIONS_MAX, description="Of an option, counted from 0."),
]

Roles = Annotated[list[Role], Field(max_length=ROLES_MAX, description="None: for everybody.")]


class QuestionIn(InShape):
    """A question, with the places of its right options, and why they are right."""

    kind: QuestionKind
    text: Sentence
    options: list[Sentence] = Field(min_length=OPTIONS_MIN, max_length=OPTIONS_MAX)
    right: list[Place] = Field(min_length=1, max_length=OPTIONS_MAX)
    explanation: Sentence


class LessonIn(InShape):
    """A lesson to begin."""

    title: Title
    text: LessonText
    language: Language
    topic: Topic
    position: Position = 0
    minutes: Minutes
    roles: Roles = Field(default_factory=list)
    questions: list[QuestionIn] = Field(default_factory=list, max_length=QUESTIONS_MAX)


class LessonChangesIn(InShape):
    """What to change; what is left out stays."""

    # Made by factories, since a default in the document would say what leaving out does not do.
    title: Title = Field(default_factory=str)
    text: LessonText = Field(default_factory=str)
    language: Language = Field(default_factory=str)
    topic: Topic = Field(default_factory=str)
    position: Position = Field(default_factory=int)
    minutes: Minutes = Field(default_factory=int)
    roles: Roles = Field(default_factory=list)
    questions: list[QuestionIn] = Field(default_factory=list, max_length=QUESTIONS_MAX)


class QuestionView(OutShape):
    """A question. What is right, and why, is null to all but those who write lessons."""

    kind: QuestionKind
    text: str
    options: list[str]
    right: list[int] | None
    explanation: str | None


class LessonView(OutShape):
    """A lesson: its published version, or to those who write lessons the one being written.

    `html` is the text, safe to be shown.
    """

    lesson_id: UUID
    state: LessonState
    version: int
    live_version: int | None
    title: str
    text: str
    html: str
    language: str
    topic: str
    position: int
    minutes: int
    roles: list[Role]
    questions: list[QuestionView]
    published_at: datetime | None


class LessonLineView(OutShape):
    """A lesson in a list: how many questions it has, and when you completed it, if you have."""

    lesson_id: UUID
    state: LessonState
    version: int
    live_version: int | None
    title: str
    language: str
    topic: str
    position: int
    minutes: int
    roles: list[Role]
    questions: int
    completed_at: datetime | None


def view_lesson(lesson: Lesson, reader: Actor) -> LessonView:
    """Show a lesson; what is right only to those who write lessons."""
    return _view(lesson, in_full=lessons.edits(reader))


def view_manuscript(lesson: Lesson) -> LessonView:
    """Show a lesson as those see it who write lessons."""
    return _view(lesson, in_full=True)


def _view(lesson: Lesson, *, in_full: bool) -> LessonView:
    content = asdict(lesson.working.content)
    if not in_full:
        content["questions"] = [
            {**one, "right": None, "explanation": None} for one in content["questions"]
        ]
    return LessonView.model_validate(
        {
            **content,
            "lesson_id": lesson.lesson_id,
            "state": lesson.state,
            "version": lesson.working.version,
            "live_version": lesson.live.version if lesson.live else None,
            "html": markdown.render(lesson.working.content.text),
            "published_at": lesson.published_at,
        }
    )
