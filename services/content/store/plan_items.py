"""The questions about plan items."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.calendar import READERS, ItemNotFound, ItemState, PlanItem
from services.content.domain.stories import Actor
from services.content.domain.texts import Audience
from services.content.tables.calendar import PlanItemRow
from services.content.tables.campaigns import CampaignRow
from services.content.tables.plans import PlanInvitationRow


async def get_item(session: AsyncSession, actor: Actor, item_id: UUID) -> PlanItem:
    """Read a plan item that somebody may see; raises ItemNotFound."""
    return await _item(session, actor, item_id, lock=False)


async def lock_item(session: AsyncSession, actor: Actor, item_id: UUID) -> PlanItem:
    """Lock a plan item that somebody may see; raises ItemNotFound."""
    return await _item(session, actor, item_id, lock=True)


async def items_seen_by(
    session: AsyncSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: ItemState | None,
    campaign_id: UUID | None,
    mine: bool,
) -> Sequence[PlanItem]:
    """Answer the plan items that somebody may see, newest first: one more than a page holds."""
    row = PlanItemRow
    question = select(row).where(item_seen_by(actor)).order_by(col(row.item_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(row.item_id) < after)
    if state is not None:
        dropped, linked = col(row.dropped_at).is_not(None), col(row.story_id).is_not(None)
        is_state = {
            "dropped": dropped,
            "linked": and_(~dropped, linked),
            "planned": and_(~dropped, ~linked),
        }
        question = question.where(is_state[state])
    if campaign_id is not None:
        question = question.where(col(row.campaign_id) == campaign_id)
    if mine:
        question = question.where(col(row.responsible_id) == actor.person_id)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [item_of(row) for row in rows]


async def save_item(session: AsyncSession, item: PlanItem) -> None:
    """Save a plan item."""
    fields = asdict(item)
    fields["networks"] = list(item.networks)
    fields["audience"] = {
        name: [str(one) for one in entries] for name, entries in fields["audience"].items()
    }
    await session.merge(PlanItemRow(tenant_id=tenant_of(session), **fields))
    await session.flush()


def item_seen_by(actor: Actor) -> Any:
    """Answer the condition under which somebody sees a plan item.

    Who plans or reviews sees all; others what they carry, made, own the campaign of, or were asked
    to take part in and did not decline.
    """
    if actor.roles & READERS:
        return true()
    row, me = PlanItemRow, actor.person_id
    owns = exists().where(
        col(CampaignRow.tenant_id) == col(row.tenant_id),
        col(CampaignRow.campaign_id) == col(row.campaign_id),
        col(CampaignRow.owner_ids).contains([me]),
    )
    return or_(
        col(row.responsible_id) == me, col(row.created_by) == me, owns, _asked(me, "open"),
        takes_part(me),
    )  # fmt: skip


def takes_part(me: UUID) -> Any:
    """Answer the condition under which somebody said yes to a plan item, or to its campaign."""
    return _asked(me, "accepted")


def item_of(row: PlanItemRow) -> PlanItem:
    """Answer the plan item that a row holds."""
    fields = row.model_dump(exclude={"tenant_id"})
    audience = {**row.audience, "team_ids": [UUID(one) for one in row.audience["team_ids"]]}
    fields["audience"] = Audience(**{name: tuple(one) for name, one in audience.items()})
    fields["networks"] = tuple(row.networks)
    return PlanItem(**fields)


def _asked(me: UUID, answer: str) -> Any:
    row = PlanInvitationRow
    return exists().where(
        col(row.tenant_id) == col(PlanItemRow.tenant_id),
        col(row.person_id) == me,
        col(row.answer) == answer,
        or_(
            col(row.item_id) == col(PlanItemRow.item_id),
            col(row.campaign_id) == col(PlanItemRow.campaign_id),
        ),
    )


async def _item(session: AsyncSession, actor: Actor, item_id: UUID, *, lock: bool) -> PlanItem:
    question = select(PlanItemRow).where(col(PlanItemRow.item_id) == item_id, item_seen_by(actor))
    row = (await session.exec(question.with_for_update() if lock else question)).first()
    if row is None:
        raise ItemNotFound(f"No plan item {item_id}.")
    return item_of(row)
