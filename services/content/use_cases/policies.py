"""What can be done to approval policies; rounds keep what they began with."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.preconditions import IfMatch
from services.content.domain import policies
from services.content.domain.campaigns import CampaignUnknown
from services.content.domain.policies import POLICIES_MAX, Policy
from services.content.store import policies as store


async def make_policy(session: AsyncSession, clock: Clock, fields: dict[str, Any]) -> Policy:
    """Make a policy; it holds for rounds that begin from now on."""
    policy = Policy(policy_id=new_id(), created_at=clock.now(), **fields)
    await _check(session, policy)
    await store.lock_policies(session)
    if len(await store.active_policies(session)) >= POLICIES_MAX:
        raise policies.PoliciesTooMany("Archive what is not needed.")
    await store.save_policy(session, policy)
    return policy


async def change_policy(
    session: AsyncSession, policy_id: UUID, changes: dict[str, Any], expected: IfMatch
) -> Policy:
    """Change a policy; rounds that are under way keep what they began with."""
    policy = await store.lock_policy(session, policy_id)
    policies.check_not_archived(policy)
    changed = replace(policy, **changes)
    await _check(session, changed)
    expected.check(policy)
    await store.save_policy(session, changed)
    return changed


async def archive_policy(session: AsyncSession, clock: Clock, policy_id: UUID) -> Policy:
    """Let a policy hold for no new round."""
    policy = await store.lock_policy(session, policy_id)
    archived = policies.archive(policy, at=clock.now())
    await store.save_policy(session, archived)
    return archived


async def _check(session: AsyncSession, policy: Policy) -> None:
    policies.check(policy)
    await store.check_deciders_known(session, policies.deciders_of(policy))
    if not await store.campaigns_known(session, policy.campaign_ids):
        raise CampaignUnknown("Not all of these campaigns are there.", field="/campaign_ids")
