"""What stands where in the hub: pinned before the others, put away, or begun anew from another."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.life import NotAllowedOnStory
from services.content.domain.stories import Actor, State, Story, seen_by, wrote
from services.content.domain.texts import Content

PINNED_MAX = 10
"""Where more than a screen is pinned, nothing is."""

SHELVES = frozenset({"program_manager", "admin"})
"""They put away what others have left lying about, as the author may."""

ARCHIVABLE: frozenset[State] = frozenset({"draft", "changes_requested", "rejected", "withdrawn"})


class StoryInUse(Refusal):
    """What is live, or on its way to be, is not put away: withdraw it, or wait for its end."""

    kind = "conflict"
    title = "Story is in use"


class StoryNotLive(Refusal):
    """Only what colleagues can share is pinned."""

    kind = "conflict"
    title = "Story is not live"


class PinsUsedUp(Refusal):
    """So many stories are pinned that another would stand out no more: unpin one first."""

    kind = "conflict"
    title = "Too many stories are pinned"


class PinEndIsOver(Refusal):
    """A pin's end lies in the future."""

    kind = "invalid"
    title = "Pin's end is over"


def archive(story: Story, actor: Actor, *, at: datetime) -> Story:
    """Put a story away. Doing so twice is the same as once: the story itself comes back."""
    _check_may_shelve(story, actor)
    if story.archived_at is not None:
        return story
    is_read = story.live is not None and not story.expired
    is_over = story.expired and story.state == "live"
    if is_read or not (is_over or story.state in ARCHIVABLE):
        raise StoryInUse(f"The story is {story.state}.", state=story.state)
    return replace(story, archived_at=at)


def unarchive(story: Story, actor: Actor) -> Story:
    """Take a story out of the archive; one that is not there comes back as it is."""
    _check_may_shelve(story, actor)
    return story if story.archived_at is None else replace(story, archived_at=None)


def check_pin(story: Story, actor: Actor, *, until: datetime | None, at: datetime) -> None:
    """Check that a story can be pinned."""
    seen_by(story, actor)
    if story.live is None or story.expired:
        raise StoryNotLive("Only what is live can be pinned.")
    if until is not None and until <= at:
        raise PinEndIsOver("This end is over already.", field="/until")


def anew(
    content: Content,
    *,
    pictures: Collection[UUID],
    people: Collection[UUID],
    at: datetime,
) -> dict[str, Any]:
    """Answer what changes where a text is begun anew: what is over or gone is left out.

    `pictures` and `people` are those that can still be named. It is static: if the other story is
    not, a principal has judged that one.
    """
    changes: dict[str, Any] = {
        "media": [asdict(one) for one in content.media if one.media_id in pictures],
        "contributor_ids": [one for one in content.contributor_ids if one in people],
        "communication_class": "static",
    }
    for name in ("embargo_until", "expires_at"):
        instant = getattr(content, name)
        if instant is not None and instant <= at:
            changes[name] = None
    return changes


def _check_may_shelve(story: Story, actor: Actor) -> None:
    seen_by(story, actor)
    if not (wrote(story, actor) or actor.roles & SHELVES):
        raise NotAllowedOnStory(f"This is for the author, and for: {', '.join(sorted(SHELVES))}.")
