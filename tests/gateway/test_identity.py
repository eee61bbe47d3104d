"""Who is let in: the gateway looks at a token first, and the service looks again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import SystemClock
from services.directory.main import SERVICE
from tests.gateway.conftest import Gateway, OpenGateway
from tests.gateway.upstreams import answers
from tests.world import OpenService, Tenant, World, problem_of


@pytest.fixture
async def directory(world: World) -> AsyncIterator[OpenService]:
    async with world.open(SERVICE) as service:
        yield service


@pytest.fixture
async def gateway(own_gateway_to: OpenGateway, directory: OpenService) -> Gateway:
    return await own_gateway_to(directory=str(directory.client.base_url))


async def admitted(gateway: Gateway, name: str) -> Tenant:
    named = gateway.world.new_tenant()
    known = gateway.world.registered(named).model_dump(exclude={"tenant_id", "active"})
    answer = await gateway.client.post(
        "/v1/tenants",
        json={**known, "first_admin": {"subject": "ida", "display_name": name}},
        headers=bearer(gateway.world.token(None, "ops")),
    )
    assert answer.status_code == 201, answer.text
    return gateway.world.trust(named, UUID(answer.json()["tenant_id"]))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_two_companies_meet_the_same_door_and_never_each_other(gateway: Gateway) -> None:
    nordlys = await admitted(gateway, "Ida Holm")
    fjord = await admitted(gateway, "Ida Berg")

    here = bearer(gateway.world.token(nordlys, "ida"))
    there = bearer(gateway.world.token(fjord, "ida"))
    ours = (await gateway.client.get("/v1/me", headers=here)).json()
    theirs = (await gateway.client.get("/v1/me", headers=there)).json()
    crossing = await gateway.client.get(
        f"/v1/people/{theirs['person']['person_id']}",
        headers={**here, "x-tenant-id": str(fjord.tenant_id)},
    )

    assert ours["person"]["display_name"] == "Ida Holm"
    assert theirs["person"]["display_name"] == "Ida Berg"
    assert ours["tenant_id"] != theirs["tenant_id"]
    assert (crossing.status_code, problem_of(crossing)) == (404, "person-not-found")


async def test_a_services_refusal_arrives_as_it_was_said(gateway: Gateway) -> None:
    tenant = await admitted(gateway, "Ida Holm")
    ida = bearer(gateway.world.token(tenant, "ida"))

    answer = await gateway.client.post("/v1/people", json={"subject": ""}, headers=ida)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({}, "token-missing"),
        ({"authorization": "Basic aWRhOmlkYQ=="}, "token-missing"),
        ({"authorization": "Bearer"}, "token-missing"),
        ({"authorization": "Bearer not.a.token"}, "token-refused"),
        ({"authorization": "Bearer " + "x" * 9000}, "token-refused"),
    ],
)
async def test_without_a_valid_token_no_service_is_asked(
    gateway_to: OpenGateway, headers: dict[str, str], problem: str
) -> None:
    gateway = await gateway_to(content=answers())

    answer = await gateway.client.post("/v1/stories", content=b"x", headers=headers)

    assert (answer.status_code, problem_of(answer)) == (401, problem)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["cache-control"] == "no-store"
    assert gateway.services["content"].seen == []


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int((SystemClock().now() - timedelta(minutes=5)).timestamp())},
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
    ],
)
async def test_a_token_that_is_not_for_here_is_refused(
    gateway_to: OpenGateway, claims: dict[str, Any]
) -> None:
    gateway = await gateway_to(content=answers())
    token = gateway.world.token(gateway.tenant, "ana", **claims)

    answer = await gateway.client.get("/v1/stories", headers=bearer(token))

    assert (answer.status_code, problem_of(answer)) == (401, "token-refused")
    assert gateway.services["content"].seen == []


async def test_two_tokens_in_one_request_are_refused(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    other = bearer(gateway.world.token(gateway.world.new_tenant(), "bo"))
    both = [*gateway.bearer.items(), *other.items()]

    answer = await gateway.client.get("/v1/stories", headers=both)

    assert (answer.status_code, problem_of(answer)) == (400, "request-malformed")
    assert gateway.services["content"].seen == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/r/Ab3"), ("HEAD", "/r/Ab3"), ("GET", "/v1/accounts/callback?state=s&code=c")],
)
async def test_the_public_doors_are_open(gateway_to: OpenGateway, method: str, path: str) -> None:
    gateway = await gateway_to(metrics=answers(302), sharing=answers(302))

    answer = await gateway.client.request(method, path)

    assert answer.status_code == 302
    seen = [one for service in gateway.services.values() for one in service.seen]
    assert [(one.method, one.all("authorization")) for one in seen] == [(method, [])]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/r/Ab3/more"),
        ("GET", "/v1/accounts"),
        ("GET", "/v1/accounts/callback/"),
    ],
)
async def test_next_to_the_public_doors_a_token_is_asked_for(
    gateway_to: OpenGateway, method: str, path: str
) -> None:
    gateway = await gateway_to(metrics=answers(), sharing=answers())

    answer = await gateway.client.request(method, path)

    assert (answer.status_code, problem_of(answer)) == (401, "token-missing")
    assert [service.seen for service in gateway.services.values()] == [[], []]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("POST", "/r/Ab3", "GET, HEAD"), ("POST", "/v1/accounts/callback", "GET")],
)
async def test_a_public_door_says_by_which_methods_it_opens(
    gateway_to: OpenGateway, method: str, path: str, allow: str
) -> None:
    gateway = await gateway_to(metrics=answers(), sharing=answers())

    answer = await gateway.client.request(method, path)

    assert (answer.status_code, problem_of(answer)) == (405, "method-not-allowed")
    assert (answer.headers["allow"], answer.json()["allow"]) == (allow, allow.split(", "))
    assert [service.seen for service in gateway.services.values()] == [[], []]
