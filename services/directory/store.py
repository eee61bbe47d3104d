"""The questions that the directory asks its database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people as callers
from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.directory.domain import (
    Person,
    PersonNotFound,
    Team,
    TeamNotFound,
    Tenant,
    TenantLine,
    TenantNotFound,
)
from services.directory.tables import PersonRow, TeamRow, TenantDoorRow, TenantRow


async def lock_doors(session: AsyncSession) -> None:
    """Be the only one who gives out slugs and issuers until this transaction is over."""
    lock = select(func.pg_advisory_xact_lock(func.hashtextextended("tenant_doors", 0)))
    await (await session.connection()).execute(lock)


async def slug_or_issuer_taken(
    session: AsyncSession, *, slug: str, issuer: str, except_tenant: UUID
) -> bool:
    """Answer whether another tenant has this slug or this issuer."""
    question = select(TenantDoorRow.tenant_id).where(
        (col(TenantDoorRow.slug) == slug) | (col(TenantDoorRow.issuer) == issuer),
        col(TenantDoorRow.tenant_id) != except_tenant,
    )
    return (await session.exec(question.limit(1))).first() is not None


async def tenants_of_the_platform(session: AsyncSession, page: PageRequest) -> Sequence[TenantLine]:
    """Answer the tenants, newest first: one more than the page holds."""
    question = select(TenantDoorRow).order_by(col(TenantDoorRow.tenant_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(TenantDoorRow.tenant_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [TenantLine(**row.model_dump()) for row in rows]


async def lock_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """Lock the tenant that the transaction serves; raises TenantNotFound."""
    row = await session.get(TenantRow, tenant_id, with_for_update=True)
    if row is None:
        raise TenantNotFound(f"No tenant {tenant_id}.")
    return Tenant(**row.model_dump(exclude={"changed_at"}))


async def get_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """Read a tenant; raises TenantNotFound."""
    row = await session.get(TenantRow, tenant_id)
    if row is None:
        raise TenantNotFound(f"No tenant {tenant_id}.")
    return Tenant(**row.model_dump(exclude={"changed_at"}))


async def save_tenant(session: AsyncSession, tenant: Tenant, *, at: datetime) -> datetime:
    """Save a tenant, and its door; answers when it was: after whatever was saved of it before."""
    changed_at = _after(await session.get(TenantRow, tenant.tenant_id), at)
    await session.merge(TenantRow(**asdict(tenant), changed_at=changed_at))
    await session.merge(
        TenantDoorRow(
            tenant_id=tenant.tenant_id,
            slug=tenant.slug,
            issuer=tenant.issuer,
            name=tenant.name,
            active=tenant.active,
        )
    )
    return changed_at


async def team_name_taken(session: AsyncSession, name: str, *, except_team: UUID) -> bool:
    """Answer whether another team of the tenant has this name."""
    question = select(TeamRow.team_id).where(
        col(TeamRow.name) == name, col(TeamRow.team_id) != except_team
    )
    return (await session.exec(question.limit(1))).first() is not None


async def teams_of_the_tenant(session: AsyncSession, page: PageRequest) -> Sequence[Team]:
    """Answer the teams, newest first: one more than the page holds."""
    question = select(TeamRow).order_by(col(TeamRow.team_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(TeamRow.team_id) < after)
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [Team(team_id=row.team_id, name=row.name) for row in rows]


async def get_team(session: AsyncSession, team_id: UUID) -> Team:
    """Read a team; raises TeamNotFound."""
    team = await find_team(session, team_id)
    if team is None:
        raise TeamNotFound(f"No team {team_id}.")
    return team


async def find_team(session: AsyncSession, team_id: UUID) -> Team | None:
    """Answer a team, or None."""
    row = await session.get(TeamRow, (tenant_of(session), team_id))
    return Team(team_id=row.team_id, name=row.name) if row else None


async def lock_team(session: AsyncSession, team_id: UUID) -> Team:
    """Lock a team; raises TeamNotFound."""
    row = await session.get(TeamRow, (tenant_of(session), team_id), with_for_update=True)
    if row is None:
        raise TeamNotFound(f"No team {team_id}.")
    return Team(team_id=row.team_id, name=row.name)


async def save_team(session: AsyncSession, team: Team) -> None:
    """Save a team."""
    await session.merge(TeamRow(tenant_id=tenant_of(session), **asdict(team)))


async def subject_taken(session: AsyncSession, subject: str) -> bool:
    """Answer whether somebody of the tenant has this subject, active or not."""
    question = select(PersonRow.person_id).where(col(PersonRow.subject) == subject)
    return (await session.exec(question)).first() is not None


async def people_of_the_tenant(
    session: AsyncSession,
    page: PageRequest,
    *,
    team_id: UUID | None,
    role: str | None,
    active: bool | None,
    name: str | None,
) -> Sequence[Person]:
    """Answer people, newest first: one more than the page holds. `name` is part of a name."""
    question = select(PersonRow).order_by(col(PersonRow.person_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(PersonRow.person_id) < after)
    if team_id is not None:
        question = question.where(col(PersonRow.team_id) == team_id)
    if role is not None:
        question = question.where(col(PersonRow.roles).contains([role]))
    if active is not None:
        question = question.where(col(PersonRow.active) == active)
    if name is not None:
        question = question.where(col(PersonRow.display_name).icontains(name, autoescape=True))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_person(row) for row in rows]


async def get_person(session: AsyncSession, person_id: UUID) -> Person:
    """Read a person; raises PersonNotFound."""
    row = await session.get(PersonRow, (tenant_of(session), person_id))
    if row is None:
        raise PersonNotFound(f"No person {person_id}.")
    return _person(row)


async def lock_person(session: AsyncSession, person_id: UUID) -> Person:
    """Lock a person; raises PersonNotFound."""
    # Read anew: whoever changes themselves was read before, as the caller and without the lock.
    row = await session.get(
        PersonRow,
        (tenant_of(session), person_id),
        with_for_update=True,
        populate_existing=True,
    )
    if row is None:
        raise PersonNotFound(f"No person {person_id}.")
    return _person(row)


async def count_admins(session: AsyncSession) -> int:
    """Answer how many active admins the tenant has."""
    question = select(func.count()).where(
        col(PersonRow.active), col(PersonRow.roles).contains(["admin"])
    )
    return (await session.exec(question)).one()


async def save_person(session: AsyncSession, person: Person, *, at: datetime) -> datetime:
    """Save a person; answers when it was: after whatever was saved of them before."""
    key = (tenant_of(session), person.person_id)
    changed_at = _after(await session.get(PersonRow, key), at)
    fields = asdict(person) | {"roles": sorted(person.roles), "changed_at": changed_at}
    await session.merge(PersonRow(tenant_id=tenant_of(session), **fields))
    return changed_at


async def find_caller(session: AsyncSession, subject: str) -> callers.Person | None:
    """Answer the active person whom a token's subject names: here the directory asks itself."""
    question = select(PersonRow).where(col(PersonRow.subject) == subject, col(PersonRow.active))
    row = (await session.exec(question)).first()
    return callers.Person(**asdict(_person(row))) if row else None


def _after(known: TenantRow | PersonRow | None, at: datetime) -> datetime:
    # Others tell old news from new by its time, and two processes' clocks may differ.
    return max(at, known.changed_at + timedelta(microseconds=1)) if known else at


def _person(row: PersonRow) -> Person:
    fields = row.model_dump(exclude={"tenant_id", "roles", "changed_at"})
    return Person(**fields, roles=frozenset(row.roles))
