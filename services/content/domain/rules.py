"""What a set of machine rules may say: nothing empty, nothing that contradicts itself (C4)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.errors import Refusal
from contracts.checks.addresses import WAYS, ways_of
from contracts.checks.reading import is_emoji
from contracts.checks.rules import RULES, Address, Confidential, Emojis, Rule, Words
from contracts.checks.terms import TERM_WORDS_MAX, key_of
from services.content.domain import contradictions
from services.content.domain.languages import check_language
from services.content.domain.texts import check_order


class RuleRepeated(Refusal):
    """Each rule of a guideline has an id of its own."""

    kind = "invalid"
    title = "Two rules have one id"


class RuleSaysNothing(Refusal):
    """Something in a rule cannot be found in any text, so the rule would never be kept."""

    kind = "invalid"
    title = "Rule says nothing"


class RulesContradict(Refusal):
    """Two rules cannot both be kept where both apply."""

    kind = "invalid"
    title = "Rules contradict each other"


@dataclass(frozen=True)
class RuleChanges:
    """How the rules of a version differ from those of the one before."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: tuple[tuple[Rule, Rule], ...]


def compose_rules(fields: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Make rules of plain fields, as they come from a request or from a row."""
    return RULES.validate_python(fields)


def check_rules(rules: Sequence[Rule], *, known: Collection[Rule], at: datetime) -> None:
    """Check rules; of those that are `known` an end may have passed meanwhile."""
    if len({rule.id for rule in rules}) < len(rules):
        raise RuleRepeated("Give each rule an id of its own.", field="/rules")
    for number, rule in enumerate(rules):
        field = f"/rules/{number}"
        for index, language in enumerate(rule.languages):
            check_language(language, field=f"{field}/languages/{index}")
        for place, why in _says_nothing(rule):
            raise RuleSaysNothing(why, field=f"{field}/{place}")
        if isinstance(rule, Confidential) and rule not in known:
            check_order(None, rule.until, at=at, field=f"{field}/until")
    for one, other in contradictions.among(contradictions.keyed(rules)):
        raise RulesContradict(
            "Keep one of the two, or let them apply apart.",
            field="/rules",
            rule_ids=[one.id, other.id],
        )


def differences(before: Sequence[Rule], after: Sequence[Rule]) -> RuleChanges:
    """Answer what came, what went, and what says something else by the same id."""
    was, now = ({rule.id: rule for rule in rules} for rules in (before, after))
    return RuleChanges(
        added=tuple(rule for rule in after if rule.id not in was),
        removed=tuple(rule for rule in before if rule.id not in now),
        changed=tuple(
            (was[rule.id], rule) for rule in after if rule.id in was and was[rule.id] != rule
        ),
    )


def told_by(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Answer the texts that everybody reads of rules, each with its place."""
    for number, rule in enumerate(rules):
        # What is confidential has a name and a reason that everybody reads.
        shown = {"id", "reason"} if isinstance(rule, Confidential) else None
        said = rule.model_dump(include=shown, exclude={"kind", "severity", "networks", "languages"})
        for name, value in said.items():
            texts = value if isinstance(value, tuple) else (value,)
            yield from ((f"/rules/{number}/{name}", one) for one in texts if isinstance(one, str))


def _says_nothing(rule: Rule) -> Iterator[tuple[str, str]]:
    if isinstance(rule, Words | Confidential):
        yield from _unfindable(rule.terms)
    if isinstance(rule, Emojis):
        others = (n for n, emoji in enumerate(rule.forbidden) if not is_emoji(emoji))
        yield from ((f"forbidden/{number}", "This is not one emoji.") for number in others)
    if isinstance(rule, Address):
        why = f"Two ways to address readers are known of: {', '.join(sorted(WAYS))}."
        others = (n for n, one in enumerate(rule.languages) if ways_of(one) is None)
        yield from ((f"languages/{number}", why) for number in others)


def _unfindable(terms: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, term in enumerate(terms):
        if not 0 < len(key_of(term)) <= TERM_WORDS_MAX:
            yield f"terms/{number}", f"A term has from one to {TERM_WORDS_MAX} words."
