"""Comments on a story that is being written or reviewed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import comments, life
from services.content.domain.stories import StoryNotFound
from services.content.schemas.comments import CommentIn, CommentView, view_comment
from services.content.use_cases import comments as use_cases

router = Router(prefix="/v1/stories/{story_id}/comments")

_SETTLE_REFUSALS = (
    StoryNotFound,
    life.NotAllowedOnStory,
    comments.CommentNotFound,
    comments.ReplyToReply,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=CommentView,
    **refuses(
        StoryNotFound,
        life.NotAllowedOnStory,
        comments.CommentNotFound,
        comments.FieldUnknown,
        comments.OffsetsOutside,
        comments.ExcerptDiffers,
        comments.ReplyToReply,
        comments.CommentsTooMany,
    ),
)
async def comment_on_story(
    story_id: UUID, body: CommentIn, me: Me, session: Transaction, clock: Now
) -> CommentView:
    """Say something about a place in the working version, or answer a comment.

    Only those who see that version read it. Offsets count characters (Unicode code points).
    """
    comment = await use_cases.comment_on_story(
        session, clock, me, story_id, body.anchor(), text=body.text, parent_id=body.parent_id
    )
    return view_comment(comment)


@router.get(
    "",
    response_model=Page[CommentView],
    **refuses(CursorUnreadable, StoryNotFound, life.NotAllowedOnStory),
)
async def list_comments(
    story_id: UUID,
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    resolved: Annotated[
        bool | None, Query(description="Only comments, not replies, that are or are not.")
    ] = None,
) -> Page[CommentView]:
    """Read what was said about a story, oldest first, replies among it."""
    found = await use_cases.read_comments(session, clock, me, story_id, page, resolved=resolved)
    shown = [view_comment(one) for one in found]
    return page_of(shown, page.limit, lambda comment: [comment.comment_id])


@router.post("/{comment_id}/resolve", response_model=CommentView, **refuses(*_SETTLE_REFUSALS))
async def resolve_comment(
    story_id: UUID, comment_id: UUID, me: Me, session: Transaction, clock: Now
) -> CommentView:
    """Resolve a comment, with its replies. Resolving twice is the same as once."""
    return view_comment(
        await use_cases.settle_comment(session, clock, me, story_id, comment_id, resolved=True)
    )


@router.post("/{comment_id}/reopen", response_model=CommentView, **refuses(*_SETTLE_REFUSALS))
async def reopen_comment(
    story_id: UUID, comment_id: UUID, me: Me, session: Transaction, clock: Now
) -> CommentView:
    """Open a comment again. Opening twice is the same as once."""
    return view_comment(
        await use_cases.settle_comment(session, clock, me, story_id, comment_id, resolved=False)
    )
