"""How somebody learns: they answer, hear what was right, and have completed a lesson once (C6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.lessons import Lesson, Question

TRIES_MAX = 5
TRIES_WITHIN = timedelta(hours=1)
"""Whoever guesses does not learn; after an hour's rest the lesson may be read again."""

COUNT_MIN = 5
"""Fewer who completed a lesson are not counted out loud: one could tell who (design 4.6)."""


class LessonChanged(Refusal):
    """The answers are to another version than is published now: read it again."""

    kind = "conflict"
    title = "Lesson has changed"


class AnswersDoNotFit(Refusal):
    """One answer for each question: the places of the chosen options, counted from 0."""

    kind = "invalid"
    title = "Answers do not fit the questions"


class LessonAsks(Refusal):
    """A lesson with questions is completed by answering them."""

    kind = "conflict"
    title = "Lesson has questions"


class TooManyTries(Refusal):
    """Five tries an hour: read the lesson again, and try later."""

    kind = "too_many"
    title = "Too many tries"


@dataclass(frozen=True)
class Progress:
    """How far one person is with one lesson. It is theirs to know, and nobody else's (V1)."""

    lesson_id: UUID
    person_id: UUID
    tries: int = 0
    tried_since: datetime | None = None
    completed_version: int | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Result:
    """Whether an answer was right, and why."""

    right: bool
    explanation: str


@dataclass(frozen=True)
class Answered:
    """What came of a try: a result for each question, and how many tries are left for now."""

    lesson: Lesson
    progress: Progress
    results: tuple[Result, ...]

    @property
    def tries_left(self) -> int:
        """Answer how often one may try again within the hour."""
        return TRIES_MAX - self.progress.tries


@dataclass(frozen=True)
class Completion:
    """A lesson that somebody has completed, as it was then called."""

    lesson_id: UUID
    version: int
    title: str
    topic: str
    language: str
    completed_at: datetime


@dataclass(frozen=True)
class CompletionCount:
    """How many have completed a lesson; None where they are so few that one could tell who."""

    lesson_id: UUID
    completed: int | None

    @property
    def suppressed(self) -> bool:
        """Answer whether the number is kept back."""
        return self.completed is None


def answer(
    lesson: Lesson,
    progress: Progress,
    answers: Sequence[Sequence[int]],
    *,
    version: int,
    at: datetime,
) -> Answered:
    """Try the questions of the published version; all right is completed, and that stays."""
    _check_version(lesson, version)
    questions = lesson.working.content.questions
    if len(answers) != len(questions):
        raise AnswersDoNotFit(f"This lesson has {len(questions)} questions.", field="/answers")
    for index, (question, chosen) in enumerate(zip(questions, answers, strict=True)):
        _check_answer(question, chosen, f"/answers/{index}")
    tried = _try(progress, at)
    results = tuple(
        Result(set(chosen) == set(question.right), question.explanation)
        for question, chosen in zip(questions, answers, strict=True)
    )
    done = all(one.right for one in results)
    return Answered(lesson, _completed(tried, version, at) if done else tried, results)


def complete(lesson: Lesson, progress: Progress, *, version: int, at: datetime) -> Progress:
    """Complete a lesson that asks nothing."""
    _check_version(lesson, version)
    if lesson.working.content.questions:
        raise LessonAsks("Answer its questions.", questions=len(lesson.working.content.questions))
    return _completed(progress, version, at)


def is_news(before: Progress, after: Progress) -> bool:
    """Answer whether a lesson has just been completed for the first time."""
    return before.completed_at is None and after.completed_at is not None


def count(lesson_id: UUID, completed: int) -> CompletionCount:
    """Answer how many completed a lesson, if there are enough of them."""
    return CompletionCount(lesson_id, completed if completed >= COUNT_MIN else None)


def _completed(progress: Progress, version: int, at: datetime) -> Progress:
    # Whoever has completed a lesson has, whatever versions follow.
    if progress.completed_at is not None:
        return progress
    return replace(progress, completed_version=version, completed_at=at)


def _try(progress: Progress, at: datetime) -> Progress:
    since = progress.tried_since
    if since is None or at - since >= TRIES_WITHIN:
        return replace(progress, tries=1, tried_since=at)
    if progress.tries >= TRIES_MAX:
        refusal = TooManyTries("Read the lesson again, and try later.", tries_max=TRIES_MAX)
        refusal.retry_after_s = math.ceil((since + TRIES_WITHIN - at).total_seconds())
        raise refusal
    return replace(progress, tries=progress.tries + 1)


def _check_version(lesson: Lesson, version: int) -> None:
    if version != lesson.working.version:
        raise LessonChanged("Read it again.", field="/version", version=lesson.working.version)


def _check_answer(question: Question, chosen: Sequence[int], field: str) -> None:
    places = set(chosen)
    if len(places) < len(chosen) or not places <= set(range(len(question.options))):
        raise AnswersDoNotFit("Name options that there are, each once.", field=field)
    if not places or (question.kind == "single" and len(places) > 1):
        raise AnswersDoNotFit("A single choice is one option; else choose some.", field=field)
