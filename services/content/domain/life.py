"""The life of a story: who may do what to it when, so that the wrong one never slips out (C3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain import texts
from services.content.domain.stories import (
    Actor,
    Author,
    State,
    Story,
    Version,
    seen_by,
    sees_all,
    wrote,
)
from services.content.domain.texts import Content

Verb = Literal[
    "edit", "submit", "approve", "request_changes", "reject", "publish", "revise", "withdraw"
]
Decision = Literal["approve", "request_changes", "reject"]
MOVES: Mapping[tuple[State, Verb], State] = {
    ("draft", "edit"): "draft",
    ("draft", "submit"): "in_review",
    ("draft", "withdraw"): "withdrawn",
    ("in_review", "approve"): "approved",
    ("in_review", "request_changes"): "changes_requested",
    ("in_review", "reject"): "rejected",
    ("in_review", "withdraw"): "withdrawn",
    ("changes_requested", "edit"): "changes_requested",
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
"""All there is: what is not listed is refused. The state is that of the working version."""

MAY: Mapping[Verb, frozenset[str]] = {
    "edit": frozenset(),
    "submit": frozenset(),
    "revise": frozenset(),
    "approve": frozenset({"reviewer"}),
    "request_changes": frozenset({"reviewer"}),
    "reject": frozenset({"reviewer"}),
    "publish": frozenset({"reviewer", "program_manager"}),
    "withdraw": frozenset({"reviewer", "program_manager", "admin"}),
}
"""The roles that may, besides the author."""

NEVER_BY_THE_AUTHOR: frozenset[Verb] = frozenset({"approve", "request_changes", "reject"})


class NotAllowedOnStory(Refusal):
    """You can see this story, but neither did you write it nor has your role a say in this."""

    kind = "forbidden"
    title = "Not allowed on this story"


class OwnStory(Refusal):
    """Nobody decides on a story of their own, whatever their roles."""

    kind = "forbidden"
    title = "Your own story"


class WrongStoryState(Refusal):
    """The story is in a state in which this cannot be done; somebody may have been quicker."""

    kind = "conflict"
    title = "Not in this state"


class ContentChanged(Refusal):
    """The review names another content than the story has now: read it again, then decide."""

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


class ReasonsMissing(Refusal):
    """An author is told why: a no needs reasons."""

    kind = "invalid"
    title = "Reasons are missing"


def write(story_id: UUID, author: Author, content: Content, *, at: datetime) -> Story:
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


def check_trail(story: Story, actor: Actor) -> None:
    """Check that somebody may read who did what to the story."""
    seen_by(story, actor)
    if not sees_all(story, actor):
        raise NotAllowedOnStory("The trail is for the author, reviewers, managers and admins.")


def edit(story: Story, actor: Actor, changes: Mapping[str, Any], *, at: datetime) -> Story:
    """Change what the working version says, before a review or after one that asked for it."""
    state = _move(story, actor, "edit")
    content = texts.change(story.working.content, changes)
    texts.check(content, at=at)
    return replace(story, state=state, working=replace(story.working, content=content))


def submit(story: Story, actor: Actor, *, at: datetime) -> Story:
    """Ask for a review of the working version as it is now."""
    state = _move(story, actor, "submit")
    _check_not_over(story, at)
    return replace(story, state=state, submitted=True)


def review(
    story: Story, actor: Actor, decision: Decision, *, read_hash: str, reasons: Sequence[str]
) -> Story:
    """Decide on exactly the content whose hash the reviewer has read."""
    state = _move(story, actor, decision)
    current = story.working.content_hash
    if read_hash != current:
        raise ContentChanged("The story says something else by now.", content_hash=current)
    if decision != "approve" and not reasons:
        raise ReasonsMissing("Tell the author why.", field="/reasons")
    return replace(story, state=state, approved_hash=current if decision == "approve" else None)


def publish(story: Story, actor: Actor, *, at: datetime) -> Story:
    """Let the approved version go live, in the place of the one that was."""
    state = _move(story, actor, "publish")
    # The state says that something was approved; only the hash says that it was this.
    if story.approved_hash != story.working.content_hash:
        raise NotAsApproved("This is not what was approved.", approved_hash=story.approved_hash)
    _check_not_over(story, at)
    return replace(story, state=state, live=story.working)


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
    return replace(story, state=state, live=None, approved_hash=None)


def _move(story: Story, actor: Actor, verb: Verb) -> State:
    seen_by(story, actor)
    _check_may(story, actor, verb)
    following = MOVES.get((story.state, verb))
    if following is None:
        raise WrongStoryState(
            f"The story is {story.state}.",
            state=story.state,
            possible=sorted(able for state, able in MOVES if state == story.state),
        )
    return following


def _check_may(story: Story, actor: Actor, verb: Verb) -> None:
    if wrote(story, actor):
        if verb in NEVER_BY_THE_AUTHOR:
            raise OwnStory("Somebody else has to decide on your story.")
        return
    if not actor.roles & MAY[verb]:
        others = ", ".join(sorted(MAY[verb])) or "nobody else"
        raise NotAllowedOnStory(f"This is for the author, and for: {others}.")


def _check_not_over(story: Story, at: datetime) -> None:
    expires_at = story.working.content.expires_at
    if expires_at is not None and expires_at <= at:
        raise StoryExpired("The story has expired meanwhile.", expires_at=expires_at)
