"""The shapes that the directory takes in and gives out."""

from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
)

from chassis.schemas import InShape, OutShape
from contracts.directory import Role

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
TeamName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Slug = Annotated[
    str, StringConstraints(min_length=2, max_length=63, pattern=r"^[a-z0-9][a-z0-9-]*$")
]
Country = Annotated[str, Field(max_length=2, description="ISO 3166-1 alpha-2", examples=["DK"])]
Language = Annotated[str, Field(max_length=35, description="BCP 47", examples=["da", "en-GB"])]
TimeZone = Annotated[
    str, Field(max_length=64, description="IANA name", examples=["Europe/Copenhagen"])
]
Audience = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Region = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Roles = Annotated[list[Role], Field(max_length=8)]
InOrder = BeforeValidator(sorted)
"""A set has no order of its own, and the same person must always look the same."""


def _check_address(text: str) -> str:
    # Kept as written: a token's `iss` is compared letter by letter, the slash at its end too.
    _ADDRESS.validate_python(text)
    return text


_ADDRESS = TypeAdapter(HttpUrl)
Url = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^[!-~]+$"),
    AfterValidator(_check_address),
    Field(json_schema_extra={"format": "uri"}),
]


class FirstAdminIn(InShape):
    """The person who can let the others in."""

    subject: Subject
    display_name: Name


class TenantIn(InShape):
    """A company to admit."""

    slug: Slug = Field(examples=["nordlys"])
    name: Name = Field(examples=["Nordlys Energi"])
    issuer: Url = Field(examples=["https://login.nordlys.example"])
    jwks_uri: Url = Field(examples=["https://login.nordlys.example/jwks.json"])
    audience: Audience = "fortaler"
    country: Country
    language: Language
    time_zone: TimeZone
    first_admin: FirstAdminIn


class TenantChangesIn(InShape):
    """What to change; what is left out stays."""

    # Factories, since a default in the document would say that leaving out sets it.
    name: Name = Field(default_factory=str)
    issuer: Url = Field(default_factory=str)
    jwks_uri: Url = Field(default_factory=str)
    audience: Audience = Field(default_factory=str)
    country: Country = Field(default_factory=str)
    language: Language = Field(default_factory=str)
    time_zone: TimeZone = Field(default_factory=str)
    active: bool = Field(default_factory=bool)


class TenantView(OutShape):
    """A company."""

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


class TenantLine(OutShape):
    """A company in a list."""

    tenant_id: UUID
    slug: str
    name: str
    issuer: str
    active: bool


class TeamIn(InShape):
    """A team to create, or its new name."""

    name: TeamName = Field(examples=["Vindmøller"])


class TeamView(OutShape):
    """A team."""

    team_id: UUID
    name: str


class PersonIn(InShape):
    """A person to let in."""

    subject: Subject = Field(description="The `sub` of this person's tokens.", examples=["ana"])
    display_name: Name = Field(examples=["Ana Sørensen"])
    team_id: UUID | None = None
    region: Region | None = None
    country: Country | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    leader: bool = False
    roles: Roles = Field(default=["employee"])


class PersonChangesIn(InShape):
    """What to change; what is left out stays, null takes a value away."""

    # Factories, since a default in the document would say that leaving out sets it.
    display_name: Name = Field(default_factory=str)
    team_id: UUID | None = None
    region: Region | None = None
    country: Country | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    leader: bool = Field(default_factory=bool)
    roles: Roles = Field(default_factory=list)


class PersonView(OutShape):
    """A person. Nothing here says whether they take part in any program (V1)."""

    person_id: UUID
    subject: str
    display_name: str
    team_id: UUID | None
    region: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    leader: bool
    roles: Annotated[list[Role], InOrder]
    active: bool


class MeView(OutShape):
    """Who you are, and where."""

    person: PersonView
    tenant_id: UUID
    tenant_name: str
