"""The life of a story as pure rules: no path makes live what was not approved as it is (C3)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.errors import Refusal
from services.content.domain import life, stories
from services.content.domain.deciders import Deciders
from services.content.domain.life import Decision, Verb, Verdict
from services.content.domain.regulation import ClassIsForPrincipals, Regulation
from services.content.domain.stories import Author, State, Story
from services.content.domain.texts import compose

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Somebody:
    person_id: UUID
    roles: frozenset[str]
    team_id: UUID | None = None
    display_name: str = "Somebody"


# Ana could do everything if the story were not hers.
ANA = Somebody(UUID(int=1), frozenset({"employee", "reviewer", "program_manager", "admin"}))
RAVI = Somebody(UUID(int=2), frozenset({"reviewer"}))
PIA = Somebody(UUID(int=3), frozenset({"program_manager"}))
ADA = Somebody(UUID(int=4), frozenset({"admin"}))
EMIL = Somebody(UUID(int=5), frozenset({"employee", "author"}))
REGULATED = Regulation(regulated=True, principals=Deciders(roles=("reviewer",)))
EVERYBODY = (ANA, RAVI, PIA, ADA, EMIL)
DECISIONS: tuple[Decision, ...] = get_args(Decision)

# Written out, not taken from the code: a move that is added there has to be meant here too.
MOVES: dict[State, dict[Verb, State]] = {
    "draft": {
        "edit": "draft",
        "classify": "draft",
        "submit": "in_review",
        "withdraw": "withdrawn",
    },
    "in_review": {
        "classify": "in_review",
        "approve": "approved",
        "request_changes": "changes_requested",
        "reject": "rejected",
        "withdraw": "withdrawn",
    },
    "changes_requested": {
        "edit": "changes_requested",
        "classify": "changes_requested",
        "submit": "in_review",
        "withdraw": "withdrawn",
    },
    "approved": {"publish": "live", "revise": "draft", "withdraw": "withdrawn"},
    # Final for what never was live; a rejected revision may be tried again, which has its own test.
    "rejected": {"withdraw": "withdrawn"},
    "live": {"revise": "draft", "withdraw": "withdrawn"},
    "withdrawn": {"withdraw": "withdrawn"},
}


def draft(**fields: Any) -> Story:
    plain: dict[str, Any] = {
        "title": "A calm day",
        "body": "It was not turning.",
        "link": None,
        "language": "en",
        "topics": [],
        "variants": [],
        "audience": {"team_ids": [], "regions": [], "countries": [], "languages": []},
        "campaign_id": None,
        "embargo_until": None,
        "expires_at": None,
    }
    author = Author(ANA.person_id, "Ana")
    return life.write(UUID(int=99), author, compose({**plain, **fields}), at=NOON)


def do(story: Story, who: Somebody, verb: Verb, *, read_hash: str | None = None) -> Story:
    """Let somebody do something to a story, reading it first."""
    reading = read_hash or story.working.content_hash
    if verb in DECISIONS:
        verdict = Verdict(story.story_id, verb, reading, ["Why not."])
        return life.review(story, who, verdict, at=NOON)[0]
    if verb == "classify":
        return life.classify(
            story, who, "interactive", content_hash=reading, rules=REGULATED, at=NOON
        )
    if verb == "edit":
        return life.edit(story, who, {"title": story.working.content.title + "!"}, at=NOON)
    moved: Story = (
        getattr(life, verb)(story, who, at=NOON)
        if verb in {"submit", "publish"}
        else getattr(life, verb)(story, who)
    )
    return moved


def live() -> Story:
    story = do(do(do(draft(), ANA, "submit"), RAVI, "approve"), ANA, "publish")
    assert story.state == "live"
    return story


def in_state(state: State) -> Story:
    submitted = do(draft(), ANA, "submit")
    ways: dict[State, Story] = {
        "draft": draft(),
        "in_review": submitted,
        "changes_requested": do(submitted, RAVI, "request_changes"),
        "approved": do(submitted, RAVI, "approve"),
        "rejected": do(submitted, RAVI, "reject"),
        "live": live(),
        "withdrawn": do(live(), ANA, "withdraw"),
    }
    assert ways[state].state == state
    return ways[state]


@pytest.mark.parametrize("verb", get_args(Verb))
@pytest.mark.parametrize("state", get_args(State))
def test_only_listed_moves_are_possible(state: State, verb: Verb) -> None:
    story = in_state(state)
    who = RAVI if verb in {*DECISIONS, "classify"} else ANA
    # A draft that was never submitted is not even there for a reviewer.
    hidden = state == "draft" and who is RAVI

    if verb in MOVES[state] and not hidden:
        assert do(story, who, verb).state == MOVES[state][verb]
    else:
        with pytest.raises(stories.StoryNotFound if hidden else life.WrongStoryState):
            do(story, who, verb)


@pytest.mark.parametrize(
    ("who", "verbs"),
    [
        (ANA, {"edit", "submit", "revise", "publish", "withdraw"}),
        (RAVI, {"classify", "approve", "request_changes", "reject", "publish", "withdraw"}),
        (PIA, {"publish", "withdraw"}),
        (ADA, {"withdraw"}),
        (EMIL, set()),
    ],
)
@pytest.mark.parametrize("verb", get_args(Verb))
def test_who_may_do_what(who: Somebody, verb: Verb, verbs: set[Verb]) -> None:
    state = next(state for state, able in MOVES.items() if verb in able)
    story = replace(live(), state=state, round=in_state("in_review").round)
    # Emil sees what is live and nothing else, so that is all he is told of.
    told = life.WrongStoryState if who is EMIL else life.NotAllowedOnStory
    own = who is ANA
    refusals = (life.OwnStory,) if own else (told, life.NotAllowedOnStory, ClassIsForPrincipals)

    if verb in verbs:
        assert do(story, who, verb).state == MOVES[state][verb]
    else:
        with pytest.raises(refusals):
            do(story, who, verb)


@pytest.mark.parametrize("state", ["in_review", "changes_requested"])
def test_only_what_was_read_is_classified(state: State) -> None:
    with pytest.raises(life.ContentChanged):
        do(replace(in_state(state), submitted=True), RAVI, "classify", read_hash="0" * 64)


@pytest.mark.parametrize("state", ["draft", "in_review", "changes_requested"])
def test_another_class_begins_what_is_in_review_anew(state: State) -> None:
    story = replace(in_state(state), submitted=True)

    classified = do(story, RAVI, "classify")

    assert classified.working.content_hash != story.working.content_hash
    assert do(classified, RAVI, "classify") is classified
    if state == "in_review":
        assert classified.round is not None
        bound_to = (classified.round.number, classified.round.state, classified.round.content_hash)
        assert bound_to == (2, "open", classified.working.content_hash)
        with pytest.raises(life.ContentChanged):
            do(classified, RAVI, "approve", read_hash=story.working.content_hash)
    else:
        assert classified.round is story.round


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_on_something_else_names_what_is_there(decision: Decision) -> None:
    story = in_state("in_review")

    with pytest.raises(life.ContentChanged) as refused:
        do(story, RAVI, decision, read_hash="0" * 64)

    assert refused.value.members["content_hash"] == story.working.content_hash


@pytest.mark.parametrize("decision", ["request_changes", "reject"])
def test_a_no_needs_reasons(decision: Decision) -> None:
    story = in_state("in_review")

    with pytest.raises(life.ReasonsMissing):
        life.review(
            story, RAVI, Verdict(story.story_id, decision, story.working.content_hash), at=NOON
        )


def test_what_is_not_as_it_was_approved_does_not_go_live() -> None:
    approved = in_state("approved")
    other = replace(approved.working.content, body="Buy our shares.")
    slipped = replace(approved, working=replace(approved.working, content=other))

    with pytest.raises(life.NotAsApproved):
        do(slipped, RAVI, "publish")


def test_the_live_version_stays_until_the_next_is_published() -> None:
    first = live()

    revised = do(do(do(first, ANA, "revise"), ANA, "edit"), ANA, "submit")
    approved = do(revised, RAVI, "approve")
    second = do(approved, ANA, "publish")

    assert revised.live == approved.live == first.live
    assert (second.live, second.working.version) == (second.working, 2)


def test_a_rejected_revision_leaves_the_live_version_and_may_be_tried_again() -> None:
    first = live()

    rejected = do(do(do(first, ANA, "revise"), ANA, "submit"), RAVI, "reject")
    again = do(rejected, ANA, "revise")

    assert rejected.live == again.live == first.live
    assert (again.state, again.working.version) == ("draft", 3)


def test_withdrawing_twice_is_the_same_as_once() -> None:
    once = do(live(), PIA, "withdraw")

    assert do(once, ADA, "withdraw") is once
    assert once.live is None


@pytest.mark.parametrize("verb", ["submit", "publish"])
def test_an_expired_story_goes_no_further(verb: Verb) -> None:
    story = draft(expires_at=NOON + HOUR)
    if verb == "publish":
        story = do(do(story, ANA, "submit"), RAVI, "approve")

    with pytest.raises(life.StoryExpired):
        getattr(life, verb)(story, ANA, at=NOON + HOUR)


@pytest.mark.parametrize(
    ("state", "who", "seen"),
    [
        ("draft", ANA, "draft"),
        ("draft", RAVI, None),
        ("draft", EMIL, None),
        ("in_review", PIA, "in_review"),
        ("in_review", EMIL, None),
        ("rejected", RAVI, "rejected"),
        ("live", EMIL, "live"),
        ("withdrawn", ADA, "withdrawn"),
        ("withdrawn", EMIL, None),
    ],
)
def test_who_sees_a_story(state: State, who: Somebody, seen: State | None) -> None:
    story = in_state(state)

    if seen is None:
        with pytest.raises(stories.StoryNotFound):
            stories.seen_by(story, who)
    else:
        assert stories.seen_by(story, who).state == seen


def test_a_reader_sees_nothing_of_the_next_version() -> None:
    revised = do(do(live(), ANA, "revise"), ANA, "edit")

    seen = stories.seen_by(revised, EMIL)

    assert (seen.state, seen.working, seen.live) == ("live", revised.live, revised.live)


class AnyLife(RuleBasedStateMachine):
    """Anybody tries anything on one story, in any order, with any hash they ever read."""

    def __init__(self) -> None:
        super().__init__()
        self.story = draft()
        self.read = {self.story.working.content_hash}
        self.approvals: set[tuple[int, str]] = set()
        self.withdrawn = False

    @rule(who=st.sampled_from(EVERYBODY), verb=st.sampled_from(get_args(Verb)))
    def try_anything(self, who: Somebody, verb: Verb) -> None:
        """Let anybody try anything with what they see; a story is not stopped too soon, though."""
        if verb != "withdraw" or self.story.working.version > 2:
            self.attempt(who, verb, self.story.working.content_hash)

    @precondition(lambda self: self.story.state == "in_review")
    @rule(who=st.sampled_from((ANA, RAVI)), verb=st.sampled_from(DECISIONS), data=st.data())
    def decide(self, who: Somebody, verb: Verb, data: st.DataObject) -> None:
        """Let a decision name any hash that was ever read."""
        self.attempt(who, verb, data.draw(st.sampled_from(sorted(self.read))))

    def attempt(self, who: Somebody, verb: Verb, read_hash: str) -> None:
        """Let somebody try; a refusal changes nothing."""
        before = self.story
        try:
            self.story = do(before, who, verb, read_hash=read_hash)
        except Refusal:
            return
        self.read.add(self.story.working.content_hash)
        self.withdrawn = self.withdrawn or verb == "withdraw"
        if verb == "approve":
            assert who is not ANA
            assert read_hash == before.working.content_hash
            self.approvals.add((before.working.version, read_hash))

    @precondition(lambda self: self.story.state in MOVES_ON)
    @rule()
    def go_on(self) -> None:
        """Let the story get far enough, often enough, that much can go wrong."""
        who, verb = MOVES_ON[self.story.state]
        self.story = do(self.story, who, verb)
        if verb == "approve":
            self.approvals.add((self.story.working.version, self.story.working.content_hash))

    @invariant()
    def only_what_was_approved_is_live(self) -> None:
        """Whatever is live was approved by somebody else, exactly as it is."""
        live = self.story.live
        assert live is None or (live.version, live.content_hash) in self.approvals

    @invariant()
    def withdrawn_is_for_good(self) -> None:
        """What was stopped is never live again."""
        assert not self.withdrawn or (self.story.live is None and self.story.state == "withdrawn")

    @invariant()
    def a_reader_sees_only_what_was_approved(self) -> None:
        """Who neither wrote nor reviews sees approved versions, or nothing."""
        try:
            seen = stories.seen_by(self.story, EMIL)
        except stories.StoryNotFound:
            return
        assert (seen.working.version, seen.working.content_hash) in self.approvals


MOVES_ON: dict[State, tuple[Somebody, Verb]] = {
    "draft": (ANA, "submit"),
    "changes_requested": (ANA, "submit"),
    "in_review": (RAVI, "approve"),
    "approved": (PIA, "publish"),
    "live": (ANA, "revise"),
}

TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
