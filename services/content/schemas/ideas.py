"""The shapes of ideas."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from chassis.schemas import InShape, OutShape
from services.content.domain.ideas import Idea, IdeaDecision, IdeaStatus
from services.content.schemas.fields import Body, Language, Reason, Title, Topic
from services.content.schemas.stories import AuthorView


class IdeaIn(InShape):
    """An idea for the box: what it is about, in a title and in your words."""

    title: Title
    text: Body
    language: Language
    topics: list[Topic] = Field(default_factory=list, max_length=10)
    campaign_id: UUID | None = None


class IdeaDecisionIn(InShape):
    """What becomes of an idea. Its author reads the reason, which a no must have."""

    decision: IdeaDecision
    reason: Reason | None = None


class IdeaLinkIn(InShape):
    """Which story an idea became."""

    story_id: UUID


class IdeaView(OutShape):
    """An idea. `voted` says whether you have; who else has is shown to nobody.

    It is `written` as long as its story is live.
    """

    idea_id: UUID
    author: AuthorView
    title: str
    text: str
    language: str
    topics: list[str]
    campaign_id: UUID | None
    status: IdeaStatus
    reason: str | None
    votes: int
    voted: bool
    story_id: UUID | None
    submitted_at: datetime
    decided_at: datetime | None


def view_idea(idea: Idea, *, voted: bool) -> IdeaView:
    """Show an idea to somebody who voted for it or did not."""
    story_id = idea.story.story_id if idea.story else None
    return IdeaView.model_validate(
        {
            **{name: getattr(idea, name) for name in IdeaView.model_fields if hasattr(idea, name)},
            "voted": voted,
            "story_id": story_id,
        }
    )
