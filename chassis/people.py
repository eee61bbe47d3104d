"""Every service's own small copy of the directory: who somebody is and what they may do.

Fed by the compacted directory topic, so that nobody is asked synchronously.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, String, Table, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.errors import Refusal
from chassis.handling import Delivery, Handlers
from chassis.outbox import BACKBONE
from chassis.tenancy import tenant_of
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    PersonState,
    TenantChanged,
    TenantRegistered,
    TenantState,
)

TENANTS = Table(
    "known_tenants",
    BACKBONE,
    Column("tenant_id", Uuid, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("country", String(2), nullable=False),
    Column("language", String(35), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False, server_default="epoch"),
)

PEOPLE = Table(
    "known_people",
    BACKBONE,
    Column("tenant_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("subject", String(255), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("team_id", Uuid, nullable=True),
    Column("region", String(100), nullable=True),
    Column("country", String(2), nullable=True),
    Column("language", String(35), nullable=True),
    Column("time_zone", String(64), nullable=True),
    Column("leader", Boolean, nullable=False),
    Column("roles", ARRAY(String(32)), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False, server_default="epoch"),
    Index("known_people_subject", "tenant_id", "subject"),
)


class TenantNotKnown(Refusal):
    """Your company has not been heard of here yet; the same request may be sent again."""

    kind = "unavailable"
    title = "Company is not known yet"
    retry_after_s = 2


@dataclass(frozen=True)
class Person:
    """A person as this service last heard of them. None means: not said."""

    person_id: UUID
    subject: str
    display_name: str
    team_id: UUID | None
    region: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    leader: bool
    roles: frozenset[str]
    active: bool


@dataclass(frozen=True)
class Tenant:
    """A tenant's defaults for what its people have not said."""

    tenant_id: UUID
    name: str
    country: str
    language: str
    time_zone: str
    active: bool


handlers = Handlers()


@handlers.on(TenantRegistered, TenantChanged)
async def keep_tenant(delivery: Delivery[TenantState], session: AsyncSession) -> None:
    """Keep a tenant's defaults."""
    kept = delivery.event.model_dump(
        include={"tenant_id", "name", "country", "language", "time_zone", "active"}
    )
    await (await session.connection()).execute(_kept(TENANTS, kept, ["tenant_id"]))


@handlers.on(PersonProvisioned, PersonChanged, PersonDeactivated)
async def keep_person(delivery: Delivery[PersonState], session: AsyncSession) -> None:
    """Keep a person's state; whoever was deactivated may do nothing any more."""
    kept = {"tenant_id": delivery.tenant_id, **delivery.event.model_dump()}
    await (await session.connection()).execute(_kept(PEOPLE, kept, ["tenant_id", "person_id"]))


async def find_by_subject(session: AsyncSession, subject: str) -> Person | None:
    """Answer the active person whom a token's subject names, or None."""
    return await _find(session, PEOPLE.c.subject == subject)


async def find_person(session: AsyncSession, person_id: UUID) -> Person | None:
    """Answer an active person by id, or None."""
    return await _find(session, PEOPLE.c.person_id == person_id)


async def get_tenant(session: AsyncSession) -> Tenant:
    """Answer the tenant that this transaction serves; raises TenantNotKnown."""
    question = select(TENANTS).where(TENANTS.c.tenant_id == tenant_of(session))
    row = (await (await session.connection()).execute(question)).mappings().first()
    if row is None:
        raise TenantNotKnown("Your company's details are on their way.")
    return Tenant(**{name: value for name, value in row.items() if name != "as_of"})


async def _find(session: AsyncSession, condition: Any) -> Person | None:
    question = select(PEOPLE).where(
        PEOPLE.c.tenant_id == tenant_of(session), condition, PEOPLE.c.active
    )
    row = (await (await session.connection()).execute(question)).mappings().first()
    if row is None:
        return None
    known = {
        name: value for name, value in row.items() if name not in {"tenant_id", "roles", "as_of"}
    }
    return Person(**known, roles=frozenset(row["roles"]))


def _kept(table: Table, row: dict[str, Any], key: list[str]) -> Any:
    changed = {name: value for name, value in row.items() if name not in key}
    return insert(table).values(row).on_conflict_do_update(index_elements=key, set_=changed)
