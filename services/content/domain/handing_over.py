"""A story is handed over: another goes on with it, and nobody comes to decide on their own."""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.deciders import Actor
from services.content.domain.life import StoryArchived, WrongStoryState
from services.content.domain.stories import Author, Story, made_by, seen_by, wrote

HANDERS = frozenset({"program_manager", "admin"})
"""They hand over what its author cannot any more, as the author may."""

WRITERS = frozenset({"employee", "author"})
"""Who begins a story of their own, and so may have another's."""


class Candidate(Protocol):
    """Somebody active, to whom a story may be handed over."""

    @property
    def person_id(self) -> UUID:
        """Answer who it is."""
        ...

    @property
    def display_name(self) -> str:
        """Answer how they are called."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Answer what they may do."""
        ...


class NotYoursToHandOver(Refusal):
    """A story is handed over by its author, a program manager or an admin."""

    kind = "forbidden"
    title = "Not yours to hand over"


class NewAuthorUnknown(Refusal):
    """Nobody active in your company has this id."""

    kind = "invalid"
    title = "New author is not known"


class NewAuthorMayNotWrite(Refusal):
    """A story goes to somebody who may write one: an employee or an author."""

    kind = "invalid"
    title = "New author may not write"


class NewAuthorHasDecided(Refusal):
    """What they have decided on this text counts: they cannot also be its author.

    They approved it, or somebody did in their name, and the round is not over; or they are the
    principal who made it interactive, and it still is.
    """

    kind = "conflict"
    title = "New author has decided on it"


def hand_over(
    story: Story,
    actor: Actor,
    to_person_id: UUID,
    to: Candidate | None,
    *,
    classified_by: UUID | None = None,
) -> Story:
    """Let a story be somebody else's. Whose it is already comes back as it is.

    `to` is None where nobody active has the id, and `classified_by` is who has given the working
    text the class that it has. What is live stays credited to who was.
    """
    seen_by(story, actor)
    if not (wrote(story, actor) or actor.roles & HANDERS):
        raise NotYoursToHandOver(f"This is for the author, and for: {', '.join(sorted(HANDERS))}.")
    if story.author.person_id == to_person_id:
        return story
    if story.archived_at is not None:
        raise StoryArchived("Take it out of the archive first.")
    if story.state == "withdrawn":
        raise WrongStoryState("It was stopped for good.", state=story.state, possible=["withdraw"])
    if to is None:
        raise NewAuthorUnknown("Nobody active has this id.", field="/to_person_id")
    if not to.roles & WRITERS:
        raise NewAuthorMayNotWrite(
            f"They need one of: {', '.join(sorted(WRITERS))}.", field="/to_person_id"
        )
    _check_has_not_decided(story, to, classified_by)
    return replace(
        story,
        author=Author(to.person_id, to.display_name),
        live_author=story.credited if story.live else None,
        makers=made_by(story) | {to.person_id},
        names={**story.names, to.person_id: to.display_name},
    )


def _check_has_not_decided(story: Story, to: Candidate, classified_by: UUID | None) -> None:
    if to.person_id in _counted(story):
        raise NewAuthorHasDecided("They have decided on this version.")
    # Nobody classifies their own: that it is interactive has spared it a principal's no.
    is_interactive = story.working.content.communication_class == "interactive"
    if is_interactive and to.person_id == classified_by:
        raise NewAuthorHasDecided("They have made it interactive.")


def _counted(story: Story) -> frozenset[UUID]:
    """Answer whose approvals of the working version count, or in whose name they were given."""
    if story.round is None or story.state not in {"in_review", "approved"}:
        return frozenset()
    approvals = story.round.approvals
    named = {one.on_behalf_of for one in approvals if one.on_behalf_of}
    return frozenset({one.decider_id for one in approvals} | named)
