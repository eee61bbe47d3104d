"""Lists come in pages: `?limit&cursor` in, `{items, next_cursor}` out."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from chassis.errors import Refusal
from chassis.schemas import storable

LIMIT_DEFAULT = 20
LIMIT_MAX = 100
"""A page of the largest rows stays under a megabyte."""

CURSOR_CHARS_MAX = 400

NUMBER_MAX = 2**31 - 1
"""PostgreSQL's integer."""

T = TypeVar("T")


class CursorUnreadable(Refusal):
    """A cursor is only ever what a page before has answered."""

    kind = "malformed"
    title = "Cursor cannot be read"


class Page(BaseModel, Generic[T]):
    """One page of a list. `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True)
class PageRequest:
    """Which page is asked for; `after` holds what the cursor remembers, or None at the start."""

    limit: int
    after: tuple[str, ...] | None

    def after_id(self) -> UUID | None:
        """Answer the id to go on after, for lists in the order of ids."""
        if self.after is None:
            return None
        try:
            return UUID(self.after[0])
        except (ValueError, IndexError) as error:
            raise CursorUnreadable("This cursor belongs to another list.") from error

    def after_number(self) -> int | None:
        """Answer the number to go on after, for lists in the order of small numbers."""
        if self.after is None:
            return None
        try:
            number = int(self.after[0])
        except (ValueError, IndexError) as error:
            raise CursorUnreadable("This cursor belongs to another list.") from error
        if not 0 <= number <= NUMBER_MAX:
            raise CursorUnreadable("This cursor belongs to another list.")
        return number


async def read_page_request(
    limit: Annotated[
        int, Query(ge=1, le=LIMIT_MAX, description="How many items at most.")
    ] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None,
        Query(max_length=CURSOR_CHARS_MAX, description="`next_cursor` of the page before."),
    ] = None,
) -> PageRequest:
    """Read the page that a request asks for."""
    return PageRequest(limit, None if cursor is None else decode(cursor))


Paging = Annotated[PageRequest, Depends(read_page_request)]


def encode(*remembered: object) -> str:
    """Answer the cursor that remembers where a page ended."""
    text = json.dumps([str(part) for part in remembered], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[str, ...]:
    """Answer what a cursor remembers; raises CursorUnreadable."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        remembered = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise CursorUnreadable("Pass a cursor on as it was answered.") from error
    if not isinstance(remembered, list) or not all(isinstance(one, str) for one in remembered):
        raise CursorUnreadable("Pass a cursor on as it was answered.")
    if not all(storable(one) for one in remembered):
        raise CursorUnreadable("Pass a cursor on as it was answered.")
    return tuple(remembered)


def instant_of(remembered: str) -> datetime:
    """Answer the instant that a cursor remembers, in UTC; raises ValueError where it is none.

    An offset that is no country's leads beyond what a database takes, or beyond all calendars.
    """
    instant = datetime.fromisoformat(remembered)
    if instant.tzinfo is None:
        raise ValueError("An instant has its zone.")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("An instant is within the calendar.") from error


def page_of(rows: Sequence[T], limit: int, remember: Callable[[T], Sequence[object]]) -> Page[T]:
    """Make a page of up to `limit` + 1 rows; the one too many says that there is a next page."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode(*remember(items[-1])) if more else None)
