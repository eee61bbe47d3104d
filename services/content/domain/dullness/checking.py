"""The check itself: a score made of named parts that add up, and every finding with its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from chassis.errors import Refusal
from services.content.domain.dullness import danish, english
from services.content.domain.dullness.lexicon import Lexicon
from services.content.domain.dullness.reading import Place, Span, places, read
from services.content.domain.dullness.rules import (
    RULES,
    RuleId,
    RuleText,
    Verdict,
    points_of,
    verdict_of,
)
from services.content.domain.dullness.signals import SIGNALS, Hit, is_bare_link

Language = Literal["da", "en"]
"""The languages whose words are known here; a text in another one is not given a wrong score."""

LEXICONS: Mapping[Language, Lexicon] = {"da": danish.LEXICON, "en": english.LEXICON}

FINDINGS_MAX = 100
"""Shown of one text; whoever has mended so many asks again. All of them are counted."""


class NothingToCheck(Refusal):
    """An empty text is neither dull nor lively."""

    kind = "invalid"
    title = "There is nothing to check"


@dataclass(frozen=True)
class Finding:
    """What a rule says of one place, or of the whole text where it has none."""

    rule: RuleId
    place: Place | None
    excerpt: str | None
    number: int
    alternative: str | None


@dataclass(frozen=True)
class Part:
    """What a rule adds to the score, of how much at most, for how many findings."""

    rule: RuleId
    points: int
    points_max: int
    found: int


@dataclass(frozen=True)
class Dullness:
    """How dull a text is, from 0 to 100: the sum of its parts."""

    language: Language
    score: int
    verdict: Verdict
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]


def checked_language(tag: str | None) -> Language | None:
    """Answer the language of a BCP 47 tag, whatever its region, if texts in it are checked."""
    primary = (tag or "").split("-")[0].lower()
    return next((one for one in get_args(Language) if one == primary), None)


def check(text: str, language: Language) -> Dullness:
    """Check a text; raises NothingToCheck. The same text is always answered the same."""
    if not text.strip():
        raise NothingToCheck("Write something first.", field="/text")
    lexicon = LEXICONS[language]
    reading = read(text, lexicon.abbreviations)
    bare = is_bare_link(reading)
    hits: dict[RuleId, list[Hit]] = {
        rule: list(find(reading, lexicon))
        for rule, find in SIGNALS.items()
        if (rule == "bare_link") == bare
    }
    words, sentences = reading.words_count, len(reading.sentences)
    parts = tuple(
        Part(
            rule,
            points_of(RULES[rule], len(found), words=words, sentences=sentences),
            RULES[rule].points_max,
            len(found),
        )
        for rule, found in hits.items()
        if found
    )
    score = sum(part.points for part in parts)
    return Dullness(language, score, verdict_of(score), parts, _findings(text, hits))


def say(finding: Finding, reader: Language) -> str:
    """Answer the reason for a finding in the reader's language."""
    return text_of(finding.rule, reader).reason.format(n=finding.number)


def text_of(rule: RuleId, language: Language) -> RuleText:
    """Answer what a rule says in a language."""
    return LEXICONS[language].texts[rule]


def _findings(text: str, hits: Mapping[RuleId, list[Hit]]) -> tuple[Finding, ...]:
    """Answer the findings in the order of the text; what it lacks as a whole comes first."""
    all_hits = [(rule, hit) for rule, found in hits.items() for hit in found]
    all_hits.sort(key=lambda one: one[1].span or Span(-1, -1))
    shown = all_hits[:FINDINGS_MAX]
    placed = iter(places(text, [hit.span for _, hit in shown if hit.span is not None]))
    return tuple(
        Finding(
            rule=rule,
            place=next(placed) if hit.span else None,
            excerpt=text[hit.span.start : hit.span.end] if hit.span else None,
            number=hit.number,
            alternative=hit.alternative,
        )
        for rule, hit in shown
    )
