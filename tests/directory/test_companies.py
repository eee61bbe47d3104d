"""Companies: admitted and changed by the operator, each with an issuer of its own."""

import asyncio

import pytest

from contracts.directory import PersonProvisioned, TenantChanged, TenantRegistered
from tests.directory.conftest import Company, admitted, an_application
from tests.world import OpenService, World, problem_of

AT_ONCE = 6


async def test_a_company_begins_with_its_first_admin(company: Company) -> None:
    answer = await company.ida.get("/v1/me")

    assert answer.json()["tenant_id"] == str(company.tenant.tenant_id)
    assert sorted(answer.json()["person"]["roles"]) == ["admin", "employee"]
    assert [type(event) for event in await company.announced()] == [
        TenantRegistered,
        PersonProvisioned,
    ]


async def test_of_two_companies_at_once_with_one_slug_the_second_is_told(
    world: World, directory: OpenService
) -> None:
    body = an_application(world, world.new_tenant())
    ops = directory.as_(None, "ops")

    answers = await asyncio.gather(*(ops.post("/v1/tenants", body) for _ in range(AT_ONCE)))

    assert sorted(one.status_code for one in answers) == [201] + [409] * (AT_ONCE - 1)


async def test_a_change_is_announced_as_the_whole_state(company: Company) -> None:
    ops = company.directory.as_(None, "ops")
    before = (await company.announced())[0].model_dump()

    answer = await ops.patch(f"/v1/tenants/{company.tenant.tenant_id}", {"name": "Nordlys Nu"})

    assert answer.status_code == 200, answer.text
    changed = (await company.announced())[-1]
    assert isinstance(changed, TenantChanged)
    assert changed.model_dump() == {**before, "name": "Nordlys Nu"}


async def test_no_company_takes_anothers_issuer(world: World, directory: OpenService) -> None:
    ours, theirs = await admitted(world, directory), await admitted(world, directory)
    ops = directory.as_(None, "ops")

    answer = await ops.patch(
        f"/v1/tenants/{ours.tenant.tenant_id}", {"issuer": theirs.tenant.issuer}
    )

    assert (answer.status_code, problem_of(answer)) == (409, "tenant-taken")
    assert len(await ours.announced()) == 2


async def test_a_slug_is_for_good(company: Company) -> None:
    ops = company.directory.as_(None, "ops")

    answer = await ops.patch(f"/v1/tenants/{company.tenant.tenant_id}", {"slug": "another"})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


@pytest.mark.parametrize("field", ["name", "issuer", "country", "active"])
async def test_nothing_can_be_taken_away_from_a_company(company: Company, field: str) -> None:
    ops = company.directory.as_(None, "ops")

    answer = await ops.patch(f"/v1/tenants/{company.tenant.tenant_id}", {field: None})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_an_issuer_is_kept_letter_by_letter(world: World, directory: OpenService) -> None:
    issuer = f"{world.new_tenant().issuer}/"
    body = {**an_application(world, world.new_tenant()), "issuer": issuer}

    answer = await directory.as_(None, "ops").post("/v1/tenants", body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["issuer"] == issuer


@pytest.mark.parametrize("issuer", ["login.example", "ftp://login.example", "https://a\nb.example"])
async def test_an_issuer_is_an_address(world: World, directory: OpenService, issuer: str) -> None:
    body = {**an_application(world, world.new_tenant()), "issuer": issuer}

    answer = await directory.as_(None, "ops").post("/v1/tenants", body)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
