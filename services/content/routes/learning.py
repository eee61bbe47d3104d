"""Learning: lessons are answered and completed, by each person for themselves (C6, V1)."""

from typing import Annotated
from uuid import UUID

from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import learning
from services.content.domain.learning import Completion, CompletionCount, Progress
from services.content.domain.lessons import EDITORS, LessonNotFound
from services.content.schemas import learning as schemas
from services.content.store import learning as store
from services.content.use_cases import learning as use_cases

router = Router(prefix="/v1/lessons")

Counter = Annotated[Person, requires("analyst", *sorted(EDITORS))]


@router.post(
    "/{lesson_id}/answers",
    response_model=schemas.AnsweredView,
    **refuses(
        LessonNotFound, learning.LessonChanged, learning.AnswersDoNotFit, learning.TooManyTries
    ),
)
async def answer_lesson(
    lesson_id: UUID, body: schemas.AnswersIn, me: Me, session: Transaction, clock: Now
) -> schemas.AnsweredView:
    """Answer a lesson's questions and hear what was right, and why; all right completes it."""
    answered = await use_cases.answer_lesson(
        session, clock, me, lesson_id, body.answers, version=body.version
    )
    return schemas.view_answered(answered)


@router.post(
    "/{lesson_id}/complete",
    response_model=schemas.ProgressView,
    **refuses(LessonNotFound, learning.LessonChanged, learning.LessonAsks),
)
async def complete_lesson(
    lesson_id: UUID, body: schemas.CompletionIn, me: Me, session: Transaction, clock: Now
) -> Progress:
    """Complete a lesson that asks nothing, once you have read it. Twice is the same as once."""
    return await use_cases.complete_lesson(session, clock, me, lesson_id, version=body.version)


@router.get(
    "/completions/mine", response_model=Page[schemas.CompletionView], **refuses(CursorUnreadable)
)
async def list_my_completions(page: Paging, me: Me, session: Transaction) -> Page[Completion]:
    """List what you have completed, the newest lesson first. Nobody else can ask for it."""
    found = await store.completions_of_person(session, me.person_id, page)
    return page_of(found, page.limit, lambda one: [one.lesson_id])


@router.get(
    "/{lesson_id}/completions",
    response_model=schemas.CompletionCountView,
    **refuses(LessonNotFound),
)
async def count_completions(lesson_id: UUID, _me: Counter, session: Transaction) -> CompletionCount:
    """Say how many have completed a lesson, never who; fewer than five are not counted."""
    return await use_cases.count_completions(session, lesson_id)
