"""The ideas box: what colleagues would like to read and tell, and what becomes of it (C2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.life import ReasonsMissing
from services.content.domain.stories import Actor, Author

IdeaDecision = Literal["considered", "planned", "declined"]
IdeaState = Literal["new", "considered", "planned", "declined", "withdrawn"]
IdeaStatus = Literal["new", "considered", "planned", "written", "declined", "withdrawn"]

DECIDERS = frozenset({"program_manager", "admin", "author"})
"""The roles that say what becomes of an idea."""

HIDDEN_FROM_COLLEAGUES: frozenset[IdeaState] = frozenset({"declined", "withdrawn"})
"""A no is between an idea's author and those who decide."""


class IdeaNotFound(Refusal):
    """There is no such idea in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Idea not found"


class NotAllowedOnIdea(Refusal):
    """You can see this idea, but neither is it yours nor has your role a say in this."""

    kind = "forbidden"
    title = "Not allowed on this idea"


class OwnIdea(Refusal):
    """Nobody votes for an idea of their own, or decides on it, whatever their roles."""

    kind = "forbidden"
    title = "Your own idea"


class IdeaIsOver(Refusal):
    """An idea that was declined or withdrawn takes no votes and becomes no story."""

    kind = "conflict"
    title = "Idea is over"


class IdeaHasStory(Refusal):
    """An idea becomes one story. Another one can take the place of one that was withdrawn."""

    kind = "conflict"
    title = "Idea has a story"


class IdeasAuthorGone(Refusal):
    """A story needs an author, and the idea's is not active any more: write one, and link it."""

    kind = "conflict"
    title = "The idea's author has left"


class StoryUnknown(Refusal):
    """The story that is named does not exist in your tenant, or you may not see it."""

    kind = "invalid"
    title = "Story is unknown"


@dataclass(frozen=True)
class IdeasStory:
    """The story that an idea became: whether it is live, or was withdrawn."""

    story_id: UUID
    live: bool
    withdrawn: bool


@dataclass(frozen=True)
class Idea:
    """An idea. Its author is credited; of votes only the number is known to anybody."""

    idea_id: UUID
    author: Author
    title: str
    text: str
    language: str
    topics: tuple[str, ...]
    campaign_id: UUID | None
    state: IdeaState
    reason: str | None
    votes: int
    story: IdeasStory | None
    submitted_at: datetime
    decided_at: datetime | None

    @property
    def status(self) -> IdeaStatus:
        """Answer what became of it: it is written as long as its story is live."""
        live = self.story is not None and self.story.live
        return "written" if live and self.state not in HIDDEN_FROM_COLLEAGUES else self.state


def is_own(idea: Idea, actor: Actor) -> bool:
    """Answer whether an idea is somebody's own."""
    return idea.author.person_id == actor.person_id


def check_seen(idea: Idea, actor: Actor) -> None:
    """Check that somebody may see an idea; raises IdeaNotFound."""
    seen = idea.state != "withdrawn" and (
        idea.state not in HIDDEN_FROM_COLLEAGUES or bool(actor.roles & DECIDERS)
    )
    if not (seen or is_own(idea, actor)):
        raise IdeaNotFound(f"No idea {idea.idea_id}.")


def check_trail(idea: Idea, actor: Actor) -> None:
    """Check that somebody may read who decided what: its author, and those who decide."""
    check_seen(idea, actor)
    if not (is_own(idea, actor) or actor.roles & DECIDERS):
        raise NotAllowedOnIdea("This is for the idea's author and for those who decide.")


def vote(idea: Idea, actor: Actor, *, counted: bool) -> Idea:
    """Count somebody's vote, unless it is counted already."""
    check_seen(idea, actor)
    if is_own(idea, actor):
        raise OwnIdea("Others vote for your idea.")
    if idea.state in HIDDEN_FROM_COLLEAGUES:
        raise IdeaIsOver("It takes no votes any more.")
    return idea if counted else replace(idea, votes=idea.votes + 1)


def unvote(idea: Idea, actor: Actor, *, counted: bool) -> Idea:
    """Take somebody's vote back, if it is counted."""
    check_seen(idea, actor)
    return replace(idea, votes=idea.votes - 1) if counted else idea


def decide(
    idea: Idea, actor: Actor, decision: IdeaDecision, reason: str | None, *, at: datetime
) -> Idea:
    """Say what becomes of an idea, and why; this may be said anew, but a no has a reason."""
    check_seen(idea, actor)
    if not actor.roles & DECIDERS:
        raise NotAllowedOnIdea(f"This is for: {', '.join(sorted(DECIDERS))}.")
    if is_own(idea, actor):
        raise OwnIdea("Somebody else has to decide on your idea.")
    if decision == "declined" and reason is None:
        raise ReasonsMissing("Tell the author why.", field="/reason")
    return replace(idea, state=decision, reason=reason, decided_at=at)


def withdraw(idea: Idea, actor: Actor) -> Idea:
    """Take one's own idea back. Doing so twice is the same as once."""
    check_seen(idea, actor)
    if not is_own(idea, actor):
        raise NotAllowedOnIdea("Only its author withdraws an idea.")
    return idea if idea.state == "withdrawn" else replace(idea, state="withdrawn")


def check_takes_a_story(idea: Idea, actor: Actor) -> None:
    """Check that somebody may turn an idea into a story, or say which one it became."""
    check_trail(idea, actor)
    if idea.state in HIDDEN_FROM_COLLEAGUES:
        raise IdeaIsOver("It becomes no story any more.")
    if idea.story is not None and not idea.story.withdrawn:
        raise IdeaHasStory("It has become a story.", story_id=str(idea.story.story_id))


def become(idea: Idea, story: IdeasStory, *, at: datetime) -> Idea:
    """Say which story an idea became; it is planned from then on, and written when that is live."""
    return replace(idea, story=story, state="planned", decided_at=idea.decided_at or at)
