"""What the tests of approval know by themselves: who may decide what, and what was said so far.

Nothing here asks the rules that it is compared with: who belongs to whom is written out, and
everything else is counted anew from what was said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from chassis.errors import Refusal
from services.content.domain import handing_over, life
from services.content.domain.deadlines import Deadline
from services.content.domain.deciders import Deciders, Delegator
from services.content.domain.life import Decision
from services.content.domain.policies import Plan, Stage
from services.content.domain.regulation import Regulation
from services.content.domain.rounds import Standing
from services.content.domain.stories import State, Story
from tests.content.test_life import Somebody

NOON = datetime(2031, 5, 5, 12, tzinfo=UTC)
TEAM = UUID(int=70)

# Ana could do everything if the story were not hers.
ANA = Somebody(UUID(int=1), frozenset({"employee", "reviewer", "admin"}), TEAM)
CARL = Somebody(UUID(int=2), frozenset({"reviewer"}), TEAM)
RAVI = Somebody(UUID(int=3), frozenset({"reviewer"}))
ROSA = Somebody(UUID(int=4), frozenset({"reviewer", "author"}), TEAM)
LEA = Somebody(UUID(int=5), frozenset({"employee"}), TEAM)
PIA = Somebody(UUID(int=6), frozenset({"program_manager"}))
EMIL = Somebody(UUID(int=7), frozenset({"employee"}))
EVERYBODY = (ANA, CARL, RAVI, ROSA, LEA, PIA, EMIL)

NAMED = Deciders(person_ids=(RAVI.person_id, LEA.person_id, PIA.person_id))
LATER = Deciders(roles=("employee",))
WHO: Mapping[Deciders, frozenset[Somebody]] = {
    Deciders(roles=("reviewer",)): frozenset({ANA, CARL, RAVI, ROSA}),
    Deciders(team_ids=(TEAM,)): frozenset({ANA, CARL, ROSA, LEA}),
    NAMED: frozenset({RAVI, LEA, PIA}),
    Deciders(roles=("program_manager",), team_ids=(TEAM,)): frozenset({PIA, ANA, CARL, ROSA, LEA}),
    LATER: frozenset({ANA, LEA, EMIL}),
}
LATE = timedelta(hours=3)
DEADLINE = Deadline(2, False, (1,), 3, LATER)

RULES = Regulation(regulated=True, principals=Deciders(roles=("reviewer",)))

PUBLISHERS = frozenset({ANA, CARL, RAVI, ROSA, PIA})
STATES_TO: Mapping[str, frozenset[State]] = {
    "edited": frozenset({"draft", "changes_requested"}),
    "classified": frozenset({"draft", "in_review", "changes_requested"}),
    "submitted": frozenset({"draft", "changes_requested"}),
    "published": frozenset({"approved"}),
    "revised": frozenset({"approved", "rejected", "live"}),
    "handed_over": frozenset(
        {"draft", "in_review", "changes_requested", "approved", "rejected", "live"}
    ),
    "withdrawn": frozenset(
        {"draft", "in_review", "changes_requested", "approved", "rejected", "live", "withdrawn"}
    ),
}
BY: Mapping[str, frozenset[Somebody]] = {
    "edited": frozenset(),
    "classified": WHO[RULES.principals],
    "submitted": frozenset(),
    "published": PUBLISHERS,
    "revised": frozenset(),
    "withdrawn": PUBLISHERS,
    "handed_over": frozenset({ANA, PIA}),
}
"""Besides the author, who may do all but classify."""
WRITERS = frozenset({ANA, LEA, EMIL, ROSA})
"""To whom the story may be handed over."""


@dataclass(frozen=True)
class Ways:
    """What can be done to a story: the rules, or some in their place that do not hold."""

    edit: Callable[..., Story] = life.edit
    classify: Callable[..., Story] = life.classify
    submit: Callable[..., Story] = life.submit
    review: Callable[..., tuple[Story, Standing]] = life.review
    publish: Callable[..., Story] = life.publish
    revise: Callable[..., Story] = life.revise
    withdraw: Callable[..., Story] = life.withdraw
    hand_over: Callable[..., Story] = handing_over.hand_over


@dataclass(frozen=True)
class Said:
    """Who approved which stage of which round, in whose name, and exactly what."""

    round: int
    stage: int
    who: Somebody
    name: Somebody
    content_hash: str


@dataclass(frozen=True)
class Absence:
    """Who lets whom decide in their name, and on what alone."""

    absent: Somebody
    delegate: Somebody
    policy_id: UUID | None
    stage: str | None

    def reaches(self, plan: Plan, at: int) -> bool:
        """Answer whether it holds for a stage of a plan, as it never does for the principals'."""
        name = plan.stages[at].name
        mine = self.policy_id in (None, plan.policy_id) and self.stage in (None, name)
        return mine and name != "principal"

    def told(self) -> Delegator:
        """Answer it as the store tells the rules."""
        absent = self.absent
        return Delegator(absent.person_id, absent.roles, absent.team_id, self.policy_id, self.stage)


@dataclass
class Memory:
    """What somebody remembers who was there all the time: makers are all that ever were."""

    content_hash: str
    makers: frozenset[Somebody]
    author: Somebody = ANA
    live_author: Somebody | None = None
    state: State = "draft"
    version: int = 1
    approved: str | None = None
    live: str | None = None
    asked: str | None = None
    plans: list[Plan] = field(default_factory=list)
    makers_then: list[frozenset[Somebody]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    interactive_by: dict[str, Somebody] = field(default_factory=dict)
    since: datetime = NOON
    looked_at: datetime = NOON

    @property
    def round(self) -> int:
        """Answer which round it is, from 1 on; 0 before the first."""
        return len(self.plans)

    @property
    def stage(self) -> int:
        """Answer the first stage of the round that too few have approved; or how many it has."""
        stages = self.plans[-1].stages
        short = (at for at, one in enumerate(stages) if len(self.said_on(at)) < one.quorum)
        return next(short, len(stages))

    def said_on(self, stage: int, round_: int | None = None) -> list[Said]:
        """Answer what was said on a stage of a round, else of this one."""
        number = round_ or self.round
        return [one for one in self.said if (one.round, one.stage) == (number, stage)]

    @property
    def able(self) -> frozenset[Somebody]:
        """Answer whom the policy lets decide on the stage now, makers or not."""
        stage = self.plans[-1].stages[self.stage]
        late = stage.deadline and self.looked_at >= self.since + LATE
        return WHO[stage.deciders] | (WHO[LATER] if late else frozenset())

    def in_whose_name(self, who: Somebody) -> Somebody | None:
        """Answer in whose name somebody may decide now: their own, another's, or nobody's."""
        if self.state != "in_review" or who in self.makers:
            return None
        at = self.stage
        done = {one.who for one in self.said_on(at)} | {one.name for one in self.said_on(at)}
        names = self.names_of(who, at)
        free = [name for name in names if name in self.able - self.makers - done]
        return free[0] if free and who not in done else None

    def names_of(self, who: Somebody, at: int) -> list[Somebody]:
        """Answer in whose names somebody may speak on a stage: their own, then who is away."""
        plan = self.plans[-1]
        mine = [one for one in self.absences if one.delegate is who]
        return [who, *(one.absent for one in mine if one.reaches(plan, at))]

    def sees(self, who: Somebody) -> bool:
        """Answer whether somebody sees what waits: by a role, for a stage, or for who is away."""
        stages = self.plans[-1].stages
        asked = [(at, WHO[one.deciders]) for at, one in enumerate(stages)]
        asked.append((self.stage, self.able))
        mine = any(not may.isdisjoint(self.names_of(who, at)) for at, may in asked)
        return mine or who in PUBLISHERS or who is self.author

    def delegators_of(self, who: Somebody) -> list[Delegator]:
        """Answer in whose names somebody may decide, as the store tells the rules."""
        return [one.told() for one in self.absences if one.delegate is who]

    def is_told_to_be_own(self, who: Somebody) -> bool:
        """Answer whether somebody who decides reads that it is their own.

        Whoever made it, sees only what is live, and is not credited for that, is like any reader.
        """
        return (who in self.makers and self.sees(who)) or who is self.live_author

    def lets(self, who: Somebody, act: str, to: Somebody) -> bool:
        """Answer whether somebody may do what is no decision; `to` is to whom they hand it over."""
        if act == "revised" and self.state == "rejected" and self.live is None:
            return False
        if act == "classified" and who in self.makers:
            return False
        if act == "handed_over" and not self.takes(to):
            return False
        able = who in BY[act] or (who is self.author and act != "classified")
        return able and self.state in STATES_TO[act]

    def takes(self, who: Somebody) -> bool:
        """Answer whether the story may be handed over to somebody, who does not have it yet."""
        if self.interactive_by.get(self.content_hash) is who:
            return False
        counts = self.state in {"in_review", "approved"}
        said = [one for one in self.said if one.round == self.round]
        return who in WRITERS and not (counts and any(who in (one.who, one.name) for one in said))

    def decided(self, who: Somebody, decision: Decision, *, at: datetime) -> None:
        """Remember a decision, and what comes of it."""
        if decision != "approve":
            self.state = "rejected" if decision == "reject" else "changes_requested"
            return
        name, before = self.in_whose_name(who), self.stage
        assert name is not None
        self.said.append(Said(self.round, before, who, name, self.content_hash))
        if self.stage > before:
            self.since = at
        if self.stage == len(self.plans[-1].stages):
            self.state, self.approved = "approved", self.content_hash

    def submitted(self, plan: Plan, *, at: datetime) -> None:
        """Remember that a round began."""
        self.state, self.asked, self.since = "in_review", self.content_hash, at
        self.plans.append(plan)
        self.makers_then.append(self.makers)

    def classified(self, content_hash: str, plan: Plan, *, at: datetime) -> None:
        """Remember that it is another text by its class, and so begins anew if it waits."""
        changed, self.content_hash = content_hash != self.content_hash, content_hash
        if changed and self.state == "in_review":
            self.submitted(plan, at=at)

    def published(self) -> None:
        """Remember what went live."""
        self.state, self.live, self.live_author = "live", self.content_hash, self.author

    def revised(self) -> None:
        """Remember that the next version was begun."""
        self.state, self.approved, self.version = "draft", None, self.version + 1

    def handed_over(self, to: Somebody) -> None:
        """Remember whose it is, who never decides on it, and whom no approval may come from."""
        self.author, self.makers = to, self.makers | {to}
        if self.state in {"in_review", "approved"}:
            self.makers_then[-1] |= {to}

    def withdrawn(self) -> None:
        """Remember that it was stopped."""
        self.state, self.approved, self.live, self.live_author = "withdrawn", None, None, None

    def is_whole(self, round_: int, content_hash: str) -> bool:
        """Answer whether a round approved exactly this, by the plan that it began with."""
        makers = self.makers_then[round_ - 1]
        for at, stage in enumerate(self.plans[round_ - 1].stages):
            here = [one for one in self.said_on(at, round_) if one.content_hash == content_hash]
            hands, names = {one.who for one in here}, {one.name for one in here}
            if min(len(hands), len(names)) < stage.quorum or (hands | names) & makers:
                return False
        return True

    def has_counted_twice(self) -> bool:
        """Answer whether anybody was counted twice on a stage, by hand or by name."""
        hands = [(one.round, one.stage, one.who) for one in self.said]
        names = [(one.round, one.stage, one.name) for one in self.said if one.name is not one.who]
        return len(hands + names) > len({*hands, *names})


def by_whoever_may(does: Callable[[Somebody], Story]) -> dict[Somebody, Story]:
    """Answer what comes of it if each does something, of those who are not refused."""
    done: dict[Somebody, Story] = {}
    for who in EVERYBODY:
        try:
            done[who] = does(who)
        except Refusal:
            continue
    return done


def staged(stages: list[Stage], policy_id: UUID | None, is_regulated: bool) -> Plan:
    """Answer a plan of some stages, each with a name of its own; the principals' is the last."""
    names = [*NAMES[: len(stages) - is_regulated], *(("principal",) if is_regulated else ())]
    named = tuple(
        Stage(name, one.deciders, one.quorum, one.deadline)
        for one, name in zip(stages, names, strict=True)
    )
    return Plan(policy_id, named, False, "Europe/Copenhagen")


NAMES = ("brand", "legal", "board")
POLICIES = (None, UUID(int=50), UUID(int=51))
CLASSES = ("interactive", "static")
TITLES = ("A calm day", "A calm night", "A storm")
CONTRIBUTORS = ((CARL,), (ROSA,), ())
"""Ana is the author, and these contribute; of two that decide on all, one is always left."""

stages = st.builds(
    Stage,
    name=st.just("review"),
    deciders=st.sampled_from([one for one in WHO if one != LATER]),
    quorum=st.sampled_from((1, 2, 2, 3)),
    deadline=st.none() | st.just(DEADLINE),
)
plans = st.builds(
    staged,
    st.lists(stages, min_size=1, max_size=3) | st.lists(stages, min_size=3, max_size=3),
    st.sampled_from(POLICIES),
    st.sampled_from((False, False, True)),
)
