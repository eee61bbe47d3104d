"""The questions about comments on stories."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.comments import Anchor, Comment, CommentNotFound
from services.content.domain.stories import Author
from services.content.store.persons import is_person
from services.content.tables.comments import CommentRow


async def get_comment(session: AsyncSession, story_id: UUID, comment_id: UUID) -> Comment:
    """Read a comment, whose story is locked; raises CommentNotFound."""
    row = await session.get(CommentRow, (tenant_of(session), story_id, comment_id))
    if row is None:
        raise CommentNotFound(f"No comment {comment_id}.")
    named = select(PEOPLE.c.display_name).where(is_person(row.tenant_id, row.author_id))
    return _comment(row, (await session.exec(named)).first())


async def comments_on(
    session: AsyncSession, story_id: UUID, page: PageRequest, *, resolved: bool | None
) -> Sequence[Comment]:
    """Answer comments and replies, oldest first: one more than the page holds."""
    question = (
        select(CommentRow, PEOPLE.c.display_name)
        .outerjoin(PEOPLE, is_person(col(CommentRow.tenant_id), col(CommentRow.author_id)))
        .where(col(CommentRow.story_id) == story_id)
        .order_by(col(CommentRow.comment_id))
    )
    if (after := page.after_id()) is not None:
        question = question.where(col(CommentRow.comment_id) > after)
    if resolved is not None:
        # A reply is neither: it belongs to what it answers.
        is_open = col(CommentRow.resolved_at).is_(None)
        question = question.where(
            col(CommentRow.parent_id).is_(None), ~is_open if resolved else is_open
        )
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_comment(row, name) for row, name in rows]


async def count_comments(session: AsyncSession, story_id: UUID) -> int:
    """Answer how many comments and replies a story has."""
    question = select(func.count()).where(col(CommentRow.story_id) == story_id)
    return (await session.exec(question)).one()


async def unresolved_comments(session: AsyncSession, story_id: UUID) -> int:
    """Answer how many comments on a story wait to be resolved."""
    question = select(func.count()).where(
        col(CommentRow.story_id) == story_id,
        col(CommentRow.resolved_at).is_(None),
        col(CommentRow.parent_id).is_(None),
    )
    return (await session.exec(question)).one()


async def save_comment(session: AsyncSession, story_id: UUID, comment: Comment) -> None:
    """Save a comment."""
    fields = {**asdict(comment), **asdict(comment.anchor), "author_id": comment.author.person_id}
    del fields["author"], fields["anchor"]
    await session.merge(CommentRow(tenant_id=tenant_of(session), story_id=story_id, **fields))


def _comment(row: CommentRow, display_name: str | None) -> Comment:
    return Comment(
        comment_id=row.comment_id,
        parent_id=row.parent_id,
        version=row.version,
        author=Author(row.author_id, display_name),
        anchor=Anchor(row.pointer, row.begins, row.ends, row.excerpt),
        text=row.text,
        created_at=row.created_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
    )
