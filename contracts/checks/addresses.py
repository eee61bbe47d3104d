"""How languages address a reader: words of the familiar and of the polite way, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.checks.rules import Form


@dataclass(frozen=True)
class Way:
    """The words of one way, each with what the other way says in its place.

    Where only a capital tells it from other words (`De` from `de`), it counts within a sentence
    alone: at its beginning nobody knows.
    """

    words: Mapping[str, str]
    by_capital: bool = False


_NORWEGIAN: Mapping[Form, Way] = {
    "informal": Way({"du": "De", "deg": "Dem", "din": "Deres", "ditt": "Deres", "dine": "Deres"}),
    "formal": Way({"De": "du", "Dem": "deg", "Deres": "din, ditt, dine"}, by_capital=True),
}
_DANISH = {"du": "De", "dig": "Dem", "din": "Deres", "dit": "Deres", "dine": "Deres"}
_DANISH_POLITE = {"De": "du", "Dem": "dig", "Deres": "din, dit, dine"}

WAYS: Mapping[str, Mapping[Form, Way]] = {
    "da": {"informal": Way(_DANISH), "formal": Way(_DANISH_POLITE, by_capital=True)},
    "de": {
        "informal": Way({
            "du": "Sie", "dich": "Sie", "dir": "Ihnen", "dein": "Ihr", "deine": "Ihre",
            "deinen": "Ihren", "deinem": "Ihrem", "deiner": "Ihrer", "deines": "Ihres",
            "euch": "Sie, Ihnen", "euer": "Ihr", "eure": "Ihre", "euren": "Ihren",
            "eurem": "Ihrem", "eurer": "Ihrer",
        }),
        "formal": Way({
            "Sie": "du, ihr", "Ihnen": "dir, euch", "Ihr": "dein, euer", "Ihre": "deine, eure",
            "Ihren": "deinen, euren", "Ihrem": "deinem, eurem", "Ihrer": "deiner, eurer",
            "Ihres": "deines, eures",
        }, by_capital=True),
    },
    "fr": {
        "informal": Way({
            "tu": "vous", "toi": "vous", "te": "vous", "ton": "votre", "ta": "votre",
            "tes": "vos",
        }),
        "formal": Way({"vous": "tu, toi", "votre": "ton, ta", "vos": "tes"}),
    },
    "nl": {
        "informal": Way({"je": "u", "jij": "u", "jou": "u", "jouw": "uw"}),
        "formal": Way({"u": "je", "uw": "je, jouw"}),
    },
    "nb": _NORWEGIAN,
    "no": _NORWEGIAN,
}  # fmt: skip
"""By primary language. English, and who else knows one way only, is not in it."""


def ways_of(language: str) -> Mapping[Form, Way] | None:
    """Answer the two ways of a language, or None where there is one."""
    return WAYS.get(language.partition("-")[0].lower())
