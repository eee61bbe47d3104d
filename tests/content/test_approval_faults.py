"""Whatever rule of approval does not hold, the machine that tries anything finds it (C3).

A broken one asks the real one about something else than what is there, and answers that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chassis.errors import Refusal
from services.content.domain import handing_over, life
from services.content.domain.deciders import Actor, Delegator
from services.content.domain.life import Verdict
from services.content.domain.policies import Plan
from services.content.domain.rounds import Approval, Round, Standing
from services.content.domain.stories import Story, made_by
from tests.content.approval_model import Ways
from tests.content.test_approval_machine import EXPLORING, AnyApproval
from tests.content.test_life import Somebody

Reviewed = tuple[Story, Standing]


def masked(person_id: UUID) -> UUID:
    """Answer the id under which nobody knows somebody."""
    return UUID(int=person_id.int + 1000)


def unmasked(reviewed: Story, by: Standing) -> Reviewed:
    """Answer what came of a review by people with masks, without them."""

    def bare(person_id: UUID | None) -> Any:
        return person_id and UUID(int=person_id.int % 1000)

    shown = [
        replace(one, decider_id=bare(one.decider_id), on_behalf_of=bare(one.on_behalf_of))
        for one in round_of(reviewed).approvals
    ]
    return with_round(reviewed, approvals=tuple(shown)), Standing(bare(by.on_behalf_of))


def round_of(story: Story) -> Round:
    """Answer the round of a story that has one."""
    assert story.round is not None
    return story.round


def with_round(story: Story, **fields: Any) -> Story:
    """Answer a story whose round says something else."""
    return replace(story, round=replace(round_of(story), **fields))


def makers_decide(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Let the author and the contributors decide as if they were others."""
    person_id = masked(who.person_id) if who.person_id in made_by(story) else who.person_id
    other = Somebody(person_id, who.roles, who.team_id)
    return unmasked(*life.review(story, other, verdict, **more))


def in_a_makers_name(
    story: Story, who: Actor, verdict: Verdict, *, delegators: Sequence[Delegator], at: datetime
) -> Reviewed:
    """Let a maker's delegate decide."""
    others = [
        replace(one, person_id=masked(one.person_id)) if one.person_id in made_by(story) else one
        for one in delegators
    ]
    return unmasked(*life.review(story, who, verdict, at=at, delegators=others))


def whoever_is_named_no_more_decides(
    story: Story, who: Actor, verdict: Verdict, **more: Any
) -> Reviewed:
    """Bar nobody but those who are named now."""
    reviewed, by = life.review(replace(story, makers=frozenset()), who, verdict, **more)
    return replace(reviewed, makers=story.makers), by


def in_a_principals_name(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Let a delegate decide for a principal."""
    if story.round is None:
        return life.review(story, who, verdict, **more)
    plan = story.round.plan
    others = tuple(
        replace(one, name="x" + one.name[1:]) if one.name == "principal" else one
        for one in plan.stages
    )
    is_theirs = verdict.stage == "principal"
    meant = replace(verdict, stage=others[-1].name) if is_theirs else verdict
    reviewed, by = life.review(
        with_round(story, plan=replace(plan, stages=others)), who, meant, **more
    )
    return with_round(reviewed, plan=plan), by


def where_no_delegation_reaches(
    story: Story, who: Actor, verdict: Verdict, *, delegators: Sequence[Delegator], at: datetime
) -> Reviewed:
    """Let a delegation for one stage hold for all."""
    everywhere = [replace(one, stage=None) for one in delegators]
    return life.review(story, who, verdict, at=at, delegators=everywhere)


def forgetting(forget: Callable[[Approval, Actor], Approval]) -> Callable[..., Reviewed]:
    """Answer a review that forgets something of what was approved before."""

    def review(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
        if story.round is None:
            return life.review(story, who, verdict, **more)
        left = tuple(forget(one, who) for one in story.round.approvals)
        return unmasked(*life.review(with_round(story, approvals=left), who, verdict, **more))

    return review


def _who_it_was(one: Approval, who: Actor) -> Approval:
    mine = one.decider_id == who.person_id
    return replace(one, decider_id=masked(one.decider_id)) if mine else one


def _that_the_absent_decided(one: Approval, who: Actor) -> Approval:
    mine = one.decider_id == who.person_id
    return one if mine else replace(one, decider_id=masked(one.decider_id))


def _in_whose_name(one: Approval, _: Actor) -> Approval:
    return replace(one, on_behalf_of=one.on_behalf_of and masked(one.on_behalf_of))


def a_stage_is_skipped(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Go on from a stage to the last one."""
    reviewed, by = life.review(story, who, verdict, **more)
    at = round_of(reviewed).stage_index
    last = len(round_of(reviewed).plan.stages) - 1
    return with_round(reviewed, stage_index=last if at else 0), by


def one_less(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Let one less than the quorum be enough."""
    if story.round is None:
        return life.review(story, who, verdict, **more)
    plan = story.round.plan
    fewer = tuple(replace(one, quorum=max(1, one.quorum - 1)) for one in plan.stages)
    less = with_round(story, plan=replace(plan, stages=fewer))
    reviewed, by = life.review(less, who, verdict, **more)
    return with_round(reviewed, plan=plan), by


def edit_after_approval(story: Story, who: Actor, changes: Any, **more: Any) -> Story:
    """Let an approved story be edited, and stay approved."""
    open_ = replace(story, state="draft" if story.state == "approved" else story.state)
    return replace(life.edit(open_, who, changes, **more), state=story.state)


def goes_on_with_its_round(story: Story, who: Actor, told: str, **more: Any) -> Story:
    """Let what was approved of a story in review count for what it is by another class."""
    classified = life.classify(story, who, told, **more)
    if story.round is None or classified.round is story.round:
        return classified
    bound_to = classified.working.content_hash
    return replace(classified, round=replace(story.round, content_hash=bound_to))


def stays_as_it_was_submitted(story: Story, who: Actor, told: str, **more: Any) -> Story:
    """Leave the round of a story in review bound to what it was before."""
    return replace(life.classify(story, who, told, **more), round=story.round)


def by_the_plan_it_had(story: Story, who: Actor, told: str, *, plan: Plan, **more: Any) -> Story:
    """Begin the round of what has another class by the plan that was for the one before."""
    kept = story.round.plan if story.round else plan
    return life.classify(story, who, told, plan=kept, **more)


def makers_classify(story: Story, who: Actor, told: str, **more: Any) -> Story:
    """Let a principal who has made a story classify it."""
    other = Somebody(masked(who.person_id), who.roles, who.team_id)
    return life.classify(story, other, told, **more)


def whatever_was_read(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Take a decision on an older text for one on this."""
    current = replace(verdict, content_hash=story.working.content_hash)
    return life.review(story, who, current, **more)


def whatever_stage_was_meant(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Take a decision on another stage for one on this."""
    stage = story.round.stage.name if story.round else None
    return life.review(story, who, replace(verdict, stage=stage), **more)


def whatever_was_approved(story: Story, who: Actor, **more: Any) -> Story:
    """Publish without a look at what was approved."""
    return life.publish(replace(story, approved_hash=story.working.content_hash), who, **more)


def a_no_leaves_it_open(story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
    """Leave the round of a rejected story open."""
    reviewed, by = life.review(story, who, verdict, **more)
    rejected = reviewed.state == "rejected"
    return with_round(reviewed, state="open") if rejected else reviewed, by


def by_the_plan_before(story: Story, who: Actor, *, at: datetime, plan: Plan) -> Story:
    """Begin each round by the plan of the one before."""
    return life.submit(story, who, at=at, plan=story.round.plan if story.round else plan)


class ByTheLatestPlan:
    """A round that is under way follows whatever policy held for the last story submitted."""

    def __init__(self) -> None:
        self.latest: Plan | None = None

    def submit(self, story: Story, who: Actor, *, at: datetime, plan: Plan) -> Story:
        """Submit, and remember by what."""
        submitted = life.submit(story, who, at=at, plan=plan)
        self.latest = plan
        return submitted

    def review(self, story: Story, who: Actor, verdict: Verdict, **more: Any) -> Reviewed:
        """Decide by what is remembered."""
        if story.round is not None and self.latest is not None:
            at = min(story.round.stage_index, len(self.latest.stages) - 1)
            story = with_round(story, plan=self.latest, stage_index=at)
        return life.review(story, who, verdict, **more)


def _moved_by_a_policy() -> Ways:
    mover = ByTheLatestPlan()
    return Ways(submit=mover.submit, review=mover.review)


def keeps_the_approval(story: Story, who: Actor) -> Story:
    """Begin the next version with the approval of this one."""
    return replace(life.revise(story, who), approved_hash=story.approved_hash)


def stays_live(story: Story, who: Actor) -> Story:
    """Stop a story, and leave it where everybody reads it."""
    return replace(life.withdraw(story, who), live=story.live)


def to_who_has_decided(story: Story, who: Actor, to_id: UUID, to: Somebody, **more: Any) -> Story:
    """Hand a story over without a look at who has approved it."""
    if story.author.person_id == to_id:
        return handing_over.hand_over(story, who, to_id, to)
    handed = handing_over.hand_over(replace(story, round=None), who, to_id, to, **more)
    return replace(handed, round=story.round)


def to_who_has_classified(story: Story, who: Actor, to_id: UUID, to: Somebody, **_: Any) -> Story:
    """Hand a story over without a look at who has made it interactive."""
    return handing_over.hand_over(story, who, to_id, to)


def whoever_had_it_is_forgotten(
    story: Story, who: Actor, to_id: UUID, to: Somebody, **more: Any
) -> Story:
    """Hand a story over, and forget that its author had made it."""
    handed = handing_over.hand_over(story, who, to_id, to, **more)
    if handed is story:
        return story
    return replace(handed, makers=story.makers - {story.author.person_id})


FAULTS: Mapping[str, Callable[[], Ways]] = {
    "makers decide": lambda: Ways(review=makers_decide),
    "a delegate decides in a maker's name": lambda: Ways(review=in_a_makers_name),
    "who contributed and is named no more decides": lambda: Ways(
        review=whoever_is_named_no_more_decides
    ),
    "a delegate decides in a principal's name": lambda: Ways(review=in_a_principals_name),
    "a delegation for one stage holds for all": lambda: Ways(review=where_no_delegation_reaches),
    "somebody decides twice on a stage": lambda: Ways(review=forgetting(_who_it_was)),
    "a delegate decides for who has decided": lambda: Ways(
        review=forgetting(_that_the_absent_decided)
    ),
    "two decide in one name": lambda: Ways(review=forgetting(_in_whose_name)),
    "a stage is skipped": lambda: Ways(review=a_stage_is_skipped),
    "one less than the quorum is enough": lambda: Ways(review=one_less),
    "an edit keeps the approval": lambda: Ways(edit=edit_after_approval),
    "a classified story goes on with its round": lambda: Ways(classify=goes_on_with_its_round),
    "a classified story stays as submitted": lambda: Ways(classify=stays_as_it_was_submitted),
    "a classified story keeps its plan": lambda: Ways(classify=by_the_plan_it_had),
    "makers classify": lambda: Ways(classify=makers_classify),
    "a decision on an older text counts": lambda: Ways(review=whatever_was_read),
    "a decision on another stage counts": lambda: Ways(review=whatever_stage_was_meant),
    "what is published was not compared": lambda: Ways(publish=whatever_was_approved),
    "a rejected round stays open": lambda: Ways(review=a_no_leaves_it_open),
    "a new policy moves a round under way": _moved_by_a_policy,
    "a new round begins by the old policy": lambda: Ways(submit=by_the_plan_before),
    "the next version is approved like the last": lambda: Ways(revise=keeps_the_approval),
    "it is handed to who has decided": lambda: Ways(hand_over=to_who_has_decided),
    "it is handed to who has classified it": lambda: Ways(hand_over=to_who_has_classified),
    "who has handed it over decides": lambda: Ways(hand_over=whoever_had_it_is_forgotten),
    "what is withdrawn stays live": lambda: Ways(withdraw=stays_live),
}

# Derandomized: that a fault is found is then no matter of luck, and each run tries the same.
SEARCHING = settings(
    EXPLORING,
    phases=(Phase.generate,),
    database=None,
    report_multiple_bugs=False,
    derandomize=True,
    max_examples=300,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rule_that_does_not_hold_is_found(fault: str) -> None:
    class Faulty(AnyApproval):
        def __init__(self) -> None:
            super().__init__(FAULTS[fault]())

    with pytest.raises((AssertionError, Refusal)):
        run_state_machine_as_test(Faulty, settings=SEARCHING)
