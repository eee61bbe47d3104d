"""Who is let in, by whom, and what of it the others hear."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contracts.directory import PersonDeactivated, PersonProvisioned, TenantRegistered
from services.directory.main import SERVICE
from tests.world import OpenService, Tenant, World, problem_of

AT_ONCE = 6


@pytest.fixture
async def directory(world: World) -> AsyncIterator[OpenService]:
    async with world.open(SERVICE) as service:
        yield service


def a_tenant(world: World, tenant: Tenant) -> dict[str, object]:
    known = world.registered(tenant).model_dump(exclude={"tenant_id", "active"})
    return {**known, "first_admin": {"subject": "ida", "display_name": "Ida Holm"}}


async def admitted(world: World, directory: OpenService) -> Tenant:
    named = world.new_tenant()
    answer = await directory.as_(None, "ops").post("/v1/tenants", a_tenant(world, named))
    assert answer.status_code == 201, answer.text
    return world.trust(named, UUID(answer.json()["tenant_id"]))


async def test_the_operator_admits_a_company_and_its_first_admin_lets_others_in(
    world: World, directory: OpenService
) -> None:
    tenant = await admitted(world, directory)
    ida = directory.as_(tenant, "ida")

    answer = await ida.post("/v1/people", {"subject": "bo", "display_name": "Bo Krog"})

    assert answer.status_code == 201, answer.text
    assert answer.json()["roles"] == ["employee"]
    heard = await directory.announced(tenant)
    assert [type(event) for event in heard] == [
        TenantRegistered,
        PersonProvisioned,
        PersonProvisioned,
    ]


async def test_an_employee_cannot_let_anybody_in(world: World, directory: OpenService) -> None:
    tenant = await admitted(world, directory)
    ida = directory.as_(tenant, "ida")
    await ida.post("/v1/people", {"subject": "bo", "display_name": "Bo Krog"})

    answer = await directory.as_(tenant, "bo").post(
        "/v1/people", {"subject": "eva", "display_name": "Eva"}
    )

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


async def test_a_deactivated_person_is_refused_at_once(
    world: World, directory: OpenService
) -> None:
    tenant = await admitted(world, directory)
    ida = directory.as_(tenant, "ida")
    bo = (await ida.post("/v1/people", {"subject": "bo", "display_name": "Bo Krog"})).json()

    await ida.post(f"/v1/people/{bo['person_id']}/deactivate")

    answer = await directory.as_(tenant, "bo").get("/v1/me")
    assert (answer.status_code, problem_of(answer)) == (403, "person-unknown")
    assert isinstance((await directory.announced(tenant))[-1], PersonDeactivated)


async def test_the_last_admin_cannot_leave_the_door_unguarded(
    world: World, directory: OpenService
) -> None:
    tenant = await admitted(world, directory)
    ida = directory.as_(tenant, "ida")
    me = (await ida.get("/v1/me")).json()

    answer = await ida.post(f"/v1/people/{me['person']['person_id']}/deactivate")

    assert (answer.status_code, problem_of(answer)) == (409, "last-admin")


async def test_of_two_companies_at_once_with_one_slug_the_second_is_told(
    world: World, directory: OpenService
) -> None:
    body = a_tenant(world, world.new_tenant())
    ops = directory.as_(None, "ops")

    answers = await asyncio.gather(*(ops.post("/v1/tenants", body) for _ in range(AT_ONCE)))

    assert sorted(one.status_code for one in answers) == [201] + [409] * (AT_ONCE - 1)


async def test_of_two_people_at_once_with_one_subject_the_second_is_told(
    world: World, directory: OpenService
) -> None:
    ida = directory.as_(await admitted(world, directory), "ida")
    bo = {"subject": "bo", "display_name": "Bo Krog"}

    answers = await asyncio.gather(*(ida.post("/v1/people", bo) for _ in range(AT_ONCE)))

    assert sorted(one.status_code for one in answers) == [201] + [409] * (AT_ONCE - 1)


async def test_of_two_teams_at_once_with_one_name_the_second_is_told(
    world: World, directory: OpenService
) -> None:
    ida = directory.as_(await admitted(world, directory), "ida")
    made = [await ida.post("/v1/teams", {"name": name}) for name in ("Nord", "Syd", "Vest")]
    paths = [f"/v1/teams/{one.json()['team_id']}" for one in made]

    renamed = await asyncio.gather(*(ida.patch(path, {"name": "Havet"}) for path in paths))
    created = await asyncio.gather(
        *(ida.post("/v1/teams", {"name": "Kysten"}) for _ in range(AT_ONCE))
    )

    assert sorted(one.status_code for one in renamed) == [200, 409, 409]
    assert sorted(one.status_code for one in created) == [201] + [409] * (AT_ONCE - 1)
