"""What can be done in the directory: load, decide, save, announce."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox, tenancy
from chassis import people as callers
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.preconditions import IfMatch
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    PersonState,
    TeamChanged,
    TeamCreated,
    TenantChanged,
    TenantRegistered,
)
from services.directory import domain, store
from services.directory.domain import Person, Team, Tenant


async def register_tenant(
    session: AsyncSession, clock: Clock, fields: dict[str, Any], first_admin: dict[str, Any]
) -> Tenant:
    """Admit a company, with the one person who can let the others in."""
    now = clock.now()
    tenant = Tenant(tenant_id=new_id(), **fields)
    domain.change_tenant(tenant, {})
    await _check_door(session, tenant)
    await tenancy.enter(session, tenant.tenant_id)
    await store.save_tenant(session, tenant, at=now)
    outbox.add(session, TenantRegistered(**asdict(tenant)), at=now)
    await _let_in(session, {**first_admin, "roles": ["admin", "employee"]}, at=now)
    return tenant


async def get_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """Read any tenant, as the operator."""
    await tenancy.enter(session, tenant_id)
    return await store.get_tenant(session, tenant_id)


async def change_tenant(
    session: AsyncSession,
    clock: Clock,
    tenant_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Tenant:
    """Change a tenant, as the operator."""
    await tenancy.enter(session, tenant_id)
    tenant = await store.lock_tenant(session, tenant_id)
    changed = domain.change_tenant(tenant, changes)
    await _check_door(session, changed)
    expected.check(tenant)
    changed_at = await store.save_tenant(session, changed, at=clock.now())
    outbox.add(session, TenantChanged(**asdict(changed)), at=changed_at)
    return changed


async def describe_me(session: AsyncSession, me: callers.Person) -> tuple[callers.Person, Tenant]:
    """Answer who calls, and in which company."""
    return me, await store.get_tenant(session, tenancy.tenant_of(session))


async def create_team(session: AsyncSession, clock: Clock, name: str) -> Team:
    """Create a team."""
    await _lock_names(session)
    team = Team(team_id=new_id(), name=name)
    await _check_team_name(session, team)
    await store.save_team(session, team)
    outbox.add(session, TeamCreated(**asdict(team)), at=clock.now())
    return team


async def rename_team(
    session: AsyncSession, clock: Clock, team_id: UUID, name: str, expected: IfMatch
) -> Team:
    """Give a team another name."""
    await _lock_names(session)
    current = await store.lock_team(session, team_id)
    team = Team(team_id=team_id, name=name)
    await _check_team_name(session, team)
    expected.check(current)
    await store.save_team(session, team)
    outbox.add(session, TeamChanged(**asdict(team)), at=clock.now())
    return team


async def provision_person(session: AsyncSession, clock: Clock, fields: dict[str, Any]) -> Person:
    """Let a person in."""
    return await _let_in(session, fields, at=clock.now())


async def _let_in(session: AsyncSession, fields: dict[str, Any], *, at: datetime) -> Person:
    await _lock_names(session)
    person = Person(**{**fields, "person_id": new_id(), "roles": frozenset(fields["roles"])})
    domain.check_place(country=person.country, language=person.language, time_zone=person.time_zone)
    if await store.subject_taken(session, person.subject):
        raise domain.SubjectTaken("Somebody has this subject already.", field="/subject")
    await _check_team(session, person.team_id)
    await store.save_person(session, person, at=at)
    outbox.add(session, PersonProvisioned(**_state(person)), at=at)
    return person


async def change_person(
    session: AsyncSession,
    clock: Clock,
    person_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> Person:
    """Change what is known of a person, or what they may do."""
    if "roles" in changes:
        changes = {**changes, "roles": frozenset(changes["roles"])}
    # The tenant's lock comes first, so that two admins cannot take each other's role away at once.
    await store.lock_tenant(session, tenancy.tenant_of(session))
    person = await store.lock_person(session, person_id)
    changed = domain.change_person(person, changes, admins=await store.count_admins(session))
    await _check_team(session, changed.team_id)
    expected.check(person)
    changed_at = await store.save_person(session, changed, at=clock.now())
    outbox.add(session, PersonChanged(**_state(changed)), at=changed_at)
    return changed


async def deactivate_person(session: AsyncSession, clock: Clock, person_id: UUID) -> Person:
    """Take a person out; the others hear of it and end whatever they may do (G12).

    A second time changes and announces nothing.
    """
    await store.lock_tenant(session, tenancy.tenant_of(session))
    person = await store.lock_person(session, person_id)
    if not person.active:
        return person
    gone = domain.deactivate_person(person, admins=await store.count_admins(session))
    changed_at = await store.save_person(session, gone, at=clock.now())
    outbox.add(session, PersonDeactivated(**_state(gone)), at=changed_at)
    return gone


async def _lock_names(session: AsyncSession) -> None:
    # Of two at once with one name the second must see the first, and be told so.
    await store.lock_tenant(session, tenancy.tenant_of(session))


async def _check_door(session: AsyncSession, tenant: Tenant) -> None:
    await store.lock_doors(session)
    taken = await store.slug_or_issuer_taken(
        session, slug=tenant.slug, issuer=tenant.issuer, except_tenant=tenant.tenant_id
    )
    if taken:
        raise domain.TenantTaken("Another tenant has this slug or this issuer.")


async def _check_team_name(session: AsyncSession, team: Team) -> None:
    if await store.team_name_taken(session, team.name, except_team=team.team_id):
        raise domain.TeamNameTaken(f"There is a team {team.name!r} already.", field="/name")


async def _check_team(session: AsyncSession, team_id: UUID | None) -> None:
    if team_id is not None and await store.find_team(session, team_id) is None:
        raise domain.TeamUnknown(f"No team {team_id}.", field="/team_id")


def _state(person: Person) -> dict[str, Any]:
    state = asdict(person) | {"roles": sorted(person.roles)}
    assert set(state) == set(PersonState.model_fields)
    return state
