"""Until when a picture may be shown: as long as what it is used for is permitted, or renewed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.content.domain.permissions import (
    ASKED_AGAIN_AFTER,
    MediaPurpose,
    Permission,
    Use,
    asked_next,
    have_run_out,
    uses_of,
)

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
ALL: tuple[MediaPurpose, ...] = ("internal", "social_media")


def day(number: int) -> datetime:
    """Answer noon so many days from the first."""
    return NOON + timedelta(days=number)


def a_permission(
    whose: str,
    start: int,
    end: int | None,
    purposes: tuple[MediaPurpose, ...] = ("social_media",),
    networks: tuple[str, ...] = (),
    *,
    taken_back: bool = False,
) -> Permission:
    return Permission(
        permission_id=UUID(int=1),
        media_id=UUID(int=2),
        person_id=None,
        outside_name=whose,
        purposes=purposes,
        networks=networks,
        holds_from=day(start),
        holds_until=None if end is None else day(end),
        how_given="By mail",
        recorded_by=UUID(int=3),
        recorded_at=NOON,
        withdrawn_at=NOON if taken_back else None,
    )


IN, X = ("linkedin",), ("x",)

CASES: dict[str, tuple[list[Permission], int | None]] = {
    "nobody is shown": ([], None),
    "for ever": ([a_permission("karen", 0, None)], None),
    "until then": ([a_permission("karen", 0, 1)], 1),
    "the first of two people": ([a_permission("karen", 0, 1), a_permission("jens", 0, 2)], 1),
    "the only one of two people": ([a_permission("karen", 0, 3), a_permission("jens", 0, None)], 3),
    "a longer one beside it": ([a_permission("karen", 0, 1), a_permission("karen", 0, 2)], 2),
    "a name in other letters": (
        [a_permission("karen", 0, 1), a_permission("Karen", 0, None)],
        None,
    ),
    "renewed before its end": ([a_permission("karen", 0, 2), a_permission("karen", 1, 5)], 5),
    "renewed at its very end": ([a_permission("karen", 0, 2), a_permission("karen", 2, 5)], 5),
    "renewed twice": (
        [a_permission("karen", 4, 6), a_permission("karen", 0, 2), a_permission("karen", 2, 4)],
        6,
    ),
    "renewed after a gap": ([a_permission("karen", 0, 2), a_permission("karen", 3, 5)], 2),
    "a gap in what was renewed": (
        [a_permission("karen", 0, 2), a_permission("karen", 2, 3), a_permission("karen", 4, None)],
        3,
    ),
    "a short one within a long one": (
        [a_permission("karen", 0, 9), a_permission("karen", 1, 2), a_permission("karen", 9, 12)],
        12,
    ),
    "renewed by somebody else": ([a_permission("karen", 0, 2), a_permission("jens", 2, 5)], 2),
    "renewed and taken back": (
        [a_permission("karen", 0, 2), a_permission("karen", 2, 5, taken_back=True)],
        2,
    ),
    "renewed for another purpose": (
        [a_permission("karen", 0, 2), a_permission("karen", 1, None, ("internal",))],
        2,
    ),
    "renewed for one of its purposes": (
        [a_permission("karen", 0, 2, ALL), a_permission("karen", 1, None)],
        2,
    ),
    "renewed purpose by purpose": (
        [
            a_permission("karen", 0, 2, ALL),
            a_permission("karen", 1, 7),
            a_permission("karen", 1, 8, ("internal",)),
        ],
        7,
    ),
    "any network renewed for one": (
        [a_permission("karen", 0, 2), a_permission("karen", 1, None, networks=IN)],
        2,
    ),
    "one network renewed for another": (
        [a_permission("karen", 0, 2, networks=IN), a_permission("karen", 1, None, networks=X)],
        2,
    ),
    "one network renewed for any": (
        [a_permission("karen", 0, 2, networks=IN), a_permission("karen", 1, None)],
        None,
    ),
    "renewed network by network": (
        [
            a_permission("karen", 0, 2, networks=IN + X),
            a_permission("karen", 1, 4, networks=IN),
            a_permission("karen", 2, 6, networks=X),
        ],
        4,
    ),
}


EVERYTHING: frozenset[Use] = frozenset(
    (purpose, network) for purpose in (*ALL, "recruiting") for network in (None, *IN, *X)
)

WHILE_NOTHING_IS_LIVE: dict[str, int | None] = {
    "renewed for another purpose": None,
    "renewed for one of its purposes": None,
    "renewed purpose by purpose": 8,
    "any network renewed for one": None,
    "one network renewed for another": None,
    "renewed network by network": 6,
}
"""Where it lasts longer than while live stories use it for everything."""


def over(permissions: list[Permission], uses: frozenset[Use]) -> datetime | None:
    """Answer when a worker finds that a picture may not be shown any more, who asks in time."""
    asked = asked_next(permissions)
    while asked and not have_run_out(permissions, uses, at=asked):
        asked = asked_next(permissions, after=asked)
    return asked


@pytest.mark.parametrize("case", CASES)
def test_a_picture_is_shown_until_the_first_use_ends_that_live_stories_make_of_it(
    case: str,
) -> None:
    permissions, ends = CASES[case]

    assert over(permissions, EVERYTHING) == (None if ends is None else day(ends))


@pytest.mark.parametrize("case", CASES)
def test_a_picture_that_no_story_shows_is_there_until_somebody_permits_nothing_any_more(
    case: str,
) -> None:
    permissions, ends = CASES[case]
    ends = WHILE_NOTHING_IS_LIVE.get(case, ends)

    assert over(permissions, frozenset()) == (None if ends is None else day(ends))


@pytest.mark.parametrize(
    ("kind", "networks", "ends"),
    [("article", (), None), ("job", (), 30), ("job", X, 30), ("job", IN, 40)],
)
def test_a_narrower_permission_ends_only_what_needs_it(
    kind: str, networks: tuple[str, ...], ends: int | None
) -> None:
    permissions = [
        a_permission("karen", 0, None),
        a_permission("karen", 0, 30, ("recruiting",)),
        a_permission("karen", 20, 40, ("recruiting",), networks=IN),
    ]

    found = over(permissions, uses_of(kind, networks))

    assert found == (None if ends is None else day(ends))


def test_what_goes_live_at_the_end_of_what_it_needs_is_found_soon_after() -> None:
    permissions = [a_permission("karen", 0, None), a_permission("karen", 0, 3, ("recruiting",))]

    asked = asked_next(permissions, after=day(3))

    assert asked == day(3) + ASKED_AGAIN_AFTER
    assert have_run_out(permissions, uses_of("job", ()), at=asked)
    assert asked_next(permissions, after=asked) is None


@pytest.mark.parametrize("before_the_last", [timedelta(), timedelta(minutes=1), timedelta(days=1)])
def test_for_ever_may_be_said_by_the_last_moment_there_is(before_the_last: timedelta) -> None:
    end = datetime.max.replace(tzinfo=UTC) - before_the_last
    permission = replace(a_permission("karen", 0, None), holds_until=end)

    soon_after = asked_next([permission], after=end)

    assert asked_next([permission]) == end
    assert soon_after is None or end < soon_after <= end + min(ASKED_AGAIN_AFTER, before_the_last)
    assert not have_run_out([permission], EVERYTHING, at=day(1_000_000))


@given(st.permutations(CASES["renewed network by network"][0] + CASES["renewed twice"][0]))
def test_in_which_order_permissions_were_recorded_makes_no_difference(
    permissions: list[Permission],
) -> None:
    assert over(permissions, EVERYTHING) == day(6)
