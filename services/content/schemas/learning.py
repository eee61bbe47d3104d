"""The shapes of answers to lessons, and of what came of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.schemas import InShape, OutShape
from services.content.domain.learning import Answered
from services.content.domain.lessons import OPTIONS_MAX, QUESTIONS_MAX
from services.content.schemas.lessons import Place

VersionRead = Annotated[
    int, Field(ge=1, le=2**31 - 1, description="The version that you have read.", examples=[1])
]

Chosen = Annotated[list[Place], Field(min_length=1, max_length=OPTIONS_MAX)]


class AnswersIn(InShape):
    """For each question the options that you choose, to the version that you have read."""

    version: VersionRead
    answers: list[Chosen] = Field(min_length=1, max_length=QUESTIONS_MAX, examples=[[[0], [1, 2]]])


class CompletionIn(InShape):
    """Which version you have read."""

    version: VersionRead


class ResultView(OutShape):
    """Whether an answer was right, and why."""

    right: bool
    explanation: str


class AnsweredView(OutShape):
    """What came of a try. `completed_at` is when you first had all right, if you ever had."""

    lesson_id: UUID
    version: int
    all_right: bool
    results: list[ResultView]
    tries_left: int
    completed_at: datetime | None


class ProgressView(OutShape):
    """That you completed a lesson: which version, and when."""

    lesson_id: UUID
    completed_version: int
    completed_at: datetime


class CompletionView(OutShape):
    """A lesson that you completed, as it was then called."""

    lesson_id: UUID
    version: int
    title: str
    topic: str
    language: str
    completed_at: datetime


class CompletionCountView(OutShape):
    """How many have completed a lesson; suppressed while they are fewer than five."""

    lesson_id: UUID
    completed: int | None
    suppressed: bool


def view_answered(answered: Answered) -> AnsweredView:
    """Show what came of a try."""
    return AnsweredView(
        lesson_id=answered.lesson.lesson_id,
        version=answered.lesson.working.version,
        all_right=all(one.right for one in answered.results),
        results=[ResultView.model_validate(one) for one in answered.results],
        tries_left=answered.tries_left,
        completed_at=answered.progress.completed_at,
    )
