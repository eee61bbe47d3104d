"""The questions about review rounds, and about what waits for whom."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from services.content.domain.policies import Plan
from services.content.domain.rounds import Approval, Round
from services.content.domain.stories import Story, made_by
from services.content.tables.approval import RoundRow, TaskRow

_PLAN = TypeAdapter(Plan)
_APPROVALS = TypeAdapter(tuple[Approval, ...])


async def latest_round(session: AsyncSession, story_id: UUID) -> Round | None:
    """Answer the round of a story that is under way, or was the last one."""
    question = (
        select(RoundRow)
        .where(col(RoundRow.story_id) == story_id)
        .order_by(col(RoundRow.round).desc())
        .limit(1)
    )
    row = (await session.exec(question)).first()
    return _round(row) if row else None


async def save_round(session: AsyncSession, story: Story) -> None:
    """Save a story's round, and for whom it waits now; the story's lock keeps the order."""
    round_ = story.round
    if round_ is None:
        return
    tenant_id, content = tenant_of(session), story.working.content
    filters: dict[str, Any] = {
        "kind": content.kind,
        "campaign_id": content.campaign_id,
        "communication_class": content.communication_class,
        "submitted_at": round_.submitted_at,
        "stage": round_.stage.name,
        "due_at": round_.due_at,
    }
    await session.merge(
        RoundRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            round=round_.number,
            version=round_.version,
            content_hash=round_.content_hash,
            plan=_PLAN.dump_python(round_.plan, mode="json"),
            state=round_.state,
            stage_index=round_.stage_index,
            stage_since=round_.stage_since,
            wake_at=round_.wake_at,
            marks_passed=round_.marks_passed,
            approvals=_APPROVALS.dump_python(round_.approvals, mode="json"),
            approvals_missing=round_.approvals_missing,
            **filters,
        )
    )
    await session.flush()
    await session.exec(delete(TaskRow).where(col(TaskRow.story_id) == story.story_id))
    barred = sorted(made_by(story) | round_.taken)
    waits = round_.deciders.keys() if round_.state == "open" else ()
    session.add_all(
        TaskRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            waits_for=key,
            round=round_.number,
            policy_id=round_.plan.policy_id,
            barred=barred,
            **filters,
        )
        for key in sorted(waits)
    )


def _round(row: RoundRow) -> Round:
    return Round(
        number=row.round,
        version=row.version,
        content_hash=row.content_hash,
        plan=_PLAN.validate_python(row.plan),
        state=row.state,  # type: ignore[arg-type]  # only save_round writes it
        submitted_at=row.submitted_at,
        stage_index=row.stage_index,
        stage_since=row.stage_since,
        marks_passed=row.marks_passed,
        approvals=_APPROVALS.validate_python(row.approvals),
    )
