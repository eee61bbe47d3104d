"""The questions about campaigns."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.campaigns import Campaign, CampaignNotFound, CampaignState, Purpose
from services.content.domain.objectives import Objective
from services.content.tables.campaigns import CampaignRow

_OBJECTIVES = TypeAdapter(tuple[Objective, ...])


async def get_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Read a campaign; raises CampaignNotFound."""
    row = await session.get(CampaignRow, (tenant_of(session), campaign_id))
    if row is None:
        raise CampaignNotFound(f"No campaign {campaign_id}.")
    return campaign_of(row)


async def lock_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Lock a campaign; raises CampaignNotFound."""
    row = await session.get(CampaignRow, (tenant_of(session), campaign_id), with_for_update=True)
    if row is None:
        raise CampaignNotFound(f"No campaign {campaign_id}.")
    return campaign_of(row)


async def find_campaign_to_join(session: AsyncSession, campaign_id: UUID) -> Campaign | None:
    """Answer a campaign, or None; it cannot be closed before this transaction is over."""
    row = await session.get(
        CampaignRow, (tenant_of(session), campaign_id), with_for_update={"read": True}
    )
    return campaign_of(row) if row else None


async def campaigns_of_the_tenant(
    session: AsyncSession,
    page: PageRequest,
    *,
    state: CampaignState | None,
    purpose: Purpose | None,
    name: str | None,
    running_at: datetime | None,
) -> Sequence[Campaign]:
    """Answer campaigns, newest first: one more than the page holds; `name` is part of a name."""
    question = select(CampaignRow).order_by(col(CampaignRow.campaign_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(CampaignRow.campaign_id) < after)
    if state is not None:
        closed = col(CampaignRow.closed_at)
        question = question.where(closed.is_(None) if state == "open" else closed.is_not(None))
    if purpose is not None:
        question = question.where(col(CampaignRow.purpose) == purpose)
    if name is not None:
        question = question.where(col(CampaignRow.name).icontains(name, autoescape=True))
    if running_at is not None:
        question = question.where(*runs_between(running_at, running_at))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [campaign_of(row) for row in rows]


def runs_between(begin: datetime, end: datetime) -> tuple[Any, ...]:
    """Answer the conditions under which a campaign runs at some time from `begin` to `end`."""
    row = CampaignRow
    return (
        func.coalesce(col(row.starts_at), col(row.opened_at)) <= end,
        or_(col(row.ends_at).is_(None), col(row.ends_at) > begin),
        or_(col(row.closed_at).is_(None), col(row.closed_at) > begin),
    )


async def save_campaign(session: AsyncSession, campaign: Campaign) -> None:
    """Save a campaign."""
    fields = asdict(campaign)
    fields["owner_ids"] = list(campaign.owner_ids)
    fields["objectives"] = _OBJECTIVES.dump_python(campaign.objectives, mode="json")
    await session.merge(CampaignRow(tenant_id=tenant_of(session), **fields))


def campaign_of(row: CampaignRow) -> Campaign:
    """Answer the campaign that a row holds."""
    fields = row.model_dump(exclude={"tenant_id"})
    fields["owner_ids"] = tuple(row.owner_ids)
    fields["objectives"] = _OBJECTIVES.validate_python(row.objectives)
    return Campaign(**fields)
