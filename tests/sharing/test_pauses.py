"""While a company has paused everything nothing of it reaches a network; then each share once."""

import asyncio
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from contracts.content import PublishingPaused, PublishingResumed
from contracts.sharing import ShareCancelled, ShareCancelledV2, SharePublished
from services.sharing.domain.shares import HELD_MAX, LOOK_DELAYS_S
from services.sharing.publishing.rounds import FRESH_FOR
from services.sharing.store.due import sweeping
from services.sharing.store.pauses import is_paused
from tests.sharing.conftest import Advocate, Company
from tests.sharing.test_publishing import LEASE_S, SHOWN_S, claimed
from tests.world import News

HANGS_S = 300
"""Until a test lets it answer; nobody waits for so long."""
PAUSE_ID = UUID(int=1)
HELD_S = HELD_MAX.total_seconds()


async def pause(company: Company, until: datetime | None = None) -> UUID:
    pause_id = new_id()
    await company.sharing.hear(company.tenant, PublishingPaused(pause_id=pause_id, until=until))
    return pause_id


async def lift(company: Company, pause_id: UUID) -> None:
    resumed = PublishingResumed(pause_id=pause_id)
    await company.sharing.hear(company.tenant, resumed, at=company.sandbox.time.now())


async def ready_to_go(company: Company, count: int = 1) -> tuple[Advocate, list[dict[str, Any]]]:
    ana = await company.advocate()
    return ana, [await ana.share(await company.publish_story()) for _ in range(count)]


async def is_out(company: Company, ana: Advocate, shares: list[dict[str, Any]]) -> bool:
    """Answer whether each share is on the network, once."""
    posts = await company.sandbox.posts_of(ana.handle)
    out = sorted(str(post["client_ref"]) for post in posts)
    return out == sorted(f"share-{share['share_id']}" for share in shares)


async def test_while_all_is_paused_nothing_leaves_and_then_each_share_leaves_once(
    company: Company,
) -> None:
    ana, shares = await ready_to_go(company, 3)

    pause_id = await pause(company)
    for _ in range(3):
        await company.publish(after_s=60)
    paused = await company.sandbox.posts_of(ana.handle)
    states = {(await ana.read(share))["state"] for share in shares}
    await lift(company, pause_id)
    for _ in range(3):
        await company.publish(after_s=60)

    assert (paused, states) == ([], {"scheduled"})
    assert await is_out(company, ana, shares)
    assert len(await company.heard(SharePublished)) == 3


async def test_a_share_that_is_made_meanwhile_says_that_it_waits(company: Company) -> None:
    ana = await company.advocate()
    pause_id = await pause(company)

    share = await ana.share(await company.publish_story())
    await company.publish()
    waiting = await ana.read(share)
    await lift(company, pause_id)
    await company.publish()

    assert (share["state"], share["reason"]) == ("scheduled", "publishing_paused")
    assert len(waiting["history"]) == 1
    assert ((await ana.read(share))["state"], await is_out(company, ana, [share])) == (
        "published",
        True,
    )


async def test_a_share_that_a_pause_has_overtaken_says_that_it_waits(company: Company) -> None:
    ana, [share] = await ready_to_go(company)

    pause_id = await pause(company)
    waiting = await ana.read(share)
    [line] = (await company.as_("ana").get("/v1/shares")).json()["items"]
    await lift(company, pause_id)
    free = await ana.read(share)

    assert [one["reason"] for one in (share, waiting, line, free)] == [
        *(None, "publishing_paused", "publishing_paused", None)
    ]
    assert {one["state"] for one in (waiting, line, free)} == {"scheduled"}


@pytest.mark.parametrize(
    "passes_s", [0, FRESH_FOR.total_seconds()], ids=["all checks are fresh", "they are stale"]
)
async def test_a_pause_that_begins_after_the_intent_stops_the_call(
    company: Company, passes_s: float
) -> None:
    ana, [share] = await ready_to_go(company)
    await company.sandbox.misbehave("expire_token")
    await company.sandbox.misbehave("hang", route="POST /oauth/token", seconds=HANGS_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(company.publish())
        await company.sandbox.has_taken_every_fault()
        begun = await ana.read(share)
        pause_id = await pause(company)
        company.sandbox.time.passes(seconds=passes_s)
        await company.sandbox.forget_faults()
    stopped = await ana.read(share)
    posts = await company.sandbox.posts_of(ana.handle)
    await lift(company, pause_id)
    await company.publish()

    assert begun["state"] == "publishing"
    assert (stopped["state"], stopped["reason"]) == ("scheduled", "publishing_paused")
    assert posts == []
    assert await is_out(company, ana, [share])


async def test_what_a_killed_publisher_left_is_not_repeated_before_the_pause_has_ended(
    company: Company,
) -> None:
    ana, [share] = await ready_to_go(company)
    await claimed(company, share)
    pause_id = await pause(company)

    await company.publish(after_s=LEASE_S)
    for _ in range(3):
        await company.publish(after_s=SHOWN_S)
    paused = await ana.read(share)
    posts = await company.sandbox.posts_of(ana.handle)
    await lift(company, pause_id)
    for delay_s in LOOK_DELAYS_S[3:6]:
        await company.publish(after_s=delay_s + 1)

    assert (paused["state"], paused["reason"]) == ("uncertain", "publisher_lost")
    assert posts == []
    assert ((await ana.read(share))["state"], await is_out(company, ana, [share])) == (
        "published",
        True,
    )


async def test_a_pause_ends_by_itself_though_nobody_says_so(company: Company) -> None:
    ana, [share] = await ready_to_go(company)
    await pause(company, until=company.sandbox.time.now() + timedelta(minutes=10))

    await company.publish(after_s=590)
    before = await company.sandbox.posts_of(ana.handle)
    await company.publish(after_s=20)

    assert before == []
    assert await is_out(company, ana, [share])


@pytest.mark.parametrize(
    ("waits_s", "state", "reason"),
    [(HELD_S - 60, "published", None), (HELD_S + 60, "cancelled", "paused_too_long")],
    ids=["not for long", "for too long"],
)
async def test_what_was_held_back_for_too_long_stays_unsaid(
    company: Company, waits_s: float, state: str, reason: str | None
) -> None:
    ana, [share] = await ready_to_go(company)
    pause_id = await pause(company)

    await company.publish(after_s=waits_s)
    await lift(company, pause_id)
    await company.publish(after_s=1)

    ended = await ana.read(share)
    assert (ended["state"], ended["reason"]) == (state, reason)
    assert len(await company.sandbox.posts_of(ana.handle)) == (state == "published")
    told = [event.reason for event in await company.heard(ShareCancelledV2)]
    assert told == [reason for _ in range(1) if reason]
    assert await company.heard(ShareCancelled) == []


async def test_what_nobody_held_back_goes_out_however_late_the_worker_is(
    company: Company,
) -> None:
    pause_id = await pause(company)
    await lift(company, pause_id)
    ana, [share] = await ready_to_go(company)

    await company.publish(after_s=HELD_S + 60)

    assert await is_out(company, ana, [share])


async def test_what_waits_for_the_end_of_a_pause_stands_in_nobodys_way(company: Company) -> None:
    _, held = await ready_to_go(company, 3)
    await pause(company)
    neighbour = Company(company.sharing, company.sandbox, company.sharing.world.new_tenant())
    _, [free] = await ready_to_go(neighbour)

    async with sweeping(company.publisher.database) as sweeper:
        due = await sweeper.shares(at=company.sandbox.time.now(), limit=len(held))
    await neighbour.publish()

    assert [str(one.id) for one in due] == [free["share_id"]]


async def test_a_pause_stops_one_company_only(company: Company) -> None:
    ana, [share] = await ready_to_go(company)
    neighbour = Company(company.sharing, company.sandbox, company.sharing.world.new_tenant())
    await pause(neighbour)

    await company.publish()

    assert await is_out(company, ana, [share])


SOON, LATER = (timedelta(minutes=minutes) for minutes in (10, 20))
BEGUN, PROLONGED, FOR_GOOD, RESUMED = "begun", "prolonged", "for good", "resumed"


@pytest.mark.parametrize(
    ("told", "holds_after"),
    [
        ([BEGUN, PROLONGED], {"9": True, "19": True, "21": False}),
        ([BEGUN, FOR_GOOD], {"9": True, "19": True, "21": True}),
        ([BEGUN, RESUMED], {"9": False, "19": False, "21": False}),
        ([BEGUN, PROLONGED, RESUMED], {"9": False, "19": False, "21": False}),
        ([BEGUN, FOR_GOOD, RESUMED], {"9": False, "19": False, "21": False}),
    ],
    ids=lambda told: " ".join(told) if isinstance(told, list) else "",
)
async def test_news_of_a_pause_means_the_same_in_any_order_and_twice(
    company: Company, told: list[str], holds_after: dict[str, bool]
) -> None:
    now = company.sandbox.time.now()
    news = {
        BEGUN: PublishingPaused(pause_id=PAUSE_ID, until=now + SOON),
        PROLONGED: PublishingPaused(pause_id=PAUSE_ID, until=now + LATER),
        FOR_GOOD: PublishingPaused(pause_id=PAUSE_ID, until=None),
        RESUMED: PublishingResumed(pause_id=PAUSE_ID),
    }
    found = []

    for order in permutations(told):
        tenant = company.sharing.world.new_tenant()
        await company.sharing.hear_all(tenant, [News(news[one]) for one in (*order, *order)])
        async with company.sharing.context.database.transaction(tenant.tenant_id) as session:
            found.append(
                {
                    minutes: await is_paused(session, at=now + timedelta(minutes=int(minutes)))
                    for minutes in holds_after
                }
            )

    assert found == [holds_after for _ in permutations(told)]
