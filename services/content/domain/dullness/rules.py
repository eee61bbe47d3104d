"""The rules by which a text is called dull, and how much each can weigh."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

RuleId = Literal[
    "press_release",
    "self_praise",
    "earnings",
    "no_person",
    "jargon",
    "passive",
    "long_sentences",
    "hard_words",
    "shouting",
    "hashtag_pile",
    "no_question",
    "bare_link",
]

Verdict = Literal["lively", "mixed", "dull"]

SCORE_MAX = 100
"""0 is lively, 100 is dull."""

MIXED_FROM = 12
DULL_FROM = 22
"""So much is a text with nobody in it that asks nothing (C5), or two habits of companies."""

SENTENCE_WORDS_MAX = 25
"""A longer sentence is read twice, or not to its end."""

LIX_MAX = 50
"""Beyond it a text is hard (Björnsson 1968: newspapers are at 45, official letters at 55)."""

LIX_WORDS_MIN = 20
"""Of fewer words a readability says nothing."""

LONG_WORD_LETTERS_MIN = 7
"""What LIX calls a long word."""

BARE_LINK_WORDS_MAX = 4
"""`Read more about it:` is no text yet."""

HASHTAGS_MAX = 5
"""More are noise; networks say three to five."""

EXCLAMATIONS_MAX = 1

CAPITALS_WORDS_MIN = 2
"""One word in capitals may be an abbreviation; two in a row are a shout."""

WORDS_PER_MEASURE = 100
"""Long texts are weighed by the hundred words, so that a long one is not dull for its length."""

Measure = Literal["each", "share", "whole"]
"""How findings become points: each weighs so much (per hundred words), or what share of sentences
they are in (half is all of it), or the whole text has it or not."""


@dataclass(frozen=True)
class Rule:
    """How much a rule weighs: up to `points_max`, and `points_each` where findings are counted."""

    points_max: int
    measure: Measure
    points_each: int = 0


RULES: Mapping[RuleId, Rule] = {
    "press_release": Rule(18, "each", 13),
    "self_praise": Rule(14, "each", 9),
    "earnings": Rule(14, "each", 8),
    "no_person": Rule(18, "whole"),
    "jargon": Rule(10, "each", 5),
    "passive": Rule(8, "share"),
    "long_sentences": Rule(6, "share"),
    "hard_words": Rule(3, "whole"),
    "shouting": Rule(3, "each", 2),
    "hashtag_pile": Rule(2, "whole"),
    "no_question": Rule(4, "whole"),
    # A link without a text: there is nothing that the other rules could be asked of.
    "bare_link": Rule(60, "whole"),
}

RULE_IDS: tuple[RuleId, ...] = get_args(RuleId)


@dataclass(frozen=True)
class RuleText:
    """What a rule says in one language: its name, why it matters, a dull line and a better one.

    `reason` is said of one finding; {n} is its number, where it has one.
    """

    name: str
    why: str
    reason: str
    dull: str
    better: str


def points_of(rule: Rule, found: int, *, words: int, sentences: int) -> int:
    """Answer how many points so many findings are, in a text of so many words and sentences."""
    if found == 0:
        return 0
    if rule.measure == "whole":
        return rule.points_max
    if rule.measure == "share":
        weighed = rule.points_max * 2 * found / max(sentences, 1)
    else:
        weighed = rule.points_each * found / max(1.0, words / WORDS_PER_MEASURE)
    return min(rule.points_max, max(1, round(weighed)))


def verdict_of(score: int) -> Verdict:
    """Answer a score in a word."""
    if score >= DULL_FROM:
        return "dull"
    return "mixed" if score >= MIXED_FROM else "lively"
