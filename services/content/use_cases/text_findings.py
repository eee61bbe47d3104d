"""Checking texts and stories against the guidelines that hold.

It is done beside the loop: the longest story against as many rules as there may be takes seconds.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person
from contracts.checks.checking import HeldRules
from services.content.domain import text_findings as findings
from services.content.domain.stories import Act, Story, shown
from services.content.domain.text_findings import Findings, StoryAgainstGuidelines
from services.content.store.guidelines import hold_rules, rules_that_hold
from services.content.use_cases.seeing import read_story

_CHECKED: frozenset[Act] = frozenset({"submitted", "approved", "published"})
"""Rules may change in between, so each of these steps asks anew."""


class StoryChecks:
    """Checks of several stories against rules that were read once; each text is looked at once."""

    def __init__(self, held: HeldRules) -> None:
        self._held = held
        self._looked_at: dict[str, StoryAgainstGuidelines | None] = {}

    async def check(self, story: Story, *, at: datetime) -> None:
        """Check what a story says; raises StoryAgainstGuidelines."""
        content_hash = story.working.content_hash
        if content_hash not in self._looked_at:
            try:
                await asyncio.to_thread(
                    findings.check_story, story.working.content, self._held, at=at
                )
                self._looked_at[content_hash] = None
            except StoryAgainstGuidelines as refusal:
                self._looked_at[content_hash] = refusal
        if refused := self._looked_at[content_hash]:
            raise refused


async def begin_checks(session: AsyncSession) -> StoryChecks:
    """Answer how stories are checked against the rules that hold now."""
    return StoryChecks(await rules_that_hold(session))


async def check_text(
    session: AsyncSession, clock: Clock, text: str, *, network: str | None, language: str
) -> Findings:
    """Answer what the guidelines find in a text."""
    held = await rules_that_hold(session)
    return await asyncio.to_thread(
        findings.in_text, text, held, network=network, language=language, at=clock.now()
    )


async def findings_of(session: AsyncSession, clock: Clock, me: Person, story_id: UUID) -> Findings:
    """Answer what the guidelines find in a story, in the version that one may see."""
    story = await read_story(session, clock, me, story_id)
    held = await rules_that_hold(session)
    content = shown(story.working.content, story)
    return await asyncio.to_thread(findings.in_story, content, held, at=clock.now())


async def check_step(
    session: AsyncSession, story: Story, act: Act, *, at: datetime, checks: StoryChecks | None
) -> None:
    """Check a story that takes a step towards its readers; raises StoryAgainstGuidelines.

    Rules that are published while a story is, wait for it: what comes after them heeds them.
    """
    if act == "published":
        await hold_rules(session)
    if act in _CHECKED:
        await (checks or await begin_checks(session)).check(story, at=at)
