"""The questions about approval policies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select as select_of
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain.deciders import Deciders
from services.content.domain.policies import DeciderUnknown, Policy, PolicyNotFound
from services.content.tables.approval import PolicyRow
from services.content.tables.campaigns import CampaignRow

_POLICY = TypeAdapter(Policy)


async def get_policy(session: AsyncSession, policy_id: UUID) -> Policy:
    """Read a policy; raises PolicyNotFound."""
    return await _policy_of(session, policy_id, lock=False)


async def lock_policy(session: AsyncSession, policy_id: UUID) -> Policy:
    """Lock a policy; raises PolicyNotFound."""
    return await _policy_of(session, policy_id, lock=True)


async def lock_policies(session: AsyncSession) -> None:
    """Let nobody else of the tenant make a policy until the end: they are counted."""
    await alone_with(session, "approval_policies")


async def active_policies(session: AsyncSession) -> Sequence[Policy]:
    """Answer all policies that hold for new rounds; domain's POLICIES_MAX bounds them."""
    question = select(PolicyRow).where(col(PolicyRow.archived_at).is_(None))
    return [_policy(row) for row in (await session.exec(question)).all()]


async def policies_of_the_tenant(
    session: AsyncSession, page: PageRequest, *, archived: bool | None
) -> Sequence[Policy]:
    """Answer policies, newest first: one more than the page holds."""
    question = select(PolicyRow).order_by(col(PolicyRow.policy_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(PolicyRow.policy_id) < after)
    if archived is not None:
        is_active = col(PolicyRow.archived_at).is_(None)
        question = question.where(~is_active if archived else is_active)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_policy(row) for row in rows]


async def save_policy(session: AsyncSession, policy: Policy) -> None:
    """Save a policy."""
    fields: dict[str, Any] = _POLICY.dump_python(policy)
    fields["stages"] = _POLICY.dump_python(policy, mode="json", include={"stages"})["stages"]
    for name in ("kinds", "campaign_ids"):
        fields[name] = list(fields[name])
    await session.merge(PolicyRow(tenant_id=tenant_of(session), **fields))


async def check_deciders_known(session: AsyncSession, deciders: Deciders) -> None:
    """Check that all who are named are active, and somebody is in each team.

    Raises DeciderUnknown.
    """
    asked = {*deciders.person_ids, *deciders.team_ids}
    active = (PEOPLE.c.tenant_id == tenant_of(session)) & PEOPLE.c.active
    known = (
        select_of(PEOPLE.c.person_id)
        .where(active, PEOPLE.c.person_id.in_(deciders.person_ids))
        .union(select_of(PEOPLE.c.team_id).where(active, PEOPLE.c.team_id.in_(deciders.team_ids)))
    )
    rows = await (await session.connection()).execute(known)
    if unknown := asked - set(rows.scalars()):
        raise DeciderUnknown("Not everybody is there.", unknown=sorted(str(one) for one in unknown))


async def campaigns_known(session: AsyncSession, campaign_ids: Sequence[UUID]) -> bool:
    """Answer whether all campaigns are the tenant's."""
    asked = set(campaign_ids)
    question = select(func.count()).where(col(CampaignRow.campaign_id).in_(asked))
    return (await session.exec(question)).one() == len(asked)


async def _policy_of(session: AsyncSession, policy_id: UUID, *, lock: bool) -> Policy:
    key = (tenant_of(session), policy_id)
    row = await session.get(PolicyRow, key, with_for_update=lock or None)
    if row is None:
        raise PolicyNotFound(f"No policy {policy_id}.")
    return _policy(row)


def _policy(row: PolicyRow) -> Policy:
    return _POLICY.validate_python(row.model_dump(exclude={"tenant_id"}))
