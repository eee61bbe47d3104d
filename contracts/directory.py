"""What directory announces: whole states on a compacted topic, the only one with personal data."""

from typing import Literal
from uuid import UUID

from contracts.events import Event
from contracts.topics import DIRECTORY

Role = Literal[
    "employee",
    "author",
    "reviewer",
    "program_manager",
    "analyst",
    "works_council",
    "privacy_officer",
    "admin",
]
"""What a person may do. Joining a program is never a role: a list would show who did not."""


class TenantState(Event):
    """A tenant as it is now, and the identity provider whose tokens speak for its people."""

    tenant_id: UUID
    slug: str
    name: str
    issuer: str
    jwks_uri: str
    audience: str
    country: str
    language: str
    time_zone: str
    active: bool


class TenantRegistered(
    TenantState,
    type="fortaler.tenant.registered.v1",
    topic=DIRECTORY,
    about=("tenant", "tenant_id"),
):
    """A company was admitted; from now on its issuer's tokens are accepted."""


class TenantChanged(
    TenantState,
    type="fortaler.tenant.changed.v1",
    topic=DIRECTORY,
    about=("tenant", "tenant_id"),
):
    """A company's name, defaults or identity provider changed, or it was switched off."""


class _TeamState(Event):
    team_id: UUID
    name: str


class TeamCreated(
    _TeamState, type="fortaler.team.created.v1", topic=DIRECTORY, about=("team", "team_id")
):
    """A team exists."""


class TeamChanged(
    _TeamState, type="fortaler.team.changed.v1", topic=DIRECTORY, about=("team", "team_id")
):
    """A team has another name."""


class PersonState(Event):
    """A person as directory knows them now. Attributes not given are None, never guessed."""

    person_id: UUID
    subject: str
    display_name: str
    team_id: UUID | None
    region: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    leader: bool
    roles: list[Role]
    active: bool


class PersonProvisioned(
    PersonState,
    type="fortaler.person.provisioned.v1",
    topic=DIRECTORY,
    about=("person", "person_id"),
):
    """A person appeared in the directory."""


class PersonChanged(
    PersonState,
    type="fortaler.person.changed.v1",
    topic=DIRECTORY,
    about=("person", "person_id"),
):
    """A person's attributes or roles changed."""


class PersonDeactivated(
    PersonState,
    type="fortaler.person.deactivated.v1",
    topic=DIRECTORY,
    about=("person", "person_id"),
):
    """A person left the company: whatever they may do ends at once (G12)."""
