"""The questions about guidelines, their versions, and which of their rules hold."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.people import PEOPLE, TENANTS
from chassis.tenancy import tenant_of
from contracts.checks.checking import HeldRules
from contracts.checks.rules import RULES
from services.content.domain.guidelines import (
    EDITORS,
    Contents,
    Guideline,
    GuidelineLine,
    GuidelineNotFound,
    GuidelineState,
    Version,
    compose,
)
from services.content.domain.rules import compose_rules
from services.content.domain.stories import Actor
from services.content.store.acknowledgements import is_acknowledged_by, is_asked
from services.content.tables.guidelines import (
    AcknowledgementRow,
    GuidelineRow,
    GuidelineVersionRow,
)

_AUDIENCE = ("team_ids", "regions", "countries", "languages")


async def get_guideline(session: AsyncSession, guideline_id: UUID) -> Guideline:
    """Read a guideline; raises GuidelineNotFound."""
    return await _guideline(session, guideline_id, lock=None)


async def lock_guideline(session: AsyncSession, guideline_id: UUID) -> Guideline:
    """Lock a guideline; raises GuidelineNotFound."""
    return await _guideline(session, guideline_id, lock=True)


async def hold_guideline(session: AsyncSession, guideline_id: UUID) -> Guideline:
    """Answer a guideline that nobody changes before the end; raises GuidelineNotFound."""
    return await _guideline(session, guideline_id, lock={"read": True})


async def lock_rules(session: AsyncSession) -> None:
    """Let nobody else of the tenant publish rules until the end of the transaction."""
    await alone_with(session, "guidelines")


async def hold_rules(session: AsyncSession) -> None:
    """Let nobody publish rules until the end; others may hold them meanwhile."""
    await alone_with(session, "guidelines", shared=True)


async def save_guideline(session: AsyncSession, guideline: Guideline) -> None:
    """Save a guideline and its working version; older versions stay as they were."""
    tenant_id = tenant_of(session)
    working, published = guideline.working, guideline.published
    await session.merge(
        GuidelineRow(
            tenant_id=tenant_id,
            guideline_id=guideline.guideline_id,
            version=working.version,
            published_version=published.version if published else None,
            created_at=guideline.created_at,
            retired_at=guideline.retired_at,
        )
    )
    # A version refers to its guideline, so a new guideline is written first.
    await session.flush()
    contents = working.contents
    await session.merge(
        GuidelineVersionRow(
            tenant_id=tenant_id,
            guideline_id=guideline.guideline_id,
            version=working.version,
            name=contents.name,
            advice=[asdict(one) for one in contents.advice],
            rules=RULES.dump_python(contents.rules, mode="json"),
            **{name: list(getattr(contents.audience, name)) for name in _AUDIENCE},
            published_at=working.published_at,
        )
    )


async def rules_that_hold(session: AsyncSession) -> HeldRules:
    """Answer the rules that hold, by guideline; there are at most GUIDELINES_MAX of these."""
    question = (
        select(GuidelineVersionRow.guideline_id, GuidelineVersionRow.rules)
        .join(GuidelineRow, _is_version(col(GuidelineRow.published_version)))
        .where(col(GuidelineRow.retired_at).is_(None))
        .order_by(col(GuidelineVersionRow.guideline_id))
    )
    rows = (await session.exec(question)).all()
    return {guideline_id: compose_rules(rules) for guideline_id, rules in rows}


async def contents_that_hold(session: AsyncSession) -> Mapping[UUID, Contents]:
    """Answer all that holds, by guideline; there are at most GUIDELINES_MAX of these."""
    question = (
        select(GuidelineVersionRow)
        .join(GuidelineRow, _is_version(col(GuidelineRow.published_version)))
        .where(col(GuidelineRow.retired_at).is_(None))
        .order_by(col(GuidelineVersionRow.guideline_id))
    )
    rows = (await session.exec(question)).all()
    return {row.guideline_id: _version(row).contents for row in rows}


async def versions_of(
    session: AsyncSession, guideline_id: UUID, *, newest: int, limit: int
) -> Sequence[Version]:
    """Answer versions up to a number, newest first."""
    question = (
        select(GuidelineVersionRow)
        .where(
            col(GuidelineVersionRow.guideline_id) == guideline_id,
            col(GuidelineVersionRow.version) <= newest,
        )
        .order_by(col(GuidelineVersionRow.version).desc())
        .limit(limit)
    )
    return [_version(row) for row in (await session.exec(question)).all()]


async def guidelines_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: GuidelineState | None,
    acknowledged: bool | None,
) -> Sequence[GuidelineLine]:
    """Answer the guidelines that somebody may see, newest first: one more than the page holds.

    `acknowledged` asks for those that hold: what they have acknowledged, or are still asked to.
    """
    line, version = GuidelineRow, GuidelineVersionRow
    has = col(AcknowledgementRow.person_id).is_not(None)
    question = _lines(actor.person_id)
    if (after := page.after_id()) is not None:
        question = question.where(col(line.guideline_id) < after)
    if not actor.roles & EDITORS:
        question = question.where(col(line.published_version).is_not(None))
    if state is not None:
        question = question.where(_state() == state)
    if acknowledged is not None:
        question = question.where(_state() == "published", has if acknowledged else ~has)
    if acknowledged is False:
        whose = PEOPLE.c.tenant_id == col(version.tenant_id)
        question = (
            question.join(PEOPLE, and_(whose, PEOPLE.c.person_id == actor.person_id))
            .join(TENANTS, TENANTS.c.tenant_id == PEOPLE.c.tenant_id)
            .where(is_asked())
        )
    rows = await (await session.connection()).execute(question.limit(page.limit + 1))
    return [GuidelineLine(**row) for row in rows.mappings()]


def _lines(person_id: UUID) -> Any:
    line, version = GuidelineRow, GuidelineVersionRow
    shown = func.coalesce(col(line.published_version), col(line.version))
    return (
        # SQLModel's own select is typed for four columns at most.
        select(  # type: ignore[call-overload]
            col(line.guideline_id),
            _state().label("state"),
            col(version.version),
            col(version.name),
            col(version.published_at),
            col(AcknowledgementRow.acknowledged_at),
        )
        .select_from(line)
        .join(version, _is_version(shown))
        .outerjoin(AcknowledgementRow, is_acknowledged_by(person_id))
        .order_by(col(line.guideline_id).desc())
    )


def _state() -> ColumnElement[str]:
    """Answer what `Guideline.state` does."""
    return case(
        (col(GuidelineRow.retired_at).is_not(None), "retired"),
        (col(GuidelineRow.published_version).is_(None), "working"),
        else_="published",
    )


def _is_version(number: Any) -> ColumnElement[bool]:
    row, version = GuidelineRow, GuidelineVersionRow
    return and_(
        col(version.tenant_id) == col(row.tenant_id),
        col(version.guideline_id) == col(row.guideline_id),
        col(version.version) == number,
    )


async def _guideline(session: AsyncSession, guideline_id: UUID, *, lock: Any) -> Guideline:
    row = await session.get(GuidelineRow, (tenant_of(session), guideline_id), with_for_update=lock)
    if row is None:
        raise GuidelineNotFound(f"No guideline {guideline_id}.")
    # The versions are read after the lock is held: they are then those that the row names.
    question = select(GuidelineVersionRow).where(
        col(GuidelineVersionRow.guideline_id) == guideline_id,
        col(GuidelineVersionRow.version).in_({row.version, row.published_version or row.version}),
    )
    versions = {one.version: _version(one) for one in (await session.exec(question)).all()}
    return Guideline(
        guideline_id=guideline_id,
        working=versions[row.version],
        published=versions[row.published_version] if row.published_version else None,
        created_at=row.created_at,
        retired_at=row.retired_at,
    )


def _version(row: GuidelineVersionRow) -> Version:
    fields = row.model_dump(include={"name", "advice", "rules"})
    fields["audience"] = row.model_dump(include=set(_AUDIENCE))
    return Version(row.version, compose(fields), row.published_at)
