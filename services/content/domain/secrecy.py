"""Whether what everybody reads of guidelines tells what one of them calls confidential."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from chassis.errors import Refusal
from contracts.checks.checking import HeldRules
from contracts.checks.escapes import words_made_out
from contracts.checks.folding import Word, words_of
from contracts.checks.hyphens import APART
from contracts.checks.rules import Confidential, Rule
from contracts.checks.terms import Runs, make_ready, terms_of

Place = TypeVar("Place")
"""Where a text stands."""

Told = Iterable[tuple[str, str]]
"""The texts that everybody reads of a guideline, each with its place."""


class SecretTold(Refusal):
    """What everybody reads of a guideline names a term that the guideline calls confidential."""

    kind = "invalid"
    title = "Guideline tells its own secret"


class SecretOfAnotherTold(Refusal):
    """What everybody would read of a guideline names a term that another one keeps confidential."""

    kind = "conflict"
    title = "Guideline tells another's secret"


class SecretToldElsewhere(Refusal):
    """Everybody reads a term in another guideline that this one is to keep confidential."""

    kind = "conflict"
    title = "Another guideline tells the secret"


def check(rules: Iterable[Rule], told: Told, *, at: datetime) -> None:
    """Check that texts tell nothing that rules of their own guideline say is confidential."""
    if (found := _first_told(rules, told, at=at)) is not None:
        field, rule = found
        raise SecretTold(
            "Everybody reads this: say it without the term.", field=field, rule_id=rule.id
        )


def check_keeps(others: HeldRules, told: Told, *, at: datetime) -> None:
    """Check that texts tell nothing that the rules of other guidelines say is confidential."""
    rules = (rule for theirs in others.values() for rule in theirs)
    if (found := _first_told(rules, told, at=at)) is not None:
        place, rule = found
        raise SecretOfAnotherTold(
            "Everybody reads this: say it without the term.",
            place=place,
            guideline_id=str(next(one for one, theirs in others.items() if rule in theirs)),
            other_rule_id=rule.id,
        )


def check_kept(rules: Iterable[Rule], others: Mapping[UUID, Told], *, at: datetime) -> None:
    """Check that no other guideline tells already what rules are to say is confidential."""
    told = (
        ((guideline_id, place), text)
        for guideline_id, theirs in others.items()
        for place, text in theirs
    )
    if (found := _first_told(rules, told, at=at)) is not None:
        (guideline_id, place), rule = found
        raise SecretToldElsewhere(
            "Everybody reads it there: publish that guideline without the term first.",
            rule_id=rule.id,
            guideline_id=str(guideline_id),
            place=place,
        )


def _first_told(
    rules: Iterable[Rule], told: Iterable[tuple[Place, str]], *, at: datetime
) -> tuple[Place, Confidential] | None:
    """Answer where texts tell something that rules say is confidential, and which rule says so."""
    secrets = [
        rule
        for rule in rules
        if isinstance(rule, Confidential) and (rule.until is None or at < rule.until)
    ]
    if not secrets:
        return None
    texts = list(told)
    # All terms in all texts at once, since there may be thousands of either. A word says in which
    # text it stands; no term goes past what no word is.
    runs = Runs(
        [
            Word(key, number, number)
            for number, (_place, text) in enumerate(texts)
            for key in (*(one.key for one in _words_told(text)), APART)
        ]
    )
    for prefix in (False, True):
        named = (term for rule in secrets if rule.prefix is prefix for term in rule.terms)
        for number, _ in make_ready(named, prefix=prefix).places_in(runs):
            place, text = texts[number]
            there = Runs(_words_told(text))
            return place, next(
                rule for rule in secrets if terms_of(rule.terms, rule.prefix).are_in(there)
            )
    return None


def _words_told(text: str) -> list[Word]:
    words = words_of(text)
    return [*words, Word(APART, len(text), len(text)), *words_made_out(text, words)]
