"""Our own copy of the rules, and what they find in an advocate's text."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.checks.checking import Held, check_held
from contracts.content import GuidelinePublished, GuidelineRetired
from services.sharing.domain.shares import Share
from services.sharing.store import guidelines as store


async def keep_guideline(session: AsyncSession, event: GuidelinePublished) -> None:
    """Keep the rules of a version that holds. What was retired stays so, whatever comes late."""
    await store.keep_rules(session, event.guideline_id, event.version, event.rules)


async def retire_guideline(session: AsyncSession, event: GuidelineRetired) -> None:
    """Let the rules of a guideline hold no more."""
    await store.mark_retired(session, event.guideline_id, event.version)


async def findings_in(session: AsyncSession, share: Share, *, at: datetime) -> Sequence[Held]:
    """Answer what guidelines find in the advocate's own words: disclosure and link are ours.

    It is found beside the loop: as many rules as there may be take half a second.
    """
    held = await store.rules_that_hold(session)
    return await asyncio.to_thread(
        check_held, share.words, held, network=share.network, language=share.language, at=at
    )
