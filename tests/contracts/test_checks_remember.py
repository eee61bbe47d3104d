"""What rules name is made ready once, and one company does not push out another's."""

from uuid import UUID

import pytest

from contracts.checks.remembering import Names, Remembered


class Counted:
    """A function of names that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[Names] = []

    def __call__(self, names: Names, how: str) -> str:
        self.asked.append(names)
        return how.join(names)


def lists_of(company: int, count: int) -> list[Names]:
    return [(f"{UUID(int=company)}", f"{number}") for number in range(count)]


def test_names_are_made_ready_once_for_each_way_to_compare_them() -> None:
    made = Counted()
    remembered = Remembered(made, names_max=100)

    told = [remembered(("a", "b"), how) for how in ("-", "+", "-")]

    assert told == ["a-b", "a+b", "a-b"]
    assert len(made.asked) == 2


def test_companies_with_many_rules_that_write_in_turns_do_not_push_each_other_out() -> None:
    made = Counted()
    remembered = Remembered(made)
    first, second = lists_of(1, 300), lists_of(2, 300)

    for names in [*first, *second] * 3:
        remembered(names, "-")

    assert len(made.asked) == len(first) + len(second)


@pytest.mark.parametrize(
    ("names_max", "made_again"), [(5, ["b"]), (2, ["a", "b"]), (0, ["a", "b"])]
)
def test_what_was_asked_for_last_stays_as_long_as_there_is_room(
    names_max: int, made_again: list[str]
) -> None:
    made = Counted()
    remembered = Remembered(made, names_max=names_max)
    for one in "abac":
        remembered((one,), "-")
    known = len(made.asked)

    for one in "ab":
        remembered((one,), "-")

    assert [names[0] for names in made.asked[known:]] == made_again
