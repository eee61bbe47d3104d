"""Lessons: written, published, read, retired (C6)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.markdown import MarkdownUnsafe
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import lessons
from services.content.domain.lessons import LessonLine, LessonNotFound, LessonRetired, LessonState
from services.content.schemas import lessons as schemas
from services.content.store import lessons as store
from services.content.use_cases import lessons as use_cases

router = Router(prefix="/v1/lessons")

Editor = Annotated[Person, requires(*sorted(lessons.EDITORS))]

LessonAsRead = Annotated[IfMatch, if_match(schemas.view_manuscript)]

LanguageFilter = Annotated[
    str | None,
    Query(
        max_length=35,
        pattern=r"^(\*|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$",
        description="Whatever the region; `*` for all. Left out: yours, as far as it is known.",
    ),
]

TopicFilter = Annotated[
    str | None, Query(max_length=50, pattern=r"^[^\x00]*$", description="Exactly this topic.")
]

CompletedFilter = Annotated[
    bool | None, Query(description="Only those that you have completed, or have not yet.")
]

_CONTENT_REFUSALS = (MarkdownUnsafe, lessons.QuestionUnfair, lessons.RoleRepeated)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.LessonView,
    response_class=Versioned,
    **refuses(*_CONTENT_REFUSALS),
)
async def write_lesson(
    body: schemas.LessonIn, _me: Editor, session: Transaction, clock: Now
) -> schemas.LessonView:
    """Begin a lesson. Only those who write lessons see it before it is published."""
    lesson = await use_cases.write_lesson(session, clock, body.model_dump())
    return schemas.view_manuscript(lesson)


@router.get("", response_model=Page[schemas.LessonLineView], **refuses(CursorUnreadable))
async def list_lessons(
    page: Paging,
    me: Me,
    session: Transaction,
    language: LanguageFilter = None,
    topic: TopicFilter = None,
    completed: CompletedFilter = None,
    state: Annotated[LessonState | None, Query(description="Only those in this state.")] = None,
) -> Page[LessonLine]:
    """List the lessons for your roles and language, by topic and in their order.

    Those who write lessons see all, in the version being written.
    """
    found = await use_cases.list_lessons(
        session, me, page, language=language, topic=topic, completed=completed, state=state
    )
    return page_of(found, page.limit, store.remember)


@router.get(
    "/{lesson_id}",
    response_model=schemas.LessonView,
    response_class=Versioned,
    **refuses(LessonNotFound),
)
async def read_lesson(lesson_id: UUID, me: Me, session: Transaction) -> schemas.LessonView:
    """Read a lesson. What is right is told after you have answered."""
    return schemas.view_lesson(await use_cases.read_lesson(session, me, lesson_id), me)


@router.patch(
    "/{lesson_id}",
    response_model=schemas.LessonView,
    response_class=Versioned,
    **refuses(LessonNotFound, LessonRetired, *_CONTENT_REFUSALS, *preconditions.REFUSALS),
)
async def edit_lesson(
    lesson_id: UUID,
    body: schemas.LessonChangesIn,
    _me: Editor,
    expected: LessonAsRead,
    session: Transaction,
) -> schemas.LessonView:
    """Change a lesson; what is published stays as it is until you publish the change."""
    changes = body.model_dump(include=body.model_fields_set)
    lesson = await use_cases.edit_lesson(session, lesson_id, changes, expected)
    return schemas.view_manuscript(lesson)


@router.post(
    "/{lesson_id}/publish",
    response_model=schemas.LessonView,
    response_class=Versioned,
    **refuses(LessonNotFound, LessonRetired),
)
async def publish_lesson(
    lesson_id: UUID, _me: Editor, session: Transaction, clock: Now
) -> schemas.LessonView:
    """Let a lesson be read as it is now. Who completed an earlier version still has."""
    return schemas.view_manuscript(await use_cases.publish_lesson(session, clock, lesson_id))


@router.post(
    "/{lesson_id}/retire",
    response_model=schemas.LessonView,
    response_class=Versioned,
    **refuses(LessonNotFound),
)
async def retire_lesson(lesson_id: UUID, _me: Editor, session: Transaction) -> schemas.LessonView:
    """Take a lesson away, for good; completions stay. Retiring twice is the same as once."""
    return schemas.view_manuscript(await use_cases.retire_lesson(session, lesson_id))
