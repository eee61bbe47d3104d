"""The shape of a hand-over."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.schemas import InShape
from services.content.schemas.fields import ReviewComment

NewAuthor = Annotated[
    UUID,
    Field(
        description="Somebody active who may write stories: an employee or an author.",
        examples=["0196a4c0-0000-7000-8000-000000000000"],
    ),
]


class HandOverIn(InShape):
    """Who goes on with a story, and why."""

    to_person_id: NewAuthor
    comment: ReviewComment | None = None
