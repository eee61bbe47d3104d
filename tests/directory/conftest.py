"""A company in the directory, which the operator admitted, and whose first admin is Ida."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from contracts.events import Event
from services.directory.main import SERVICE
from tests.world import Caller, OpenService, Tenant, World


@dataclass(frozen=True)
class Company:
    """Ida may let others in; they call under the subjects that she gives them."""

    directory: OpenService
    tenant: Tenant

    @property
    def ida(self) -> Caller:
        """Answer the first admin, who calls."""
        return self.as_("ida")

    def as_(self, subject: str) -> Caller:
        """Answer somebody of the company who calls."""
        return self.directory.as_(self.tenant, subject)

    async def let_in(self, subject: str, *roles: str, **attributes: Any) -> dict[str, Any]:
        """Answer a person whom Ida has let in."""
        body = {"subject": subject, "display_name": subject.title(), **attributes}
        return await self._made("/v1/people", body | ({"roles": list(roles)} if roles else {}))

    async def with_team(self, name: str) -> dict[str, Any]:
        """Answer a team that Ida has created."""
        return await self._made("/v1/teams", {"name": name})

    async def announced(self) -> list[Event]:
        """Answer what the directory announced of the company, in order."""
        return await self.directory.announced(self.tenant)

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.ida.post(path, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def an_application(world: World, tenant: Tenant) -> dict[str, Any]:
    """Answer the body that the operator admits a company with."""
    known = world.registered(tenant).model_dump(exclude={"tenant_id", "active"})
    return {**known, "first_admin": {"subject": "ida", "display_name": "Ida Holm"}}


async def admitted(world: World, directory: OpenService) -> Company:
    """Answer a company that the operator has admitted."""
    named = world.new_tenant()
    answer = await directory.as_(None, "ops").post("/v1/tenants", an_application(world, named))
    assert answer.status_code == 201, answer.text
    return Company(directory, world.trust(named, UUID(answer.json()["tenant_id"])))


@pytest.fixture(scope="module")
async def directory(world: World) -> AsyncIterator[OpenService]:
    """The directory, running."""
    async with world.open(SERVICE) as service:
        yield service


@pytest.fixture
async def company(world: World, directory: OpenService) -> Company:
    """A company of its own for each test."""
    return await admitted(world, directory)
