"""What holds of a story at every moment, as it is remembered by who was there all along (C3)."""

from datetime import datetime

from hypothesis.stateful import RuleBasedStateMachine, invariant

from services.content.domain.life import Verdict
from services.content.domain.stories import Story
from tests.content.approval_model import Memory, Ways, by_whoever_may


class AsRemembered(RuleBasedStateMachine):
    """A story that anything is tried on, and what is remembered of it."""

    ways: Ways
    now: datetime
    story: Story
    memory: Memory

    def nobody_approves(self, story: Story, read_hash: str, stage: str | None) -> None:
        """Let everybody try to, and be refused."""
        verdict = Verdict(story.story_id, "approve", read_hash, stage=stage)
        told = self.memory.delegators_of
        assert not by_whoever_may(
            lambda who: self.ways.review(story, who, verdict, at=self.now, delegators=told(who))[0]
        )

    @property
    def stage(self) -> str | None:
        """Answer which stage waits, or was last."""
        return self.story.round.stage.name if self.story.round else None

    @invariant()
    def what_is_live_was_approved_at_every_stage(self) -> None:
        """Each stage of its round had as many different people as it wanted, none a maker."""
        live = self.story.live
        if live is not None:
            every = range(1, self.memory.round + 1)
            assert any(self.memory.is_whole(number, live.content_hash) for number in every)

    @invariant()
    def the_story_is_as_it_is_remembered(self) -> None:
        """What it says, what of it is approved or live, and in which state it is."""
        story, memory = self.story, self.memory
        live = story.live and story.live.content_hash
        assert (story.state, story.working.version) == (memory.state, memory.version)
        assert story.working.content_hash == memory.content_hash
        assert (story.approved_hash, live) == (memory.approved, memory.live)
        assert story.author.person_id == memory.author.person_id
        if memory.live_author is not None:
            assert story.credited.person_id == memory.live_author.person_id

    @invariant()
    def its_round_is_as_it_is_remembered(self) -> None:
        """It is open exactly while the story waits, at its stage, with whoever has approved it."""
        round_, memory = self.story.round, self.memory
        if round_ is None:
            assert memory.round == 0
            return
        counted = [(one.stage, one.decider_id, one.on_behalf_of) for one in round_.approvals]
        said = [one for one in memory.said if one.round == memory.round]
        assert (round_.state == "open") == (memory.state == "in_review")
        assert (round_.number, round_.content_hash) == (memory.round, memory.asked)
        assert round_.plan == memory.plans[-1]
        assert counted == [
            (one.stage, one.who.person_id, None if one.name is one.who else one.name.person_id)
            for one in said
        ]
        if round_.state == "open":
            assert round_.stage_index == memory.stage

    @invariant()
    def a_decision_for_another_stage_counts_for_none(self) -> None:
        """Nor does one that names none, from the second stage on."""
        round_ = self.story.round
        if self.memory.state == "in_review" and round_:
            others = {one.name for one in round_.plan.stages} - {self.stage}
            for other in others | {None if round_.stage_index else "elsewhere"}:
                self.nobody_approves(self.story, self.memory.content_hash, other)
