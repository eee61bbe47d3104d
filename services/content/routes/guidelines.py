"""Guidelines: written, published as versions, acknowledged, retired."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.markdown import MarkdownUnsafe
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import guidelines, languages, rules, texts
from services.content.domain.guidelines import (
    GuidelineLine,
    GuidelineNotFound,
    GuidelineState,
    Shown,
    Tally,
    sees_terms,
)
from services.content.domain.secrecy import SecretOfAnotherTold, SecretTold, SecretToldElsewhere
from services.content.schemas import guidelines as schemas
from services.content.store import guidelines as store
from services.content.use_cases import guidelines as use_cases

router = Router(prefix="/v1/guidelines")

Editor = Annotated[Person, requires("program_manager", "admin")]

GuidelineAsRead = Annotated[IfMatch, if_match(schemas.view_guideline)]

AcknowledgedFilter = Annotated[
    bool | None,
    Query(description="Of those that hold: what you have acknowledged, or are asked to."),
]

_CONTENT_REFUSALS = (
    guidelines.LanguageRepeated,
    guidelines.RulesTooLarge,
    SecretTold,
    languages.LanguageUnknown,
    MarkdownUnsafe,
    rules.RuleRepeated,
    rules.RuleSaysNothing,
    rules.RulesContradict,
    texts.DatesOutOfOrder,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(*_CONTENT_REFUSALS),
)
async def write_guideline(
    body: schemas.GuidelineIn, me: Editor, session: Transaction, clock: Now
) -> schemas.GuidelineView:
    """Begin a guideline. Nobody else sees it, and no rule of it holds, before it is published."""
    written = await use_cases.write_guideline(session, clock, me, body.model_dump())
    return await _rendered(written)


@router.get("", response_model=Page[schemas.GuidelineLineView], **refuses(CursorUnreadable))
async def list_guidelines(
    page: Paging,
    me: Me,
    session: Transaction,
    state: Annotated[
        GuidelineState | None,
        Query(description="`working` was never published; `retired` holds no more."),
    ] = None,
    acknowledged: AcknowledgedFilter = None,
) -> Page[GuidelineLine]:
    """List guidelines, newest first; with `acknowledged=false` what you are asked to read."""
    found = await store.guidelines_seen_by(
        session, me, page, state=state, acknowledged=acknowledged
    )
    return page_of(found, page.limit, lambda line: [line.guideline_id])


@router.get(
    "/{guideline_id}",
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(GuidelineNotFound),
)
async def read_guideline(guideline_id: UUID, me: Me, session: Transaction) -> schemas.GuidelineView:
    """Read a guideline. Confidential terms are shown to who writes and reviews, and to no others.

    Beside the Markdown stands HTML that is safe to show as it is.
    """
    return await _rendered(await use_cases.read_guideline(session, me, guideline_id))


@router.patch(
    "/{guideline_id}",
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(
        GuidelineNotFound,
        guidelines.GuidelineOver,
        *_CONTENT_REFUSALS,
        *preconditions.REFUSALS,
    ),
)
async def edit_guideline(
    guideline_id: UUID,
    body: schemas.GuidelineChangesIn,
    me: Editor,
    expected: GuidelineAsRead,
    session: Transaction,
    clock: Now,
) -> schemas.GuidelineView:
    """Change the working version; what holds stays as it is until this is published."""
    changes = body.model_dump(include=body.model_fields_set)
    return await _rendered(
        await use_cases.edit_guideline(session, clock, me, guideline_id, changes, expected)
    )


@router.post(
    "/{guideline_id}/publish",
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(
        GuidelineNotFound,
        guidelines.GuidelineOver,
        guidelines.GuidelineEmpty,
        guidelines.GuidelinesTooMany,
        guidelines.RulesTooMany,
        guidelines.AdviceTooMuch,
        guidelines.OtherGuidelineContradicts,
        SecretOfAnotherTold,
        SecretToldElsewhere,
    ),
)
async def publish_guideline(
    guideline_id: UUID, me: Editor, session: Transaction, clock: Now
) -> schemas.GuidelineView:
    """Let the working version hold, for stories and shares alike; it asks everybody anew.

    Nothing that another guideline calls confidential may stand in it, and what it newly calls
    confidential in no other that holds: a refusal names the other one, and the `place` of the text,
    as a JSON pointer. Publishing twice is the same as once.
    """
    published = await use_cases.publish_guideline(session, clock, me, guideline_id)
    return await _rendered(published)


@router.post(
    "/{guideline_id}/retire",
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(GuidelineNotFound, guidelines.GuidelineNotPublished),
)
async def retire_guideline(
    guideline_id: UUID, me: Editor, session: Transaction, clock: Now
) -> schemas.GuidelineView:
    """Let a guideline hold no more, for good. Retiring twice is the same as once."""
    retired = await use_cases.retire_guideline(session, clock, me, guideline_id)
    return await _rendered(retired)


@router.post(
    "/{guideline_id}/acknowledge",
    response_model=schemas.GuidelineView,
    response_class=Versioned,
    **refuses(
        GuidelineNotFound,
        guidelines.GuidelineNotPublished,
        guidelines.GuidelineOver,
        guidelines.VersionNotCurrent,
    ),
)
async def acknowledge_guideline(
    guideline_id: UUID, body: schemas.AcknowledgementIn, me: Me, session: Transaction, clock: Now
) -> schemas.GuidelineView:
    """Say that you have read the version that holds; once per version, and again for the next.

    Nobody is shown who has, nor who has not.
    """
    return await _rendered(
        await use_cases.acknowledge(session, clock, me, guideline_id, body.version)
    )


@router.get(
    "/{guideline_id}/versions",
    response_model=Page[schemas.HistoryEntryView],
    **refuses(CursorUnreadable, GuidelineNotFound),
)
async def list_guideline_versions(
    guideline_id: UUID, page: Paging, me: Me, session: Transaction
) -> Page[schemas.HistoryEntryView]:
    """List a guideline's versions, newest first, each with what differs from the one before."""
    entries = await use_cases.read_history(session, me, guideline_id, page)
    shown = [schemas.view_history_entry(one, with_terms=sees_terms(me)) for one in entries]
    return page_of(shown, page.limit, lambda entry: [entry.version])


@router.get(
    "/{guideline_id}/acknowledgements",
    response_model=schemas.TallyView,
    **refuses(GuidelineNotFound, guidelines.GuidelineNotPublished),
)
async def count_acknowledgements(
    guideline_id: UUID, _editor: Editor, session: Transaction
) -> Tally:
    """Count who was asked to acknowledge the version that holds, and who has; never who (V1)."""
    return await use_cases.read_tally(session, guideline_id)


async def _rendered(shown: Shown) -> schemas.GuidelineView:
    return await asyncio.to_thread(schemas.view_guideline, shown)
