"""What can be rewarded, and why the rest never is: no database needed."""

from uuid import UUID

import pytest

from services.recognition.domain.rules import (
    RULES_MAX,
    TRIGGERS,
    ReachIsNotRewarded,
    RuleNotFound,
    TooManyRules,
    TriggerNotRecognised,
    change_rule,
    check_trigger,
    default_rules,
    get_rule,
    new_rule,
    rules_of,
)

TENANT = UUID("01890000-0000-7000-8000-0000000000aa")
OTHER = UUID("01890000-0000-7000-8000-0000000000bb")
RULE = UUID("01890000-0000-7000-8000-0000000000cc")

FIELDS = {"name": "Talk", "points": 5, "daily_points_max": None, "active": True}


def test_every_trigger_is_rewarded_without_setting_anything_up() -> None:
    rules = default_rules(TENANT)

    assert [rule.trigger for rule in rules] == list(TRIGGERS)
    assert all(rule.active and rule.points > 0 for rule in rules)


def test_the_default_rules_of_two_tenants_are_different_rules() -> None:
    ours = {rule.rule_id for rule in default_rules(TENANT)}

    assert ours.isdisjoint(rule.rule_id for rule in default_rules(OTHER))


@pytest.mark.parametrize(
    "asked",
    [
        "reach",
        "Potential Reach",
        "impressions",
        "ad_impression",
        "views",
        "view-count",
        "followers",
        "new_followers",
        "login",
        "daily logins",
        "log_in",
        "signed in",
    ],
)
def test_reach_and_logins_are_refused_by_name(asked: str) -> None:
    with pytest.raises(ReachIsNotRewarded) as refused:
        check_trigger(asked)

    assert refused.value.members["rewarded"] == list(TRIGGERS)
    assert "effect and effort" in refused.value.detail


@pytest.mark.parametrize("asked", ["clicks", "Click", "talk", "interview", "follow_up", "", "∞"])
def test_what_nobody_sees_happen_is_not_recognised(asked: str) -> None:
    with pytest.raises(TriggerNotRecognised, match="click, reaction"):
        check_trigger(asked)


def test_a_changed_default_takes_the_place_of_the_default() -> None:
    click = default_rules(TENANT)[0]

    changed = change_rule(click, {"points": 3})

    rules = rules_of(TENANT, [changed])
    assert len(rules) == len(TRIGGERS)
    assert rules[0].points == 3


def test_a_rule_of_nobody_is_not_found() -> None:
    with pytest.raises(RuleNotFound):
        get_rule(rules_of(TENANT, []), RULE)


def test_nobody_understands_more_than_fifty_rules() -> None:
    with pytest.raises(TooManyRules):
        new_rule(RULE, {**FIELDS, "trigger": "click"}, existing=RULES_MAX)
