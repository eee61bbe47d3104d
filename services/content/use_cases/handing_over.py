"""What can be done so that somebody else goes on with a story: load, decide, save."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person, find_person
from services.content.domain import handing_over
from services.content.domain.stories import Story
from services.content.store.rounds import save_round
from services.content.store.stories import lock_story
from services.content.store.trail import Told, find_classifier
from services.content.use_cases.approval import keep


async def hand_over_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    story_id: UUID,
    to_person_id: UUID,
    comment: str | None,
) -> Story:
    """Hand a story over. The others hear of it with the next version that goes live."""
    now = clock.now()
    story = await lock_story(session, story_id)
    to = await find_person(session, to_person_id)
    classified_by = await find_classifier(session, story)
    handed = handing_over.hand_over(story, me, to_person_id, to, classified_by=classified_by)
    if handed is story:
        return story
    told = Told(
        "handed_over",
        comment=comment,
        from_person_id=story.author.person_id,
        to_person_id=to_person_id,
    )
    kept = await keep(session, story, handed, me, told, at=now)
    if kept.round and kept.round.state == "open":
        # Its makers are more by one, and what waits must wait for none of them.
        await save_round(session, kept)
    return kept
