"""Taking part is voluntary: joining, consents one by one, and leaving with all that it ends."""

import pytest

from contracts.directory import PersonChanged, PersonDeactivated
from contracts.sharing import (
    AccountDisconnected,
    AdvocateJoined,
    AdvocateLeft,
    ConsentGiven,
    ConsentWithdrawn,
    ProgramClosed,
    ShareCancelled,
)
from services.sharing.publishing.rounds import revoke_round
from tests.sharing.conftest import Company
from tests.world import World, problem_of


async def test_joining_twice_is_the_same_as_once(company: Company) -> None:
    ana = await company.newcomer()

    again = await ana.calls.post(f"/v1/programs/{ana.program_id}/join")

    assert again.status_code == 200
    assert len(await company.heard(AdvocateJoined)) == 1
    [mine] = (await ana.calls.get("/v1/programs/mine")).json()["items"]
    assert (mine["program_id"], mine["left_at"]) == (ana.program_id, None)


async def test_nobody_is_told_who_joined(company: Company) -> None:
    await company.newcomer("ana")
    manager = company.as_("signe")

    [program] = (await manager.get("/v1/programs")).json()["items"]
    mine = (await manager.get("/v1/programs/mine")).json()["items"]

    assert set(program) == {"program_id", "name", "state", "opened_at", "closed_at"}
    assert mine == []


async def test_only_a_program_manager_opens_and_closes_programs(company: Company) -> None:
    ana = await company.newcomer()

    opened = await ana.calls.post("/v1/programs", {"name": "Mit eget"})
    closed = await ana.calls.post(f"/v1/programs/{ana.program_id}/close")

    for answer in (opened, closed):
        assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


async def test_a_closed_program_takes_nobody_in_and_keeps_whom_it_has(company: Company) -> None:
    ana = await company.newcomer("ana")
    await company.hire("bo")

    closed = await company.as_("signe").post(f"/v1/programs/{ana.program_id}/close")
    await company.as_("signe").post(f"/v1/programs/{ana.program_id}/close")
    late = await company.as_("bo").post(f"/v1/programs/{ana.program_id}/join")
    still_in = await ana.consent("connect")

    assert closed.json()["state"] == "closed"
    assert (late.status_code, problem_of(late)) == (409, "program-is-closed")
    assert still_in.status_code == 200
    assert len(await company.heard(ProgramClosed)) == 1


async def test_what_was_never_joined_cannot_be_left(company: Company) -> None:
    ana = await company.newcomer("ana")
    await company.hire("bo")

    answer = await company.as_("bo").post(f"/v1/programs/{ana.program_id}/leave")

    assert (answer.status_code, problem_of(answer)) == (409, "not-joined")


async def test_leaving_ends_everything_at_once_but_what_is_published(company: Company) -> None:
    ana = await company.advocate()
    published = await ana.share(await company.publish_story())
    await company.publish()
    waiting = await ana.share(await company.publish_story())

    left = await ana.calls.post(f"/v1/programs/{ana.program_id}/leave")
    again = await ana.calls.post(f"/v1/programs/{ana.program_id}/leave")

    assert left.status_code == again.status_code == 200
    assert (await ana.read(published))["state"] == "published"
    assert (await ana.read(waiting))["reason"] == "left"
    consents = (await ana.calls.get("/v1/consents")).json()["items"]
    assert all(one["given"] == [] for one in consents)
    assert [event.reason for event in await company.heard(AccountDisconnected)] == ["left"]
    assert [event.reason for event in await company.heard(ShareCancelled)] == ["left"]
    assert len(await company.heard(ConsentWithdrawn)) == 2
    assert len(await company.heard(AdvocateLeft)) == 1


async def test_leaving_one_of_two_programs_ends_nothing_else(company: Company) -> None:
    ana = await company.advocate()
    other = await company.open_program()
    await ana.calls.post(f"/v1/programs/{other}/join")

    await ana.calls.post(f"/v1/programs/{ana.program_id}/leave")

    [account] = (await ana.calls.get("/v1/accounts")).json()["items"]
    assert account["state"] == "connected"


async def test_a_grant_is_ended_at_the_network_even_when_the_first_call_is_lost(
    company: Company,
) -> None:
    ana = await company.advocate()
    await company.sandbox.misbehave("server_error_before", route="POST /oauth/revoke")
    await ana.calls.post(f"/v1/programs/{ana.program_id}/leave")

    company.sandbox.time.passes(seconds=1)
    await revoke_round(company.publisher)
    after_a_lost_call = company.sandbox.living_grants(ana.handle)
    company.sandbox.time.passes(seconds=11)
    await revoke_round(company.publisher)

    assert (after_a_lost_call, company.sandbox.living_grants(ana.handle)) == (1, 0)
    assert await revoke_round(company.publisher) == 0


async def test_whoever_leaves_the_company_can_publish_nothing_more(company: Company) -> None:
    ana = await company.advocate()
    await ana.share(await company.publish_story())

    gone = ana.person.model_dump() | {"active": False, "roles": []}
    await company.sharing.hear(company.tenant, PersonDeactivated(**gone))
    await company.publish()
    await revoke_round(company.publisher)

    assert [event.reason for event in await company.heard(ShareCancelled)] == ["deactivated"]
    assert [event.reason for event in await company.heard(AccountDisconnected)] == ["deactivated"]
    assert len(await company.heard(AdvocateLeft)) == 1
    assert await company.sandbox.posts_of(ana.handle) == []
    assert company.sandbox.living_grants(ana.handle) == 0
    answer = await ana.calls.get("/v1/feed")
    assert (answer.status_code, problem_of(answer)) == (403, "person-unknown")


async def test_whoever_is_heard_of_as_gone_only_later_can_publish_nothing_more(
    company: Company,
) -> None:
    ana = await company.advocate()
    await ana.share(await company.publish_story())

    # The topic is compacted: of several states of a person the last may be all that is left.
    gone = ana.person.model_dump() | {"active": False, "roles": []}
    await company.sharing.hear(company.tenant, PersonChanged(**gone))
    await company.publish()

    assert [event.reason for event in await company.heard(ShareCancelled)] == ["deactivated"]
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_whoever_joins_again_is_asked_anew(company: Company) -> None:
    ana = await company.advocate()
    await ana.calls.post(f"/v1/programs/{ana.program_id}/leave")

    await ana.calls.post(f"/v1/programs/{ana.program_id}/join")
    connecting = await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    sharing = await ana.try_to_share(await company.publish_story())

    assert (connecting.status_code, problem_of(connecting)) == (403, "consent-missing")
    assert (sharing.status_code, problem_of(sharing)) == (409, "account-not-connected")


async def test_every_purpose_is_explained_in_the_readers_language(company: Company) -> None:
    await company.hire("ana", language="da")
    await company.hire("james", language="en-GB")

    danish = (await company.as_("ana").get("/v1/consents")).json()["items"]
    english = (await company.as_("james").get("/v1/consents")).json()["items"]

    assert [one["purpose"] for one in danish] == [
        "connect",
        "publish",
        "read_numbers",
        "rankings",
        "featured",
        "photo",
    ]
    assert danish[3]["text"].startswith("Mit navn")
    assert english[3]["text"].startswith("My name")


async def test_saying_yes_twice_is_the_same_as_once(company: Company) -> None:
    ana = await company.newcomer()

    await ana.consent("publish")
    again = await ana.consent("publish")

    [given] = again.json()["given"]
    assert (given["network"], given["text_version"]) == ("sandbox", "2026-11-24")
    assert len(await company.heard(ConsentGiven)) == 1


@pytest.mark.parametrize(
    ("purpose", "network", "version", "problem"),
    [
        ("publish", None, "2026-11-24", (422, "network-misnamed")),
        ("publish", "elsewhere", "2026-11-24", (422, "network-misnamed")),
        ("rankings", "sandbox", "2026-11-24", (422, "network-misnamed")),
        ("publish", "sandbox", "2025-01", (409, "consent-text-outdated")),
        ("everything", "sandbox", "2026-11-24", (422, "validation-failed")),
        ("publish", "x" * 33, "2026-11-24", (422, "validation-failed")),
    ],
)
async def test_a_yes_must_fit_the_purpose_and_the_text(
    company: Company, purpose: str, network: str | None, version: str, problem: tuple[int, str]
) -> None:
    ana = await company.newcomer()

    body = {"network": network, "text_version": version}
    answer = await ana.calls.put(f"/v1/consents/{purpose}", body)

    assert (answer.status_code, problem_of(answer)) == problem


@pytest.mark.parametrize("address", ["publish", "rankings?network=sandbox"])
async def test_it_must_be_clear_which_yes_is_taken_back(company: Company, address: str) -> None:
    ana = await company.advocate()

    answer = await ana.calls.delete(f"/v1/consents/{address}")

    assert (answer.status_code, problem_of(answer)) == (422, "network-misnamed")


async def test_whoever_has_not_joined_is_not_asked_for_consents(company: Company) -> None:
    await company.hire("bo")

    body = {"network": None, "text_version": "2026-11-24"}
    answer = await company.as_("bo").put("/v1/consents/rankings", body)

    assert (answer.status_code, problem_of(answer)) == (403, "not-an-advocate")


async def test_taking_publish_back_cancels_what_waits_and_keeps_the_account(
    company: Company,
) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())

    withdrawn = await ana.withdraw("publish")
    again = await ana.withdraw("publish")
    await company.publish()

    assert withdrawn.json()["given"] == again.json()["given"] == []
    assert (await ana.read(share))["reason"] == "consent_withdrawn"
    [account] = (await ana.calls.get("/v1/accounts")).json()["items"]
    assert account["state"] == "connected"
    assert len(await company.heard(ConsentWithdrawn)) == 1
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_taking_connect_back_disconnects_the_account(company: Company) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())

    await ana.withdraw("connect")

    [account] = (await ana.calls.get("/v1/accounts")).json()["items"]
    assert (account["state"], account["reason"]) == ("disconnected", "withdrawn")
    assert (await ana.read(share))["state"] == "cancelled"


async def test_a_program_of_another_company_is_not_found(company: Company, world: World) -> None:
    ana = await company.newcomer()
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.hire("eva", "program_manager")
    eva = elsewhere.as_("eva")

    answers = [
        await eva.post(f"/v1/programs/{ana.program_id}/{verb}")
        for verb in ("join", "leave", "close")
    ]

    for answer in answers:
        assert (answer.status_code, problem_of(answer)) == (404, "program-not-found")
    assert (await eva.get("/v1/programs")).json()["items"] == []
