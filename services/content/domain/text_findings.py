"""What guidelines find in a story, field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.errors import Refusal
from contracts.checks.checking import (
    FINDINGS_SHOWN_MAX,
    TEXT_CHARS_MAX,
    Finding,
    Held,
    HeldRules,
    check_held,
)
from contracts.checks.reading import Reading
from contracts.checks.rules import Confidential, Links
from contracts.checks.seen import Seen
from services.content.domain.languages import check_language
from services.content.domain.passages import Passage, passages
from services.content.domain.texts import Content


class StoryAgainstGuidelines(Refusal):
    """The story says what a guideline refuses; `findings` say what, where and why."""

    kind = "conflict"
    title = "Story is against the guidelines"


@dataclass(frozen=True)
class Located:
    """What a guideline finds, and in which field of what was checked."""

    pointer: str
    held: Held


@dataclass(frozen=True)
class Findings:
    """What was found, the first of them; `total` counts all."""

    findings: tuple[Located, ...]
    total: int


def in_text(
    text: str, held: HeldRules, *, network: str | None, language: str, at: datetime
) -> Findings:
    """Answer what guidelines find in one text; raises LanguageUnknown."""
    check_language(language, field="/language")
    return _first(_in_passage(Passage("/text", text, network, language), held, at))


def in_story(content: Content, held: HeldRules, *, at: datetime) -> Findings:
    """Answer what guidelines find in all that a story says."""
    return _first(
        [found for passage in passages(content) for found in _in_passage(passage, held, at)]
    )


def check_story(content: Content, held: HeldRules, *, at: datetime) -> None:
    """Check that a story says nothing that a guideline refuses; raises StoryAgainstGuidelines."""
    refusing = {
        guideline_id: tuple(rule for rule in rules if rule.severity == "refuse")
        for guideline_id, rules in held.items()
    }
    found = in_story(content, refusing, at=at)
    if found.total:
        raise StoryAgainstGuidelines(
            "Change the story first.",
            findings=[{"pointer": one.pointer, **one.held.plain()} for one in found.findings],
            total=found.total,
        )


def _in_passage(passage: Passage, held: HeldRules, at: datetime) -> list[Located]:
    if passage.is_link:
        # An address is not wording; what counts is where it leads, and that it tells no secret.
        held = {
            guideline_id: [rule for rule in rules if isinstance(rule, Links | Confidential)]
            for guideline_id, rules in held.items()
        }
    check = partial(
        check_held, held=held, network=passage.network, language=passage.language, at=at
    )
    found = check(passage.text)
    for seen in passage.seen:
        found += _not_yet(found, _in_place(check(seen.text[:TEXT_CHARS_MAX]), seen, passage.text))
    found.sort(key=lambda one: (one.finding.start, one.finding.end, one.finding.rule_id))
    return [Located(passage.pointer, one) for one in found]


def _in_place(found: Sequence[Held], seen: Seen, text: str) -> Iterator[Held]:
    """Answer what was found in what a reader sees, by its places in what is written."""
    written = Reading(text)
    for one in found:
        # What is missing has no place, and is missing of what is written as well.
        if one.finding.start < one.finding.end:
            start, end = seen.place(one.finding.start, one.finding.end)
            places = {
                "start": start,
                "end": end,
                "start_utf16": written.utf16(start),
                "end_utf16": written.utf16(end),
                "excerpt": text[start:end],
            }
            yield replace(one, finding=one.finding.model_copy(update=places))


def _not_yet(known: Sequence[Held], others: Iterator[Held]) -> list[Held]:
    """Answer those of other findings that are not known, maybe at a somewhat different place."""
    places: dict[tuple[UUID, str], list[Finding]] = {}
    for one in known:
        places.setdefault((one.guideline_id, one.finding.rule_id), []).append(one.finding)
    return [
        other
        for other in others
        if not any(
            one.start < other.finding.end and other.finding.start < one.end
            for one in places.get((other.guideline_id, other.finding.rule_id), ())
        )
    ]


def _first(found: Sequence[Located]) -> Findings:
    return Findings(tuple(found[:FINDINGS_SHOWN_MAX]), len(found))
