"""What can be done to delegations: made, and ended."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person, find_person
from services.content.domain import delegations
from services.content.domain.delegations import Delegation
from services.content.store import delegations as store
from services.content.store.policies import get_policy


async def delegate(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    to_person_id: UUID,
    *,
    begins_at: datetime | None,
    ends_at: datetime,
    policy_id: UUID | None,
    stage: str | None,
) -> Delegation:
    """Let somebody decide in one's own name for a time."""
    now = clock.now()
    delegation = Delegation(
        delegation_id=new_id(),
        from_person_id=me.person_id,
        to_person_id=to_person_id,
        begins_at=begins_at or now,
        ends_at=ends_at,
        policy_id=policy_id,
        stage=stage,
        created_at=now,
    )
    await store.lock_delegations_to(session, to_person_id)
    running = await store.running_to(session, to_person_id, at=now)
    delegations.check(delegation, running, at=now)
    if await find_person(session, to_person_id) is None:
        raise delegations.DelegateUnknown("Nobody active has this id.", field="/to_person_id")
    if policy_id is not None:
        await get_policy(session, policy_id)
    await store.save_delegation(session, delegation)
    return delegation


async def end_delegation(
    session: AsyncSession, clock: Clock, me: Person, delegation_id: UUID
) -> Delegation:
    """End a delegation from oneself or to oneself at once."""
    delegation = await store.lock_delegation(session, delegation_id, me.person_id)
    ended = delegations.end(delegation, me.person_id, at=clock.now())
    await store.save_delegation(session, ended)
    return ended
