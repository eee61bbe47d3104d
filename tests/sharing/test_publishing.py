"""Never two posts: what becomes of a share when the network or the publisher lets us down."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chassis.ids import new_id
from chassis.service import Context
from contracts.sharing import (
    AccountDisconnected,
    ShareFailed,
    SharePublished,
    ShareUncertain,
)
from services.sharing.domain.shares import LEASE, LOOK_DELAYS_S, SHOWN_WITHIN
from services.sharing.networks.base import Draft, Published
from services.sharing.networks.outside import Outside
from services.sharing.networks.sandbox import Sandbox as SandboxAdapter
from services.sharing.publishing.rounds import advance, publish_round, revoke_round
from services.sharing.store.due import sweeping
from services.sharing.use_cases import publishing as use_cases
from services.sharing.use_cases.publishing import Errand
from tests.sharing.conftest import Advocate, Company

SECONDS = LOOK_DELAYS_S[0] + 1
LEASE_S = LEASE.total_seconds() + 1
SHOWN_S = SHOWN_WITHIN.total_seconds() + 1


async def shared(company: Company) -> tuple[Advocate, dict[str, Any]]:
    ana = await company.advocate()
    return ana, await ana.share(await company.publish_story())


async def claimed(company: Company, share: dict[str, Any]) -> Errand:
    """What a publisher does until it has committed its intent; then it dies."""
    publisher = company.publisher
    async with publisher.database.transaction(company.tenant.tenant_id) as session:
        errand = await use_cases.claim(
            session, publisher.clock, publisher.resources, share["share_id"], new_id()
        )
    assert errand is not None
    return errand


async def told(company: Company, errand: Errand, text: str | None = None) -> None:
    """What a publisher does until the network has the post; then it dies."""
    outside: Outside = company.publisher.resources
    assert errand.account.tokens is not None
    place = f"accounts/{errand.account.account_id}/access_token"
    async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
        token = await outside.seal.open(session, errand.account.tokens.access_token, place=place)
    share = errand.share
    draft = Draft(share.key, text or share.text, share.link, share.language)
    outcome = await outside.get("sandbox").publish(token, draft)
    assert isinstance(outcome, Published)


@pytest.mark.parametrize("kind", ["lose_answer", "server_error_after"])
async def test_a_lost_answer_is_settled_by_asking_and_there_is_one_post(
    company: Company, kind: str
) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave(kind)

    await company.publish()
    doubtful = await ana.read(share)
    await company.publish(after_s=SECONDS)

    settled = await ana.read(share)
    [post] = await company.sandbox.posts_of(ana.handle)
    assert doubtful["state"] == "uncertain"
    assert (settled["state"], settled["post_id"]) == ("published", post["id"])
    assert (doubtful["reason"] is None, settled["reason"]) == (False, None)
    assert len(await company.heard(ShareUncertain)) == 1
    assert len(await company.heard(SharePublished)) == 1


async def test_nothing_done_and_an_error_is_repeated_only_when_a_post_would_have_shown(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("server_error_before")
    await company.publish()

    await company.publish(after_s=SECONDS)
    before = await company.sandbox.posts_of(ana.handle)
    await company.publish(after_s=SHOWN_S)

    assert before == []
    assert len(await company.sandbox.posts_of(ana.handle)) == 1
    assert (await ana.read(share))["state"] == "published"


async def test_a_post_that_shows_late_is_waited_for(company: Company) -> None:
    ana, share = await shared(company)
    errand = await claimed(company, share)
    await company.sandbox.misbehave("show_late", seconds=LEASE_S + 20)
    await told(company, errand)

    await company.publish(after_s=LEASE_S)
    await company.publish(after_s=SECONDS)
    hidden = await ana.read(share)
    await company.publish(after_s=25)

    assert hidden["state"] == "uncertain"
    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_post_that_shows_later_than_we_wait_is_repeated_under_its_key_and_stays_one(
    company: Company,
) -> None:
    ana, share = await shared(company)
    errand = await claimed(company, share)
    await company.sandbox.misbehave("show_late", seconds=300)
    await told(company, errand)

    await company.publish(after_s=LEASE_S)
    await company.publish(after_s=SHOWN_S)

    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_repeat_that_the_network_refuses_says_nothing_about_the_first(
    company: Company,
) -> None:
    ana, share = await shared(company)
    errand = await claimed(company, share)
    await company.sandbox.misbehave("show_late", seconds=300)
    await told(company, errand, "The network has changed it a little, and now refuses the key.")

    await company.publish(after_s=LEASE_S)
    await company.publish(after_s=SHOWN_S)
    refused = await ana.read(share)
    await company.publish(after_s=300)

    assert refused["state"] == "uncertain"
    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_publisher_that_died_before_it_told_the_network_is_doubted_not_repeated(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await claimed(company, share)

    await company.publish()
    leased = await ana.read(share)
    await company.publish(after_s=LEASE_S)
    doubtful = await ana.read(share)
    none_yet = await company.sandbox.posts_of(ana.handle)
    await company.publish(after_s=SHOWN_S)

    assert (leased["state"], doubtful["state"], none_yet) == ("publishing", "uncertain", [])
    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_publisher_that_died_before_it_heard_the_answer_leaves_one_post(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await told(company, await claimed(company, share))

    await company.publish(after_s=LEASE_S)
    await company.publish(after_s=SECONDS)

    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_publisher_that_comes_back_from_the_dead_has_nothing_to_say(
    company: Company,
) -> None:
    ana, share = await shared(company)
    errand = await claimed(company, share)
    await company.publish(after_s=LEASE_S)

    publisher = company.publisher
    async with publisher.database.transaction(company.tenant.tenant_id) as session:
        ghost = Published("not-so", "http://sandbox.example/not-so")
        await use_cases.record(session, publisher.clock, errand, ghost)

    assert (await ana.read(share))["state"] == "uncertain"


async def test_where_the_key_is_forgotten_nothing_is_repeated_and_a_person_decides(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await claimed(company, share)

    await company.publish(after_s=timedelta(minutes=56).total_seconds())
    for delay_s in LOOK_DELAYS_S:
        await company.publish(after_s=delay_s + 1)

    unsettled = await ana.read(share)
    assert (unsettled["state"], unsettled["reason"]) == ("needs_review", "not_found")
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_too_many_requests_wait_as_long_as_the_network_says(company: Company) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("rate_limited", seconds=40)

    await company.publish()
    waiting = await ana.read(share)
    await company.publish(after_s=30)
    too_early = await ana.read(share)
    await company.publish(after_s=11)

    assert (waiting["state"], waiting["reason"]) == ("scheduled", "rate_limited")
    assert too_early["history"] == waiting["history"]
    assert (await ana.read(share))["state"] == "published"


async def test_a_network_that_cannot_be_reached_leaves_no_doubt(company: Company) -> None:
    ana, share = await shared(company)

    async with httpx2.AsyncClient(trust_env=False) as client:
        await publish_round(without_a_network(company, client))
    waiting = await ana.read(share)
    await company.publish(after_s=6)

    assert (waiting["state"], waiting["reason"]) == ("scheduled", "network_unreachable")
    assert (await ana.read(share))["state"] == "published"


def without_a_network(company: Company, client: httpx2.AsyncClient) -> Context:
    outside: Outside = company.publisher.resources
    nowhere = SandboxAdapter(
        client,
        base_url="http://127.0.0.1:9",
        client_id="fortaler",
        client_secret="",
        redirect_uri="",
    )
    return replace(company.publisher, resources=replace(outside, networks={"sandbox": nowhere}))


async def test_a_revoked_grant_ends_the_share_and_disconnects_the_account(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("revoke_token")

    await company.publish()

    failed = await ana.read(share)
    [account] = (await ana.calls.get("/v1/accounts")).json()["items"]
    assert (failed["state"], failed["reason"]) == ("failed", "account_disconnected")
    assert (account["state"], account["reason"]) == ("disconnected", "refused_by_network")
    assert [event.reason for event in await company.heard(AccountDisconnected)] == [
        "refused_by_network"
    ]
    assert len(await company.heard(ShareFailed)) == 1


async def test_a_fresh_token_that_is_rejected_leaves_no_grant_behind(company: Company) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("expire_token", times=2)

    await company.publish()
    failed = await ana.read(share)
    company.sandbox.time.passes(seconds=1)
    await revoke_round(company.publisher)

    assert (failed["state"], failed["reason"]) == ("failed", "account_disconnected")
    assert company.sandbox.living_grants(ana.handle) == 0


async def test_an_access_token_that_ended_early_is_renewed_and_the_share_goes_out(
    company: Company,
) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("expire_token")

    await company.publish()

    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_two_shares_renew_an_ended_access_once_since_a_refresh_token_works_once(
    company: Company,
) -> None:
    ana, first = await shared(company)
    second = await ana.share(await company.publish_story())

    await company.publish(after_s=timedelta(hours=3).total_seconds())

    states = [(await ana.read(share))["state"] for share in (first, second)]
    assert states == ["published", "published"]
    assert company.sandbox.renewals(ana.handle) == 1


async def test_a_lost_answer_while_renewing_sends_nothing(company: Company) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("server_error_before", route="POST /oauth/token")

    await company.publish(after_s=timedelta(hours=3).total_seconds())
    waiting = await ana.read(share)
    await company.publish(after_s=6)

    assert (waiting["state"], waiting["reason"]) == ("scheduled", "network_unreachable")
    assert (await ana.read(share))["state"] == "published"


async def test_too_many_renewals_at_once_cost_nobody_an_account(company: Company) -> None:
    ana, share = await shared(company)
    await company.sandbox.misbehave("rate_limited", route="POST /oauth/token")

    await company.publish(after_s=timedelta(hours=3).total_seconds())
    waiting = await ana.read(share)
    await company.publish(after_s=6)

    assert (waiting["state"], waiting["reason"]) == ("scheduled", "network_unreachable")
    assert (await ana.read(share))["state"] == "published"


async def test_many_publishers_at_once_post_each_share_once(company: Company) -> None:
    ana = await company.advocate()
    shares = [await ana.share(await company.publish_story()) for _ in range(6)]

    async with sweeping(company.publisher.database) as sweeper:
        due = await sweeper.shares(at=company.publisher.clock.now(), limit=100)
    # Four publishers have seen the same shares, and all reach for each of them.
    await asyncio.gather(*(advance(company.publisher, one) for one in due * 4))

    posts = await company.sandbox.posts_of(ana.handle)
    assert sorted(post["client_ref"] for post in posts) == sorted(
        f"share-{share['share_id']}" for share in shares
    )
    assert len(await company.heard(SharePublished)) == 6
    assert await company.heard(ShareUncertain) == []
