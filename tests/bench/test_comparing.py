"""A against B, round by round."""

import asyncio

import pytest

from bench.comparing import Bar, Contest, Sample, take_turns


def test_rounds_are_compared_one_by_one() -> None:
    contest = Contest("x", "ours", "theirs", "per second", Bar(">=", 0.5))

    # The machine was slow in the second round, for both.
    line = contest.told([80.0, 6.0, 90.0], [100.0, 10.0, 100.0])

    assert (line.ratio, line.spread, line.rounds) == (0.8, (0.6, 0.9), 3)
    assert (line.a_median, line.b_median) == (80.0, 100.0)
    assert (line.bar, line.reached) == (">= 0.5", True)


def test_a_bar_that_is_missed_is_told_as_missed() -> None:
    line = Contest("x", "ours", "theirs", "per second", Bar(">=", 0.9)).told([8.0], [10.0])

    assert line.reached is False


def test_without_anything_to_compare_with_the_figure_is_told() -> None:
    line = Contest("x", "a start", None, "s", Bar("<=", 10)).told([4.0, 12.0, 6.0])

    assert (line.a_median, line.ratio, line.spread) == (6.0, None, (4.0, 12.0))
    assert line.reached is True


def test_what_cannot_be_measured_here_says_so() -> None:
    contest = Contest("x", "ours", "through nginx", "per second", Bar(">=", 0.9))

    line = contest.not_measured("nginx is not on the PATH")

    assert (line.ratio, line.reached, line.rounds) == (None, None, 0)
    assert line.note == "not measured here: nginx is not on the PATH"


@pytest.mark.parametrize(
    ("bar", "figure", "reached"),
    [
        (Bar(">=", 2), 2.0, True),
        (Bar(">=", 2), 1.99, False),
        (Bar("<=", 50), 50.0, True),
        (Bar("<=", 50), 50.1, False),
    ],
)
def test_a_bar_has_a_side(bar: Bar, figure: float, reached: bool) -> None:
    assert bar.reached_by(figure) is reached


async def test_sides_take_turns_and_the_first_turn_does_not_count() -> None:
    turns: list[str] = []

    def side(name: str) -> "asyncio.Future[Sample]":
        turns.append(name)
        found: asyncio.Future[Sample] = asyncio.get_running_loop().create_future()
        found.set_result({"turn": len(turns)})
        return found

    taken = await take_turns(2, lambda: side("A"), lambda: side("B"))

    assert turns == ["A", "B"] * 3
    assert taken.of(0, "turn") == [3, 5]
    assert taken.of(1, "turn") == [4, 6]
