"""What a lesson is, whom it is for, and the life it has (C6)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis import markdown
from chassis.errors import Refusal
from services.content.domain.stories import Actor

LessonState = Literal["working", "published", "retired"]
QuestionKind = Literal["single", "multiple"]

EDITORS = frozenset({"admin", "program_manager"})
"""They write lessons, and see all of them."""

QUESTIONS_MAX = 3
"""A lesson takes minutes; whoever wants to examine people wants another system."""

OPTIONS_MIN = 2
OPTIONS_MAX = 6
"""More is a test of patience."""

MINUTES_MAX = 30
"""A short lesson; a longer one is a course of several."""


class LessonNotFound(Refusal):
    """There is no such lesson in your tenant, or none for your roles."""

    kind = "not_found"
    title = "Lesson not found"


class LessonRetired(Refusal):
    """A retired lesson stays as it was; write another."""

    kind = "conflict"
    title = "Lesson is retired"


class QuestionUnfair(Refusal):
    """A question has different options, one right one if it is single, and else one at least."""

    kind = "invalid"
    title = "Question cannot be answered rightly"


class RoleRepeated(Refusal):
    """A role is named once."""

    kind = "invalid"
    title = "Role is named twice"


@dataclass(frozen=True)
class Question:
    """A question, its options, which of them are right (counted from 0), and why."""

    kind: str
    text: str
    options: tuple[str, ...]
    right: tuple[int, ...]
    explanation: str


@dataclass(frozen=True)
class LessonContent:
    """What a lesson says, whom it is for (no roles: everybody), and its place in a topic."""

    title: str
    text: str
    language: str
    topic: str
    position: int
    minutes: int
    roles: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class LessonVersion:
    """One version of a lesson, and what it says."""

    version: int
    content: LessonContent


@dataclass(frozen=True)
class Lesson:
    """A lesson: the version that is being written, and the one that is published, if any."""

    lesson_id: UUID
    state: LessonState
    working: LessonVersion
    live: LessonVersion | None
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True)
class LessonLine:
    """A lesson in a list, as whoever asks may see it, and when they completed it."""

    lesson_id: UUID
    state: LessonState
    version: int
    live_version: int | None
    title: str
    language: str
    topic: str
    position: int
    minutes: int
    roles: tuple[str, ...]
    questions: int
    completed_at: datetime | None


def compose(fields: Mapping[str, Any]) -> LessonContent:
    """Make content of plain fields, as they come from a request or from a row."""
    return LessonContent(
        title=fields["title"],
        text=fields["text"],
        language=fields["language"],
        topic=fields["topic"],
        position=fields["position"],
        minutes=fields["minutes"],
        roles=tuple(fields["roles"]),
        questions=tuple(
            Question(
                kind=one["kind"],
                text=one["text"],
                options=tuple(one["options"]),
                right=tuple(one["right"]),
                explanation=one["explanation"],
            )
            for one in fields["questions"]
        ),
    )


def check(content: LessonContent) -> None:
    """Check what a schema cannot: the Markdown, and that questions can be answered rightly."""
    markdown.check(content.text, field="/text")
    if len(set(content.roles)) < len(content.roles):
        raise RoleRepeated("Name each role once.", field="/roles")
    for index, question in enumerate(content.questions):
        _check_question(question, f"/questions/{index}")


def write(lesson_id: UUID, content: LessonContent, *, at: datetime) -> Lesson:
    """Begin a lesson; only editors see it before it is published."""
    check(content)
    return Lesson(lesson_id, "working", LessonVersion(1, content), None, at, None)


def edit(lesson: Lesson, changes: Mapping[str, Any]) -> Lesson:
    """Change the working version; of a published one the next is begun, and it stays as it is."""
    _check_not_retired(lesson)
    content = compose({**asdict(lesson.working.content), **changes})
    check(content)
    if content == lesson.working.content:
        return lesson
    begun = lesson.live is not None and lesson.working.version == lesson.live.version
    return replace(lesson, working=LessonVersion(lesson.working.version + begun, content))


def publish(lesson: Lesson, *, at: datetime) -> Lesson:
    """Let the working version be read. Doing so twice is once: the lesson itself comes back."""
    _check_not_retired(lesson)
    if lesson.live == lesson.working:
        return lesson
    return replace(lesson, state="published", live=lesson.working, published_at=at)


def retire(lesson: Lesson) -> Lesson:
    """Take a lesson away for good; who has completed it, has. Twice is once."""
    return lesson if lesson.state == "retired" else replace(lesson, state="retired")


def edits(actor: Actor) -> bool:
    """Answer whether somebody writes lessons."""
    return bool(actor.roles & EDITORS)


def seen_by(lesson: Lesson, actor: Actor) -> Lesson:
    """Answer the lesson as somebody may see it: most see the published version, if for them."""
    return lesson if edits(actor) else taken_by(lesson, actor)


def taken_by(lesson: Lesson, actor: Actor) -> Lesson:
    """Answer the lesson as somebody takes it: its published version; raises LessonNotFound."""
    live = lesson.live
    if lesson.state != "published" or live is None or not _is_for(live.content, actor):
        raise LessonNotFound(f"No lesson {lesson.lesson_id}.")
    return replace(lesson, working=live)


def _is_for(content: LessonContent, actor: Actor) -> bool:
    # Who writes lessons can take them all, to see how they are.
    return not content.roles or edits(actor) or bool(actor.roles & set(content.roles))


def _check_not_retired(lesson: Lesson) -> None:
    if lesson.state == "retired":
        raise LessonRetired("This lesson was retired.")


def _check_question(question: Question, field: str) -> None:
    if len(set(question.options)) < len(question.options):
        raise QuestionUnfair("Two options are the same.", field=f"{field}/options")
    right = set(question.right)
    if len(right) < len(question.right) or not right <= set(range(len(question.options))):
        raise QuestionUnfair("Name each right option once, by its place.", field=f"{field}/right")
    if not right or (question.kind == "single" and len(right) > 1):
        raise QuestionUnfair("A single choice has one right option.", field=f"{field}/right")
