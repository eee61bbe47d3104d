"""Nothing goes live that was not approved at every stage, whatever anybody tries (C3)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, get_args
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from chassis.errors import Refusal
from services.content.domain import chain, life, policies, rounds
from services.content.domain.chain import Entry, Stored
from services.content.domain.life import Decision, Verdict
from services.content.domain.policies import Plan
from services.content.domain.stories import Story, StoryNotFound, sees_all
from tests.content.approval_held import AsRemembered
from tests.content.approval_model import (
    ANA,
    BY,
    CARL,
    CLASSES,
    CONTRIBUTORS,
    EMIL,
    EVERYBODY,
    NAMES,
    NOON,
    PIA,
    POLICIES,
    RAVI,
    RULES,
    TITLES,
    WRITERS,
    Absence,
    Memory,
    Ways,
    by_whoever_may,
    plans,
)
from tests.content.test_life import Somebody, draft

people = st.sampled_from(EVERYBODY)
mostly_ana = st.sampled_from((ANA, ANA, ANA, RAVI, PIA, EMIL))
decisions = st.sampled_from(get_args(Decision))


class AnyApproval(AsRemembered):
    """Makers, deciders and delegates try anything on one story, while policies and time move.

    Whatever anybody tries is done exactly if the memory lets them. The rules are pure, so everybody
    can try the same thing on the same story, and nobody has.
    """

    def __init__(self, ways: Ways | None = None) -> None:
        super().__init__()
        self.ways = ways or Ways()
        self.now = NOON
        self.written = draft(contributor_ids=[CARL.person_id])
        self.story = self.written
        self.memory = Memory(self.story.working.content_hash, frozenset({ANA, CARL}))
        self.read = {self.memory.content_hash, "0" * 64}
        self.plan = policies.DEFAULT
        self.changes: dict[str, Any] = {"title": TITLES[1]}
        self.communication_class = CLASSES[0]
        self.to = EMIL
        self.trail: list[Stored] = []
        self.tell(ANA, "created")

    @initialize(
        plan=plans,
        is_first=st.booleans(),
        absences=st.lists(st.tuples(people, people), max_size=3),
    )
    def begin(self, plan: Plan, is_first: bool, absences: list[tuple[Somebody, Somebody]]) -> None:
        """Let the first version wait for its review, or the second while the first is live."""
        if not is_first:
            for who in (ANA, RAVI, PIA, ANA):
                self.go_on_as(who)
        self.plan = plan
        self.submit(ANA)
        # Emil may decide in neither name at first: Ana made it, and Ravi is for later.
        self.delegate(ANA, EMIL, None, None)
        self.delegate(RAVI, EMIL, None, "legal")
        for absent, delegate in absences:
            self.delegate(absent, delegate, None, None)

    @rule(plan=plans)
    def change_the_policy(self, plan: Plan) -> None:
        """Change the policy, and begin another's round by it; one under way is not moved by it."""
        self.plan = plan
        self.ways.submit(self.written, ANA, at=self.now, plan=plan)

    @rule(
        absent=people,
        delegate=people,
        policy_id=st.sampled_from((None, *POLICIES)),
        stage=st.sampled_from((None, None, *NAMES)),
    )
    def delegate(
        self, absent: Somebody, delegate: Somebody, policy_id: UUID | None, stage: str | None
    ) -> None:
        """Let somebody decide in another's name; they may stand in for several."""
        if absent is not delegate and len(self.memory.absences) < 6:
            self.memory.absences.append(Absence(absent, delegate, policy_id, stage))

    @precondition(lambda self: self.memory.absences)
    @rule()
    def come_back(self) -> None:
        """End the oldest delegation."""
        self.memory.absences.pop(0)

    @rule(who=mostly_ana, title=st.sampled_from(TITLES), others=st.sampled_from(CONTRIBUTORS))
    def edit(self, who: Somebody, title: str, others: tuple[Somebody, ...]) -> None:
        """Let anybody try to change what the story says and who contributed."""
        ids = [one.person_id for one in others]
        self.changes = {"title": title, "contributor_ids": ids}
        if self.attempt(who, "edited"):
            assert self.story.working.content.title == title
            self.memory.content_hash = self.story.working.content_hash
            self.memory.makers |= {*others}
            self.read.add(self.memory.content_hash)

    @rule(who=people, communication_class=st.sampled_from(CLASSES))
    def classify(self, who: Somebody, communication_class: str) -> None:
        """Let anybody try to say what class the story has, also while it waits."""
        self.communication_class = communication_class
        if self.attempt(who, "classified"):
            assert self.story.working.content.communication_class == communication_class
            content_hash = self.story.working.content_hash
            self.memory.classified(content_hash, self.plan, at=self.now)
            self.read.add(content_hash)
            if communication_class == "interactive":
                self.memory.interactive_by[content_hash] = who

    @rule(who=mostly_ana)
    def submit(self, who: Somebody) -> None:
        """Let anybody try to submit, by the policy as it is now."""
        if self.attempt(who, "submitted"):
            self.memory.submitted(self.plan, at=self.now)

    @precondition(lambda self: self.memory.state != "in_review")
    @rule(who=mostly_ana)
    def revise(self, who: Somebody) -> None:
        """Let anybody try to begin the next version."""
        if self.attempt(who, "revised"):
            self.memory.revised()

    @rule(who=mostly_ana)
    def publish(self, who: Somebody) -> None:
        """Let anybody try to publish."""
        if self.attempt(who, "published"):
            self.memory.published()

    @rule(who=people, to=people)
    def hand_over(self, who: Somebody, to: Somebody) -> None:
        """Let anybody try to hand the story over to anybody, also while it waits."""
        self.to = to
        if self.attempt(who, "handed_over"):
            self.memory.handed_over(to)

    @precondition(lambda self: self.memory.state == "in_review")
    @rule(to=st.sampled_from(sorted(WRITERS, key=lambda one: one.person_id)))
    def hand_over_to_who_may_decide(self, to: Somebody) -> None:
        """Let them try to approve it before and after it is theirs."""
        self.review(to, "approve", self.memory.content_hash)
        self.hand_over(PIA, to)
        if self.memory.state == "in_review":
            self.review(to, "approve", self.memory.content_hash)

    @rule()
    def go_on(self) -> None:
        """Let the story get a step further, often enough that much can go wrong."""
        author = self.memory.author
        for who in EVERYBODY if self.memory.state == "in_review" else (author, PIA):
            self.go_on_as(who)

    def go_on_as(self, who: Somebody) -> None:
        """Let somebody try what comes next."""
        match self.memory.state:
            case "in_review":
                self.review(who, "approve", self.memory.content_hash)
            case "approved":
                self.publish(who)
            case "live" | "rejected":
                self.revise(who)
            case _:
                self.submit(who)

    @precondition(lambda self: self.memory.live or len(self.memory.said) > 3)
    @rule(who=people)
    def withdraw(self, who: Somebody) -> None:
        """Let anybody try to stop it, though not too soon."""
        if self.attempt(who, "withdrawn"):
            self.memory.withdrawn()

    @precondition(lambda self: self.memory.state == "in_review")
    @rule(who=people, decision=decisions, data=st.data())
    def decide(self, who: Somebody, decision: Decision, data: st.DataObject) -> None:
        """Let anybody decide on any text they ever read."""
        self.review(who, decision, data.draw(st.sampled_from(sorted(self.read))))

    @precondition(lambda self: self.memory.state == "in_review")
    @rule(some=st.lists(people, min_size=1, max_size=8))
    def approve(self, some: list[Somebody]) -> None:
        """Let several approve what is there, often enough that rounds come to an end."""
        for who in some:
            self.review(who, "approve", self.memory.content_hash)

    @precondition(lambda self: self.memory.state == "in_review")
    @rule(decision=decisions)
    def decide_on_what_is_gone(self, decision: Decision) -> None:
        """Let everybody try to decide on every text but the one that is there."""
        for read_hash in sorted(self.read - {self.memory.content_hash}):
            for who in EVERYBODY:
                self.review(who, decision, read_hash)

    @precondition(lambda self: self.memory.state == "in_review")
    @rule(first=st.booleans(), data=st.data())
    def stand_in(self, first: bool, data: st.DataObject) -> None:
        """Let one who may not decide do it for one who may, and that one too, in either order."""
        able = self.memory.able
        others = able - self.memory.makers or able
        absent = data.draw(st.sampled_from([who for who in EVERYBODY if who in others]))
        delegate = data.draw(st.sampled_from([who for who in EVERYBODY if who not in able]))
        self.delegate(absent, delegate, None, None)
        for who in (absent, delegate) if first else (delegate, absent):
            self.review(who, "approve", self.memory.content_hash)

    @rule(hours=st.integers(0, 3))
    def let_time_pass(self, hours: int) -> None:
        """Let time pass, and say what it has to say."""
        self.now += timedelta(hours=hours)
        self.memory.looked_at = self.now
        if self.story.round is not None:
            woken, said = rounds.wake(self.story.round, at=self.now)
            assert rounds.wake(woken, at=self.now) == (woken, ())
            self.story = life.woken(self.story, woken)
            for what in said:
                self.tell(None, what)

    def attempt(self, who: Somebody, act: str) -> bool:
        """Let everybody try, and keep what one of them did; answers whether they could."""
        done = self.tried(act)
        if who in done:
            self.story = done[who]
            self.tell(who, act)
        return who in done

    def tried(self, act: str) -> dict[Somebody, Story]:
        """Answer what comes of it if somebody does what they may; nobody else can."""
        story, at = self.story, self.now
        does: dict[str, Callable[[Somebody], Story]] = {
            "edited": lambda who: self.ways.edit(story, who, self.changes, at=at),
            "classified": lambda who: self.ways.classify(
                story,
                who,
                self.communication_class,
                rules=RULES,
                at=at,
                plan=self.plan,
                content_hash=story.working.content_hash,
            ),
            "submitted": lambda who: self.ways.submit(story, who, at=at, plan=self.plan),
            "published": lambda who: self.ways.publish(story, who, at=at),
            "revised": lambda who: self.ways.revise(story, who),
            "withdrawn": lambda who: self.ways.withdraw(story, who),
            "handed_over": lambda who: self.ways.hand_over(
                story, who, self.to.person_id, self.to, classified_by=self.classified_by
            ),
        }
        done = by_whoever_may(does[act])
        if act == "handed_over" and self.to is self.memory.author:
            # Whoever may hand it over to others may to them, too, which changes nothing.
            assert all(one is story for one in done.values())
            return {}
        assert set(done) == {who for who in EVERYBODY if self.memory.lets(who, act, self.to)}
        return done

    @property
    def classified_by(self) -> UUID | None:
        """Answer who has given the text its class, as the store finds it in the trail."""
        text = ("classified", self.story.working.content_hash)
        found = [one.entry for one in self.trail if (one.entry.act, one.entry.content_hash) == text]
        return found[-1].actor_id if found else None

    def review(self, who: Somebody, decision: Decision, read_hash: str) -> None:
        """Let somebody decide, and keep it if they could."""
        reviewed = self.reviewed(who, decision, read_hash)
        if reviewed is not None:
            self.story = reviewed
            self.memory.decided(who, decision, at=self.now)
            self.tell(who, decision)

    def reviewed(self, who: Somebody, decision: Decision, read_hash: str) -> Story | None:
        """Answer what comes of a decision in the name that is remembered; without one it is no."""
        name, in_review = self.memory.in_whose_name(who), self.memory.state == "in_review"
        live = self.story.live
        verdict = Verdict(self.story.story_id, decision, read_hash, ["Why not."], stage=self.stage)
        told, refused = self.memory.delegators_of(who), None
        try:
            reviewed, by = self.ways.review(self.story, who, verdict, at=self.now, delegators=told)
        except Refusal as refusal:
            refused = refusal
        assert (refused is None) == bool(name and read_hash == self.memory.content_hash)
        if refused:
            is_own = in_review and self.memory.is_told_to_be_own(who)
            assert not in_review or is_own == isinstance(refused, life.OwnStory)
            if in_review and not self.memory.sees(who) and not is_own:
                assert isinstance(refused, StoryNotFound if live is None else life.WrongStoryState)
                assert refused.members.get("state") == (live and "live")
            return None
        assert by.on_behalf_of == (name.person_id if name and name is not who else None)
        return reviewed

    def tell(self, who: Somebody | None, act: str) -> None:
        """Keep it in the trail, as the store does."""
        version = self.story.working
        said = (version.version, version.content_hash, (), self.now)
        entry = Entry(len(self.trail) + 1, act, who.person_id if who else None, *said)
        head = chain.sealed(self.story.trail, self.story.story_id, entry)
        self.story = replace(self.story, trail=head)
        self.trail.append(Stored(entry, head.entry_hash))

    @invariant()
    def whoever_may_decide_may_by_the_round_alone(self) -> None:
        """A round bars makers by itself, too; and asks nobody but those who may."""
        if self.story.round is None or self.memory.state != "in_review":
            return
        barred = frozenset(one.person_id for one in self.memory.makers)
        for who in EVERYBODY:
            try:
                by = rounds.standing(
                    self.story.round, who, self.memory.delegators_of(who), barred=barred
                )
            except rounds.AlreadyDecided:
                assert who not in self.memory.makers
                by = None
            name = self.memory.in_whose_name(who)
            assert (by is None) == (name is None)
            assert not by or by.on_behalf_of in (None, name and name.person_id)

    @invariant()
    def whoever_may_decide_sees_it_and_nobody_else(self) -> None:
        """A delegate sees what is theirs to decide, and not all that the absent one would."""
        if self.memory.state == "in_review":
            for who in EVERYBODY:
                assert sees_all(
                    self.story, who, self.memory.delegators_of(who)
                ) == self.memory.sees(who)

    @invariant()
    def nobody_counts_twice_at_a_stage(self) -> None:
        """Neither by a delegation, nor by a second role."""
        assert not self.memory.has_counted_twice()

    @invariant()
    def everybody_does_what_they_may_and_nothing_else(self) -> None:
        """Whoever could do something now leaves nothing live or waiting that should not be."""
        done = {act: self.tried(act) for act in BY}
        stopped = done["withdrawn"][PIA]
        assert (stopped.state, stopped.live, stopped.approved_hash) == ("withdrawn", None, None)
        assert stopped.round is None or stopped.round.state != "open"
        for one in done["classified"].values():
            anew = one is not self.story and one.state == "in_review"
            assert not anew or (one.round and one.round.plan == self.plan)
        for who, decision in product(EVERYBODY, get_args(Decision)):
            decided = self.reviewed(who, decision, self.memory.content_hash)
            if decided and decided.round:
                assert (decided.round.state == "open") == (decided.state == "in_review")
                assert decision == "approve" or decided.state != "in_review"

    @invariant()
    def a_text_that_slipped_in_goes_no_further(self) -> None:
        """Nobody publishes or approves another text in the place of the one that was submitted."""
        if self.memory.state not in {"in_review", "approved"}:
            return
        title = next(one for one in TITLES if one != self.story.working.content.title)
        content = replace(self.story.working.content, title=title)
        slipped = replace(self.story, working=replace(self.story.working, content=content))
        assert not by_whoever_may(lambda who: self.ways.publish(slipped, who, at=self.now))
        for read in (self.memory.content_hash, slipped.working.content_hash):
            self.nobody_approves(slipped, read, self.stage)

    def teardown(self) -> None:
        """The trail verifies, and its approvals are those that were counted."""
        assert chain.verify(self.story.story_id, self.trail, self.story.trail).intact
        approved = [one.entry.actor_id for one in self.trail if one.entry.act == "approve"]
        assert approved == [one.who.person_id for one in self.memory.said]


EXPLORING = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestAnyApproval = AnyApproval.TestCase
TestAnyApproval.settings = EXPLORING
