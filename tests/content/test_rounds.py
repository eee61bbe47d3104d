"""A round keeps the plan that it began with, and a principal comes last in any (C3)."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.content.domain import life, policies, regulation, rounds
from services.content.domain.deciders import Deciders
from services.content.domain.life import Verdict
from services.content.domain.policies import Plan, Policy, Stage
from services.content.domain.regulation import Regulation
from services.content.domain.stories import Story
from tests.content.approval_model import ANA, LEA, NAMED, NOON, PIA, RAVI
from tests.content.test_life import draft


def approved_by_two(plan: Plan, story: Story) -> Story:
    """Let Ravi and Lea approve it."""
    waiting = life.submit(story, ANA, at=NOON, plan=plan)
    verdict = Verdict(story.story_id, "approve", story.working.content_hash)
    for who in (RAVI, LEA):
        waiting, _ = life.review(waiting, who, verdict, at=NOON)
    return waiting


def test_a_policy_that_applies_is_kept_by_the_round_that_began_with_it() -> None:
    story = draft()
    policy = Policy(UUID(int=5), "All", (), (), (Stage("legal", NAMED, 2),), False, NOON)

    begun = life.submit(story, ANA, at=NOON, plan=policies.plan_of(policy, time_zone="UTC"))
    done = approved_by_two(policies.plan_of(policy, time_zone="UTC"), story)

    assert begun.round is not None
    assert begun.round.plan.policy_id == policy.policy_id
    assert done.state == "approved"


def test_a_principal_comes_last_whatever_the_policy_says() -> None:
    story = draft()
    rules = Regulation(regulated=True, principals=Deciders(person_ids=(PIA.person_id,)))
    further = regulation.further_stages(rules, story.working.content)

    plan = policies.plan_of(None, time_zone="UTC", further=further)
    waiting = life.submit(story, ANA, at=NOON, plan=plan)
    verdict = Verdict(UUID(int=99), "approve", story.working.content_hash)
    reviewed, _ = life.review(waiting, RAVI, verdict, at=NOON)
    approved, _ = life.review(reviewed, PIA, replace(verdict, stage="principal"), at=NOON)

    assert (reviewed.state, approved.state) == ("in_review", "approved")
    assert life.publish(approved, ANA, at=NOON, rules=rules).state == "live"


@pytest.mark.parametrize(
    ("named", "waiting", "is_taken"),
    [
        (None, "brand", True),
        ("brand", "brand", True),
        ("legal", "brand", False),
        ("elsewhere", "brand", False),
        (None, "legal", False),
        ("brand", "legal", False),
        ("legal", "legal", True),
    ],
)
def test_a_decision_is_for_the_stage_that_waits(
    named: str | None, waiting: str, is_taken: bool
) -> None:
    stages = (Stage("brand", NAMED, 1), Stage("legal", NAMED, 1))
    policy = Policy(UUID(int=5), "All", (), (), stages, False, NOON)
    story = draft()
    verdict = Verdict(story.story_id, "reject", story.working.content_hash, ["Why not."])
    story = life.submit(story, ANA, at=NOON, plan=policies.plan_of(policy, time_zone="UTC"))
    if waiting == "legal":
        story, _ = life.review(story, LEA, replace(verdict, decision="approve"), at=NOON)
    meant = replace(verdict, stage=named)

    if is_taken:
        assert life.review(story, RAVI, meant, at=NOON)[0].state == "rejected"
        return
    with pytest.raises(rounds.AnotherStageWaits) as refused:
        life.review(story, RAVI, meant, at=NOON)
    assert (refused.value.field, refused.value.members) == ("/stage", {"stage": waiting})
