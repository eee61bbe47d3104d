"""The life of a story: who may do what to it when, so that the wrong one never slips out (C3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import policies, regulation, rounds, texts
from services.content.domain.deciders import Delegator
from services.content.domain.policies import Plan
from services.content.domain.regulation import Regulation
from services.content.domain.rounds import Round, Standing
from services.content.domain.stories import (
    Actor,
    Author,
    State,
    Story,
    Version,
    made_by,
    seen_by,
    sees_all,
    wrote,
)
from services.content.domain.texts import Content

Verb = Literal[
    "edit",
    "classify",
    "submit",
    "approve",
    "request_changes",
    "reject",
    "publish",
    "revise",
    "withdraw",
]
Decision = Literal["approve", "request_changes", "reject"]
MOVES: Mapping[tuple[State, Verb], State] = {
    ("draft", "edit"): "draft",
    ("draft", "classify"): "draft",
    ("draft", "submit"): "in_review",
    ("draft", "withdraw"): "withdrawn",
    ("in_review", "classify"): "in_review",
    ("in_review", "approve"): "approved",
    ("in_review", "request_changes"): "changes_requested",
    ("in_review", "reject"): "rejected",
    ("in_review", "withdraw"): "withdrawn",
    ("changes_requested", "edit"): "changes_requested",
    ("changes_requested", "classify"): "changes_requested",
    ("changes_requested", "submit"): "in_review",
    ("changes_requested", "withdraw"): "withdrawn",
    ("approved", "publish"): "live",
    ("approved", "revise"): "draft",
    ("approved", "withdraw"): "withdrawn",
    ("rejected", "revise"): "draft",
    ("rejected", "withdraw"): "withdrawn",
    ("live", "revise"): "draft",
    ("live", "withdraw"): "withdrawn",
    ("withdrawn", "withdraw"): "withdrawn",
}
"""All there is: what is not listed is refused. The state is that of the working version.

An approval leaves the story in review until the last stage of its round has its quorum.
"""

MAY: Mapping[Verb, frozenset[str]] = {
    "edit": frozenset(),
    "submit": frozenset(),
    "revise": frozenset(),
    "publish": frozenset({"reviewer", "program_manager"}),
    "withdraw": frozenset({"reviewer", "program_manager", "admin"}),
}
"""The roles that may, besides the author. Who decides is said by the plan of the round."""

DECISIONS: frozenset[Verb] = frozenset({"approve", "request_changes", "reject"})
NEVER_BY_ITS_MAKERS = DECISIONS | {"classify"}


UNREGULATED = Regulation()


class NotAllowedOnStory(Refusal):
    """You can see this story, but neither did you write it nor has your role a say in this."""

    kind = "forbidden"
    title = "Not allowed on this story"


class OwnStory(Refusal):
    """Nobody decides on a story that they made, as author or as who contributed at any time."""

    kind = "forbidden"
    title = "Your own story"


class WrongStoryState(Refusal):
    """The story is in a state in which this cannot be done; somebody may have been quicker."""

    kind = "conflict"
    title = "Not in this state"


class StoryArchived(Refusal):
    """The story was put away: take it out of the archive, and go on with it."""

    kind = "conflict"
    title = "Story is in the archive"


class ContentChanged(Refusal):
    """What was read is another content than the story has now: read it again, then decide."""

    kind = "conflict"
    title = "Content is not what was read"


class NotAsApproved(Refusal):
    """Only what was approved may go live, exactly as it was approved."""

    kind = "conflict"
    title = "Content is not what was approved"


class StoryExpired(Refusal):
    """The story's end is over: revise it, or leave it."""

    kind = "conflict"
    title = "Story has expired"


class CommentsUnresolved(Refusal):
    """The policy wants every comment on the story to be resolved before it goes on."""

    kind = "conflict"
    title = "Comments are not resolved"


class ReasonsMissing(Refusal):
    """An author is told why: a no needs reasons."""

    kind = "invalid"
    title = "Reasons are missing"


@dataclass(frozen=True)
class Verdict:
    """What somebody decides on the content with exactly this hash."""

    story_id: UUID
    decision: Decision
    content_hash: str
    reasons: Sequence[str] = ()
    comment: str | None = None
    stage: str | None = None
    """Which stage it is for; only the first one may be left out."""


def write(
    story_id: UUID,
    author: Author,
    content: Content,
    *,
    at: datetime,
) -> Story:
    """Begin a draft; an employee's has the same life as a company's (C2)."""
    texts.check(content, at=at)
    return Story(
        story_id=story_id,
        author=author,
        state="draft",
        working=Version(1, content),
        live=None,
        approved_hash=None,
        submitted=False,
        created_at=at,
    )


def check_sees_all(story: Story, actor: Actor, delegators: Sequence[Delegator] = ()) -> None:
    """Check that somebody may read who did what to the story, and what was said about it."""
    seen_by(story, actor, delegators)
    if not sees_all(story, actor, delegators):
        raise NotAllowedOnStory("This is for the author, reviewers, managers and admins.")


def edit(
    story: Story,
    actor: Actor,
    changes: Mapping[str, Any],
    *,
    at: datetime,
) -> Story:
    """Change what the working version says, before a review or after one that asked for it."""
    state = _move(story, actor, "edit")
    before = story.working.content
    is_named = "communication_class" in changes
    content = regulation.classed(before, texts.change(before, changes), is_named=is_named)
    texts.check(content, at=at)
    working = replace(story.working, content=content)
    return replace(story, state=state, working=working, makers=made_by(story))


def classify(
    story: Story,
    actor: Actor,
    communication_class: str,
    *,
    content_hash: str,
    rules: Regulation,
    at: datetime,
    plan: Plan = policies.DEFAULT,
    delegators: Sequence[Delegator] = (),
) -> Story:
    """Let a principal say what class the content has whose hash they read.

    The same again changes nothing.

    Another class makes another text of it. So what is in review is submitted anew by that, by the
    plan as it is now for the text as it is now, and what was approved so far counts no more.
    """
    seen_by(story, actor, delegators)
    regulation.check_principal(rules, actor)
    state = _move(story, actor, "classify", delegators)
    before = story.working.content
    if before.communication_class == communication_class:
        return story
    _check_is_read(story, content_hash)
    content = replace(before, communication_class=communication_class)
    classified = replace(story, state=state, working=replace(story.working, content=content))
    return _with_next_round(classified, plan, at) if state == "in_review" else classified


def submit(story: Story, actor: Actor, *, at: datetime, plan: Plan = policies.DEFAULT) -> Story:
    """Ask for a review of the working version as it is now, by the plan as it is now."""
    state = _move(story, actor, "submit")
    _check_not_over(story, at)
    return _with_next_round(replace(story, state=state, submitted=True), plan, at)


def review(
    story: Story,
    actor: Actor,
    verdict: Verdict,
    *,
    at: datetime,
    delegators: Sequence[Delegator] = (),
    unresolved: int = 0,
) -> tuple[Story, Standing]:
    """Decide on exactly the content whose hash was read; answers by whose right, too.

    `unresolved` is how many comments on the story wait for an answer.
    """
    decision = verdict.decision
    state = _move(story, actor, decision, delegators)
    round_, by = _open_round(story, actor, delegators)
    _check_is_read(story, verdict.content_hash, round_.content_hash)
    rounds.check_is_meant(round_, verdict.stage)
    if decision != "approve":
        if not verdict.reasons:
            raise ReasonsMissing("Tell the author why.", field="/reasons")
        ended = rounds.end(round_, "rejected" if decision == "reject" else "changes_requested")
        return replace(story, state=state, approved_hash=None, round=ended), by
    _check_comments(round_, unresolved)
    counted = rounds.approve(round_, actor, by, at=at)
    if counted.state == "open":
        return replace(story, round=counted), by
    return replace(story, state=state, approved_hash=round_.content_hash, round=counted), by


def publish(
    story: Story,
    actor: Actor,
    *,
    at: datetime,
    rules: Regulation = UNREGULATED,
    unresolved: int = 0,
) -> Story:
    """Let the approved version go live, in the place of the one that was."""
    state = _move(story, actor, "publish")
    # The state says that something was approved; only the hash says that it was this.
    if story.approved_hash != story.working.content_hash:
        raise NotAsApproved("This is not what was approved.", approved_hash=story.approved_hash)
    _check_not_over(story, at)
    regulation.check_use(rules, story.working.content, story.round)
    _check_comments(story.round, unresolved)
    return replace(story, state=state, live=story.working, live_author=None, expired=False)


def woken(story: Story, round_: Round) -> Story:
    """Answer a story whose review was told by time that it is late; nothing else changes."""
    return replace(story, round=round_)


def revise(story: Story, actor: Actor) -> Story:
    """Begin the next version; what is live stays live until that one is published."""
    state = _move(story, actor, "revise")
    if story.state == "rejected" and story.live is None:
        raise WrongStoryState("This story was rejected; write another.", state=story.state)
    following = Version(story.working.version + 1, story.working.content)
    return replace(story, state=state, working=following, approved_hash=None)


def withdraw(story: Story, actor: Actor) -> Story:
    """Stop a story for good. Doing so twice is the same as once: the story itself comes back."""
    state = _move(story, actor, "withdraw")
    if story.state == state:
        return story
    ended = rounds.end(story.round, "withdrawn")
    stopped = replace(story, state=state, live=None, live_author=None, round=ended)
    return replace(stopped, approved_hash=None, expired=False)


def expire(story: Story, *, at: datetime) -> Story:
    """Note that the end of what is live is over; a later version with a later end goes live again.

    Nobody does this: time does. The story itself comes back where there is nothing to note.
    """
    if story.expired or story.live is None or not _is_over(story.live, at):
        return story
    return replace(story, expired=True)


def _move(story: Story, actor: Actor, verb: Verb, delegators: Sequence[Delegator] = ()) -> State:
    # Whoever sees only what is live is answered as if there were nothing else.
    story = seen_by(story, actor, delegators)
    _check_may(story, actor, verb)
    if story.archived_at is not None and verb != "withdraw":
        raise StoryArchived("Take it out of the archive first.")
    following = MOVES.get((story.state, verb))
    if following is None:
        raise WrongStoryState(
            f"The story is {story.state}.",
            state=story.state,
            possible=sorted(able for state, able in MOVES if state == story.state),
        )
    return following


def _check_may(story: Story, actor: Actor, verb: Verb) -> None:
    if verb in NEVER_BY_ITS_MAKERS:
        if actor.person_id in made_by(story):
            raise OwnStory("Somebody else has to decide on your story.")
        return
    if not wrote(story, actor) and not actor.roles & MAY[verb]:
        others = ", ".join(sorted(MAY[verb])) or "nobody else"
        raise NotAllowedOnStory(f"This is for the author, and for: {others}.")


def _with_next_round(story: Story, plan: Plan, at: datetime) -> Story:
    version = story.working
    begun = rounds.begin(story.round, version.version, version.content_hash, plan, at)
    return replace(story, round=begun)


def _open_round(
    story: Story, actor: Actor, delegators: Sequence[Delegator]
) -> tuple[Round, Standing]:
    round_ = story.round
    if round_ is None or round_.state != "open":
        raise WrongStoryState("No review is under way.", state=story.state, possible=["withdraw"])
    by = rounds.standing(round_, actor, delegators, barred=made_by(story))
    if by is None:
        raise NotAllowedOnStory(
            "The story waits for others.", stage=round_.stage.name, round=round_.number
        )
    return round_, by


def _check_is_read(story: Story, *hashes: str) -> None:
    current = story.working.content_hash
    if any(one != current for one in hashes):
        raise ContentChanged("The story says something else by now.", content_hash=current)


def _check_comments(round_: Round | None, unresolved: int) -> None:
    if round_ and round_.plan.comments_must_be_resolved and unresolved:
        raise CommentsUnresolved("Resolve them, or ask for changes.", unresolved=unresolved)


def _check_not_over(story: Story, at: datetime) -> None:
    if _is_over(story.working, at):
        expires_at = story.working.content.expires_at
        raise StoryExpired("The story has expired meanwhile.", expires_at=expires_at)


def _is_over(version: Version, at: datetime) -> bool:
    expires_at = version.content.expires_at
    return expires_at is not None and expires_at <= at
