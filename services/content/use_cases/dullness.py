"""Texts are checked for dullness: nothing is decided, saved or announced.

In a thread, since the largest story takes long enough (0.3 s) to make others wait.
"""

import asyncio
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person
from services.content.domain.dullness import versions
from services.content.domain.dullness.versions import Checked, CheckedStory
from services.content.use_cases.seeing import read_story


async def check_text(text: str, language: str) -> Checked:
    """Check a text."""
    return await asyncio.to_thread(versions.check_text, text, language)


async def check_story(
    session: AsyncSession, clock: Clock, me: Person, story_id: UUID
) -> CheckedStory:
    """Check all texts of the version of a story that somebody may see."""
    story = await read_story(session, clock, me, story_id)
    return await asyncio.to_thread(versions.check_version, story_id, story.working)
