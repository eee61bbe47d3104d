"""What is rewarded, and what never is: points are for effect and effort (R1)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args
from uuid import UUID

from chassis.errors import Refusal
from chassis.ids import derived_id

Trigger = Literal[
    "click", "reaction", "comment", "reshare", "own_words", "story_written", "lesson_completed"
]
"""What can be rewarded: what others did with a share, and what an advocate made or learned."""

TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)

POINTS_MAX = 1000
"""For one happening; more would make everything else worthless."""

DAILY_POINTS_MAX = 100_000
"""The widest daily cap; who wants none leaves it out."""

RULES_MAX = 50
"""Per tenant. Nobody understands more, and every happening is held against all of them."""

_REACH = ("reach", "impression", "view", "follower", "login", "logon")
_ENTERING = ("login", "logon", "signin", "loggedin", "signedin")


class TriggerNotRecognised(Refusal):
    """A rule can only reward something that the platform sees happen; `rewarded` lists it."""

    kind = "invalid"
    title = "This cannot be rewarded"


class ReachIsNotRewarded(Refusal):
    """Points are for effect and effort: reach, impressions, views, followers and logins are not."""

    kind = "invalid"
    title = "Reach and logins are not rewarded"


class RuleNotFound(Refusal):
    """There is no such rule in your tenant."""

    kind = "not_found"
    title = "Rule not found"


class TooManyRules(Refusal):
    """A tenant may have 50 rules; switch one off and give it another meaning instead."""

    kind = "conflict"
    title = "Too many rules"


@dataclass(frozen=True)
class Rule:
    """So many points each time a trigger happens, up to `daily_points_max` per person and day."""

    rule_id: UUID
    trigger: Trigger
    name: str
    points: int
    daily_points_max: int | None
    active: bool = True


_DEFAULTS: tuple[tuple[Trigger, str, int, int | None], ...] = (
    ("click", "Somebody followed the link", 1, 50),
    ("reaction", "Somebody reacted", 1, 50),
    # Two comments from the right people beat thousands who might have seen it (M3).
    ("comment", "Somebody commented", 5, 100),
    ("reshare", "Somebody shared it on", 5, 100),
    ("own_words", "Shared in own words", 10, 30),
    ("story_written", "Wrote a story", 20, 40),
    # Less than for anything made of it: whoever learns has yet to do something with it (C6).
    ("lesson_completed", "Completed a lesson", 5, 15),
)


def default_rules(tenant_id: UUID) -> list[Rule]:
    """Answer the rules that a tenant has without setting anything up."""
    return [
        Rule(derived_id(tenant_id, "default-rule", trigger), trigger, name, points, daily)
        for trigger, name, points, daily in _DEFAULTS
    ]


def rules_of(tenant_id: UUID, kept: Iterable[Rule]) -> list[Rule]:
    """Answer a tenant's rules: those it keeps, and each default that it never changed."""
    all_rules = {rule.rule_id: rule for rule in (*default_rules(tenant_id), *kept)}
    return sorted(
        all_rules.values(), key=lambda rule: (TRIGGERS.index(rule.trigger), str(rule.rule_id))
    )


def rules_after(rules: Sequence[Rule], rule_id: UUID | None) -> Sequence[Rule]:
    """Answer the rules that come after one of them; None is before the first."""
    if rule_id is None:
        return rules
    place = next((place for place, rule in enumerate(rules) if rule.rule_id == rule_id), None)
    if place is None:
        raise RuleNotFound(f"No rule {rule_id}.")
    return rules[place + 1 :]


def new_rule(rule_id: UUID, fields: dict[str, Any], *, existing: int) -> Rule:
    """Make a rule; raises ReachIsNotRewarded, TriggerNotRecognised or TooManyRules."""
    trigger = check_trigger(fields["trigger"])
    if existing >= RULES_MAX:
        raise TooManyRules(f"You have {existing} rules.", maximum=RULES_MAX)
    return Rule(**{**fields, "rule_id": rule_id, "trigger": trigger})


def get_rule(rules: Sequence[Rule], rule_id: UUID) -> Rule:
    """Answer one of a tenant's rules; raises RuleNotFound."""
    for rule in rules:
        if rule.rule_id == rule_id:
            return rule
    raise RuleNotFound(f"No rule {rule_id}.")


def change_rule(rule: Rule, changes: dict[str, Any]) -> Rule:
    """Change a rule; what it has given so far stays given."""
    return replace(rule, **changes)


def check_trigger(asked: str) -> Trigger:
    """Answer the trigger that is asked for, or say by name why it is never rewarded (R1)."""
    for trigger in TRIGGERS:
        if asked == trigger:
            return trigger
    rewarded = list(TRIGGERS)
    words = re.split(r"[^a-z]+", asked.casefold())
    squashed = "".join(words)
    if any(word.startswith(_REACH) for word in words) or squashed.startswith(_ENTERING):
        raise ReachIsNotRewarded(
            "Points are for effect and effort, never for reach, impressions, views, followers"
            " or logins: they can be had without doing anybody any good.",
            field="/trigger",
            rewarded=rewarded,
        )
    raise TriggerNotRecognised(
        f"A rule can reward one of: {', '.join(rewarded)}.", field="/trigger", rewarded=rewarded
    )
