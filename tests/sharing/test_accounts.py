"""Accounts: connected by the network's own OAuth, once per way back, and kept sealed."""

import asyncio

import pytest

from chassis.crypto import sealed_with
from contracts.sharing import AccountConnected
from services.sharing.publishing.rounds import revoke_round
from tests.sharing.conftest import Company
from tests.world import World, problem_of


async def test_an_account_shows_its_handle_and_never_its_tokens(company: Company) -> None:
    ana = await company.advocate()

    [account] = (await ana.calls.get("/v1/accounts")).json()["items"]

    assert (account["handle"], account["state"]) == (ana.handle, "connected")
    assert not any("token" in name for name in account)


async def test_tokens_are_sealed_for_their_row(company: Company) -> None:
    await company.advocate()

    async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
        connection = await session.connection()
        found = await connection.exec_driver_sql("select access_token, refresh_token from accounts")
        [row] = found.all()

    assert all(bytes(sealed).startswith(sealed_with(1)) for sealed in row)
    assert all(len(bytes(sealed)) > 40 for sealed in row)


@pytest.mark.parametrize("consented", [False, True])
async def test_connecting_needs_a_known_network_and_a_consent(
    company: Company, consented: bool
) -> None:
    ana = await company.newcomer()
    if consented:
        await ana.consent("connect")

    network = "elsewhere" if consented else "sandbox"
    answer = await ana.calls.post("/v1/accounts", {"network": network})

    wanted = (422, "network-unknown") if consented else (403, "consent-missing")
    assert (answer.status_code, problem_of(answer)) == wanted


async def test_a_consent_taken_back_at_the_network_is_asked_for_again(company: Company) -> None:
    ana = await company.newcomer()
    await ana.consent("connect")
    started = await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    back = await company.sandbox.grant(started.json()["authorization_url"], ana.handle)

    await ana.withdraw("connect")
    answer = await company.come_back(back)

    assert (answer.status_code, problem_of(answer)) == (403, "consent-missing")
    assert (await ana.calls.get("/v1/accounts")).json()["items"] == []


async def test_a_way_back_works_once(company: Company) -> None:
    ana = await company.newcomer()
    await ana.consent("connect")
    started = await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    back = await company.sandbox.grant(started.json()["authorization_url"], ana.handle)

    first = await company.come_back(back)
    second = await company.come_back(back)

    assert first.status_code == 200
    assert (second.status_code, problem_of(second)) == (410, "connection-expired")


async def test_a_forged_state_opens_no_door(company: Company) -> None:
    answer = await company.come_back({"state": "guessed", "code": "guessed"})

    assert (answer.status_code, problem_of(answer)) == (410, "connection-expired")


async def test_a_no_at_the_network_is_told(company: Company) -> None:
    ana = await company.newcomer()
    await ana.consent("connect")
    started = await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    back = await company.sandbox.grant(started.json()["authorization_url"], ana.handle)

    answer = await company.come_back({"state": back["state"], "error": "access_denied"})

    assert (answer.status_code, problem_of(answer)) == (409, "connection-denied")


async def test_a_code_that_the_network_does_not_know_connects_nothing(company: Company) -> None:
    ana = await company.newcomer()
    await ana.consent("connect")
    started = await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    back = await company.sandbox.grant(started.json()["authorization_url"], ana.handle)

    answer = await company.come_back({"state": back["state"], "code": "another"})

    assert (answer.status_code, problem_of(answer)) == (409, "connection-denied")


async def test_a_network_in_trouble_connects_nothing(company: Company) -> None:
    ana = await company.newcomer()
    await ana.consent("connect")
    await company.sandbox.misbehave("server_error_before", route="POST /oauth/token")

    answer = await company.connect(ana)

    assert (answer.status_code, problem_of(answer)) == (503, "network-unavailable")
    assert (await ana.calls.get("/v1/accounts")).json()["items"] == []


async def test_connecting_again_is_the_same_account_with_a_new_grant(company: Company) -> None:
    ana = await company.advocate()
    await ana.calls.delete(f"/v1/accounts/{ana.account_id}")

    answer = await company.connect(ana)
    company.sandbox.time.passes(seconds=1)
    await revoke_round(company.publisher)

    assert answer.json()["account_id"] == ana.account_id
    assert answer.json()["state"] == "connected"
    assert company.sandbox.living_grants(ana.handle) == 1
    assert len(await company.heard(AccountConnected)) == 2


async def test_a_connected_profile_that_is_connected_anew_leaves_no_old_grant(
    company: Company,
) -> None:
    ana = await company.advocate()

    await company.connect(ana)
    company.sandbox.time.passes(seconds=1)
    await revoke_round(company.publisher)
    share = await ana.share(await company.publish_story())
    await company.publish()

    assert company.sandbox.living_grants(ana.handle) == 1
    assert (await ana.read(share))["state"] == "published"


async def test_a_colleagues_profile_cannot_be_connected(company: Company) -> None:
    ana = await company.advocate("ana")
    bo = await company.newcomer("bo")
    await bo.consent("connect")
    bo.handle = ana.handle

    answer = await company.connect(bo)

    assert (answer.status_code, problem_of(answer)) == (409, "account-taken")


async def test_of_many_who_connect_one_profile_at_the_same_instant_one_gets_it(
    company: Company,
) -> None:
    colleagues = [await company.newcomer(name) for name in ("ana", "bo", "cai", "dea", "eva")]
    ways_back = []
    for one in colleagues:
        await one.consent("connect")
        started = await one.calls.post("/v1/accounts", {"network": "sandbox"})
        url = started.json()["authorization_url"]
        ways_back.append(await company.sandbox.grant(url, colleagues[0].handle))

    answers = await asyncio.gather(*(company.come_back(back) for back in ways_back))

    [connected] = [answer for answer in answers if answer.status_code == 200]
    refused = [problem_of(answer) for answer in answers if answer is not connected]
    assert refused == ["account-taken"] * 4


@pytest.mark.parametrize("refusal", ["consent-missing", "account-taken", "network-unavailable"])
async def test_a_grant_that_must_not_be_kept_is_ended_at_the_network(
    company: Company, refusal: str
) -> None:
    ana, bo = await company.advocate("ana"), await company.newcomer("bo")
    bo.handle = ana.handle if refusal == "account-taken" else bo.handle
    kept = company.sandbox.living_grants(bo.handle)
    await bo.consent("connect")
    started = await bo.calls.post("/v1/accounts", {"network": "sandbox"})
    back = await company.sandbox.grant(started.json()["authorization_url"], bo.handle)
    if refusal == "consent-missing":
        await bo.withdraw("connect")
    if refusal == "network-unavailable":
        await company.sandbox.misbehave("server_error_before", route="GET /api/me")

    answer = await company.come_back(back)
    company.sandbox.time.passes(seconds=1)
    await revoke_round(company.publisher)

    assert problem_of(answer) == refusal
    assert company.sandbox.living_grants(bo.handle) == kept


async def test_disconnecting_cancels_what_waits_on_the_account(company: Company) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())

    first = await ana.calls.delete(f"/v1/accounts/{ana.account_id}")
    second = await ana.calls.delete(f"/v1/accounts/{ana.account_id}")

    assert first.json()["state"] == second.json()["state"] == "disconnected"
    assert (await ana.read(share))["state"] == "cancelled"


async def test_somebody_elses_account_is_not_found(company: Company, world: World) -> None:
    ana = await company.advocate("ana")
    await company.hire("bo")
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.hire("eva")

    for stranger in (company.as_("bo"), elsewhere.as_("eva")):
        answer = await stranger.delete(f"/v1/accounts/{ana.account_id}")
        assert (answer.status_code, problem_of(answer)) == (404, "account-not-found")
        assert (await stranger.get("/v1/accounts")).json()["items"] == []
