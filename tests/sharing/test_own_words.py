"""Own words, and words that were at hand."""

import pytest

from services.sharing.domain.own_words import is_own_words, similarity

SUGGESTED = (
    "Vi stoppede en mølle i seks dage for tre falkeunger, fordi naturen også skal have plads her."
)


@pytest.mark.parametrize(
    "text",
    [
        SUGGESTED,
        SUGGESTED.upper() + "!!!",
        f"{SUGGESTED} https://nordlys.example/r/abc",
        SUGGESTED.replace("mølle", "vindmølle"),
        f"Se her: {SUGGESTED}",
    ],
)
def test_the_suggestion_with_a_touch_is_still_the_suggestion(text: str) -> None:
    assert not is_own_words(text, [SUGGESTED])


@pytest.mark.parametrize(
    "text",
    [
        "Jeg kører forbi mølle 14 hver morgen. Nu ved jeg, hvorfor den stod stille i maj.",
        "Tre falkeunger! Og vi stoppede hele møllen. Det er jeg stolt af.",
        "🦅",
        "Stolt",
    ],
)
def test_a_story_told_anew_is_in_own_words(text: str) -> None:
    assert is_own_words(text, [SUGGESTED, ""])


def test_one_copied_suggestion_among_many_is_enough() -> None:
    assert not is_own_words("Læs om falken her", ["Noget andet", "Læs om falken her"])


def test_similarity_is_between_nothing_and_all_and_the_same_both_ways() -> None:
    one, other = "a b c d e f", "a b c d x y"

    assert similarity(one, one) == 1
    assert similarity(one, other) == similarity(other, one) == pytest.approx(2 / 6)
    assert similarity(one, "") == 0
