"""Any text and every story can be checked for dullness; nothing is blocked (C5)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.callers import Me, Now, Transaction
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain.dullness.checking import Language, NothingToCheck, checked_language
from services.content.domain.stories import StoryNotFound
from services.content.schemas import dullness as schemas
from services.content.use_cases import dullness as use_cases

router = Router(prefix="/v1")

LanguageFilter = Annotated[
    Language | None, Query(description="Left out: yours, if it is one of these, else English.")
]


@router.post("/dullness/check", response_model=schemas.DullnessView, **refuses(NothingToCheck))
async def check_text(
    body: schemas.DullnessCheckIn, me: Me, _session: Transaction
) -> schemas.DullnessView:
    """Say how dull a text is, by which rules, and where. Danish and English are checked."""
    checked = await use_cases.check_text(body.text, body.language)
    return schemas.view_checked(checked, me.language)


@router.get("/dullness/rules", response_model=schemas.DullnessRulesView, **refuses())
async def list_rules(me: Me, language: LanguageFilter = None) -> schemas.DullnessRulesView:
    """List the rules with their examples of better lines: a lesson by itself."""
    return schemas.view_rules(language or checked_language(me.language) or "en")


@router.get(
    "/stories/{story_id}/dullness",
    response_model=schemas.StoryDullnessView,
    **refuses(StoryNotFound, NothingToCheck),
)
async def check_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryDullnessView:
    """Say how dull the version of a story is that you see: its body, and each of its variants."""
    checked = await use_cases.check_story(session, clock, me, story_id)
    return schemas.view_checked_story(checked, me.language)
