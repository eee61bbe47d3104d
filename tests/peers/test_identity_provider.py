"""Tokens of a provider that is not ours: those for us are accepted, all others are refused."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from chassis.auth import VERIFIED_KEPT_S, Jwks, TokenRefused, Verifier
from chassis.clock import SettableClock, SystemClock
from chassis.http_client import new_client
from fortaler.embedded.children import EmbeddedFailed
from tests.peers import companies
from tests.peers.companies import A_QUESTION_FOR, House
from tests.peers.forgeries import FORGERIES, NOT_FOR_US, Ask, Forge, Genuine
from tests.peers.identity_provider import ALGORITHMS, IdentityProvider, new_keys
from tests.peers.npm_programs import installed
from tests.world import Tenant, World, problem_of

A_STORY = {"title": "En dag i møllen", "body": "Der er højt.", "language": "da"}


@pytest.fixture(scope="module")
async def tenant(house: House, provider: IdentityProvider) -> Tenant:
    return await house.admit(provider, "eva")


@pytest.fixture(scope="module")
async def genuine(tenant: Tenant, provider: IdentityProvider) -> Genuine:
    return Genuine(provider, await provider.token())


@pytest.mark.parametrize("service", A_QUESTION_FOR)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_every_service_and_the_gateway_accept_a_token_of_the_provider(
    house: House, tenant: Tenant, provider: IdentityProvider, service: str, algorithm: str
) -> None:
    token = await provider.token(algorithm.lower())

    answers = await house.ask(service, token)

    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text


async def test_a_person_who_signed_in_with_a_browser_gets_in(
    house: House, tenant: Tenant, provider: IdentityProvider
) -> None:
    told = await provider.sign_in("eva")

    direct, through = await house.ask("directory", told["access_token"])

    assert (direct.status_code, through.status_code) == (200, 200)
    assert direct.json()["person"] == through.json()["person"]
    assert direct.json()["person"]["subject"] == "eva"


async def test_a_program_that_the_company_has_not_let_in_is_nobody(
    house: House, tenant: Tenant, provider: IdentityProvider
) -> None:
    answers = await house.ask("content", await provider.token(client="stranger"))

    assert [problem_of(answer) for answer in answers] == ["person-unknown"] * 2


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_is_refused_before_any_work(
    house: House, tenant: Tenant, genuine: Genuine, forge: Forge
) -> None:
    await _is_refused(house, tenant, forge(genuine))


@pytest.mark.parametrize("ask", NOT_FOR_US.values(), ids=NOT_FOR_US.keys())
async def test_what_the_provider_made_for_something_else_is_refused(
    house: House, tenant: Tenant, provider: IdentityProvider, ask: Ask
) -> None:
    await _is_refused(house, tenant, await ask(provider))


def test_there_are_many_ways_not_to_come_in() -> None:
    assert len(FORGERIES) + len(NOT_FOR_US) >= 60


async def test_the_genuine_token_of_which_all_forgeries_are_made_opens_the_door(
    house: House, tenant: Tenant, genuine: Genuine
) -> None:
    again = genuine.by_the_provider(sub="eva")

    for token in (genuine.token, again, genuine.by_the_provider({"typ": "JWT"}, typ="Bearer")):
        answers = await house.ask("content", token)
        assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_token_is_good_from_its_beginning_to_its_end(
    world: World, tenant: Tenant, provider: IdentityProvider, tmp_path: Path
) -> None:
    token, short = await provider.token(), await provider.token("short")
    clock = SettableClock(SystemClock().now())

    async with companies.opened(world, tmp_path, clock) as house:
        assert _kinds(await house.ask("directory", token)) == [200, 200]
        clock.advance(timedelta(seconds=40))
        assert _kinds(await house.ask("directory", short)) == [401, 401]
        assert _kinds(await house.ask("directory", token)) == [200, 200]
        clock.advance(timedelta(seconds=600))
        assert _kinds(await house.ask("directory", token)) == [401, 401]
        clock.advance(timedelta(days=-1))
        assert _kinds(await house.ask("directory", token)) == [401, 401]


@pytest.fixture
async def verifier(world: World) -> AsyncIterator[Callable[[SettableClock], Verifier]]:
    async with new_client() as client:
        # An unknown key asks again at once, not half a minute later.
        yield lambda clock: Verifier(world.issuers, Jwks(client, refetch_s_min=0), clock)


async def test_after_a_rotation_new_tokens_are_accepted_at_once_and_old_ones_for_a_minute(
    house: House, rotating: IdentityProvider, verifier: Callable[[SettableClock], Verifier]
) -> None:
    await house.admit(rotating)
    clock = SettableClock(SystemClock().now())
    remembering = verifier(clock)
    old = f"Bearer {await rotating.token()}"
    await remembering.verify(old)

    rotating.restart(new_keys())
    new = f"Bearer {await rotating.token()}"

    assert (await remembering.verify(new)).subject == "ana"
    assert (await remembering.verify(old)).subject == "ana"
    clock.advance(timedelta(seconds=VERIFIED_KEPT_S + 1))
    with pytest.raises(TokenRefused):
        await remembering.verify(old)


async def test_services_that_come_later_know_the_new_keys_only(
    world: World, house: House, rotating: IdentityProvider, tmp_path: Path
) -> None:
    await house.admit(rotating)
    old = await rotating.token()
    rotating.restart(new_keys())
    new = await rotating.token()

    async with companies.opened(world, tmp_path) as later:
        assert _kinds(await later.ask("content", new)) == [200, 200]
        assert _kinds(await later.ask("content", old)) == [401, 401]


async def test_while_both_keys_are_published_both_tokens_are_good(
    world: World, house: House, rotating: IdentityProvider, tmp_path: Path
) -> None:
    await house.admit(rotating)
    old = await rotating.token()
    rotating.restart([*new_keys(), *rotating.keys])
    new = await rotating.token()
    assert Genuine(rotating, old).header["kid"] != Genuine(rotating, new).header["kid"]

    async with companies.opened(world, tmp_path) as later:
        for token in (old, new):
            assert _kinds(await later.ask("content", token)) == [200, 200]


def test_without_a_network_and_without_a_cache_one_line_says_so(tmp_path: Path) -> None:
    nobody = "--registry=http://127.0.0.1:9"

    with pytest.raises(EmbeddedFailed) as failed:
        installed(tmp_path / "cache", nobody, "--fetch-retries=0")

    assert str(failed.value) == (
        "oidc-provider 9.13.3 could not be fetched by npm (ECONNREFUSED): "
        "go online for the first run of these tests."
    )
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["lock"]


async def _is_refused(house: House, tenant: Tenant, token: str) -> None:
    """Try to write with a token, at the service and at the gateway: it is no, and nothing is."""
    headers = {"authorization": f"Bearer {token}"}
    content = house.services["content"]

    for client in (content.client, house.gateway):
        answer = await client.post("/v1/stories", json=A_STORY, headers=headers)

        assert (answer.status_code, problem_of(answer)) == (401, "token-refused"), answer.text
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    async with content.context.database.transaction(tenant.tenant_id) as session:
        connection = await session.connection()
        found = await connection.exec_driver_sql("select count(*) from stories")
        assert found.scalar() == 0


def _kinds(answers: list[httpx2.Response]) -> list[int]:
    return [answer.status_code for answer in answers]
