"""The rules of the directory: pure functions of frozen values."""

import re
from dataclasses import dataclass, replace
from typing import Any, get_args
from uuid import UUID
from zoneinfo import available_timezones

from chassis.errors import Refusal
from contracts.directory import Role

ROLES: frozenset[str] = frozenset(get_args(Role))

_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class TenantNotFound(Refusal):
    """There is no such tenant."""

    kind = "not_found"
    title = "Tenant not found"


class TenantTaken(Refusal):
    """Another tenant has this slug or this issuer; one issuer speaks for one tenant."""

    kind = "conflict"
    title = "Slug or issuer is taken"


class TeamNotFound(Refusal):
    """There is no such team in your tenant."""

    kind = "not_found"
    title = "Team not found"


class TeamUnknown(Refusal):
    """The team that a person is put in does not exist in your tenant."""

    kind = "invalid"
    title = "Team is unknown"


class TeamNameTaken(Refusal):
    """A team of your tenant has this name already."""

    kind = "conflict"
    title = "Team name is taken"


class PersonNotFound(Refusal):
    """There is no such person in your tenant."""

    kind = "not_found"
    title = "Person not found"


class SubjectTaken(Refusal):
    """Somebody of your tenant has this subject already; a subject is one person for good."""

    kind = "conflict"
    title = "Subject is taken"


class PersonInactive(Refusal):
    """A deactivated person cannot be changed; whoever comes back is provisioned anew."""

    kind = "conflict"
    title = "Person is deactivated"


class LastAdmin(Refusal):
    """A tenant must keep one active admin, or nobody could let anybody in."""

    kind = "conflict"
    title = "Last admin"


class PlaceUnknown(Refusal):
    """A country, language or time zone is not one that the standards know."""

    kind = "invalid"
    title = "Country, language or time zone is unknown"


@dataclass(frozen=True)
class Tenant:
    """A company, its identity provider, and the defaults for its people."""

    tenant_id: UUID
    slug: str
    name: str
    issuer: str
    jwks_uri: str
    audience: str
    country: str
    language: str
    time_zone: str
    active: bool = True


@dataclass(frozen=True)
class TenantLine:
    """A company in the list of all: what is known outside the tenants' walls."""

    tenant_id: UUID
    slug: str
    name: str
    issuer: str
    active: bool


@dataclass(frozen=True)
class Team:
    """A group of people that figures may be shown for."""

    team_id: UUID
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody in the directory. `subject` is the `sub` of their tokens."""

    person_id: UUID
    subject: str
    display_name: str
    team_id: UUID | None = None
    region: str | None = None
    country: str | None = None
    language: str | None = None
    time_zone: str | None = None
    leader: bool = False
    roles: frozenset[str] = frozenset()
    active: bool = True

    @property
    def is_admin(self) -> bool:
        """Answer whether this person may let others in."""
        return self.active and "admin" in self.roles


def check_place(*, country: str | None, language: str | None, time_zone: str | None) -> None:
    """Check against ISO 3166-1 alpha-2, BCP 47 and the IANA time zones; None is fine."""
    if country is not None and not _COUNTRY.fullmatch(country):
        raise PlaceUnknown("A country is two capitals, such as DK.", field="/country")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise PlaceUnknown("A language is a tag such as da or en-GB.", field="/language")
    if time_zone is not None and time_zone not in available_timezones():
        raise PlaceUnknown("A time zone is a name such as Europe/Copenhagen.", field="/time_zone")


def change_tenant(tenant: Tenant, changes: dict[str, Any]) -> Tenant:
    """Change a tenant's name, defaults, identity provider, or switch it off or on."""
    changed = replace(tenant, **changes)
    check_place(country=changed.country, language=changed.language, time_zone=changed.time_zone)
    return changed


def change_person(person: Person, changes: dict[str, Any], *, admins: int) -> Person:
    """Change a person's attributes; `admins` is how many active admins the tenant has now."""
    if not person.active:
        raise PersonInactive("This person was deactivated.")
    changed = replace(person, **changes)
    check_place(country=changed.country, language=changed.language, time_zone=changed.time_zone)
    _keep_an_admin(person, changed, admins)
    return changed


def deactivate_person(person: Person, *, admins: int) -> Person:
    """Take a person out: every right ends. Deactivating twice is the same as once."""
    gone = replace(person, active=False, roles=frozenset())
    _keep_an_admin(person, gone, admins)
    return gone


def _keep_an_admin(before: Person, after: Person, admins: int) -> None:
    if before.is_admin and not after.is_admin and admins <= 1:
        raise LastAdmin("Make somebody else an admin first.")
