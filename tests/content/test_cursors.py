"""A cursor is only ever what the same list has answered, and whatever else it is, is refused."""

from uuid import UUID

import pytest

from chassis.paging import encode
from tests.content.conftest import Newsroom, done
from tests.world import problem_of

ID = "01a223bc-d069-725f-8596-1bf38e78d917"
CURSORS = {
    "of another order": ["oldest", "", ID],
    "of no story": ["title", "a", "b"],
    "of no title": ["title", "a" * 65, ID],
    "of no rank": ["relevance", "nan", ID],
    "of an endless rank": ["relevance", "1e999", ID],
    "of no day": ["expiring", "tomorrow", ID],
    "of a day without a zone": ["expiring", "2031-01-01", ID],
    "of a day before all days": ["expiring", "0001-01-01T00:00:00+23:59", ID],
    "too short": ["title"],
}


@pytest.mark.parametrize("cursor", CURSORS)
async def test_a_list_has_its_own_cursors(quiet_newsroom: Newsroom, cursor: str) -> None:
    sort = {"of another order": "newest"}.get(cursor, CURSORS[cursor][0])

    answer = await quiet_newsroom.as_("emil").get(
        "/v1/stories", sort=sort, q="a", cursor=encode(*CURSORS[cursor])
    )

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_an_instant_of_a_cursor_may_have_any_offset(quiet_newsroom: Newsroom) -> None:
    answer = await quiet_newsroom.as_("emil").get(
        "/v1/stories", sort="expiring", cursor=encode("expiring", "2030-01-01T00:00:00+20:00", ID)
    )

    assert done(answer)["items"] == []


@pytest.mark.parametrize(
    "remembered",
    [
        ("0001-01-01T00:00:00+23:59", UUID(int=1), 0),
        ("2031-01-01T00:00:00", UUID(int=1), 0),
        ("tomorrow", UUID(int=1), 0),
        ("2031-01-01T00:00:00Z", UUID(int=1), 2**40),
        ("2031-01-01T00:00:00Z", UUID(int=1)),
    ],
)
async def test_a_queue_has_its_own_cursors(
    quiet_newsroom: Newsroom, remembered: tuple[object, ...]
) -> None:
    answer = await quiet_newsroom.as_("ravi").get(
        "/v1/reviews", waiting_for="me", cursor=encode(*remembered)
    )

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")
