"""Everything is checked again at the moment of publishing, and the trace goes on."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import SystemClock
from contracts.content import Audience, StoryRevised, StoryWithdrawn
from contracts.sharing import (
    ShareCancelled,
    ShareCancelledV2,
    SharePublished,
    ShareScheduled,
    ShareUncertain,
)
from services.sharing.domain.shares import LOOK_DELAYS_S, SHOWN_WITHIN
from services.sharing.publishing.loops import publish_due
from services.sharing.publishing.rounds import FRESH_FOR
from tests.patience import until
from tests.sharing.conftest import Company, a_story

SECONDS = LOOK_DELAYS_S[0] + 1
SHOWN_S = SHOWN_WITHIN.total_seconds() + 1
ELSEWHERE = Audience(team_ids=[], regions=["Jylland"], countries=[], languages=[])
HANGS_S = 300
"""Until a test lets it answer; nobody waits for so long."""


async def answer_late(company: Company) -> None:
    """Let the network answer what hangs, at a time at which checks made before it are stale."""
    company.sandbox.time.passes(seconds=FRESH_FOR.total_seconds())
    await company.sandbox.forget_faults()


async def test_a_story_withdrawn_meanwhile_is_not_published(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    share = await ana.share(story_id)

    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=story_id))
    await company.publish()

    cancelled = await ana.read(share)
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "story_withdrawn")
    assert await company.sandbox.posts_of(ana.handle) == []
    assert [event.reason for event in await company.heard(ShareCancelled)] == ["story_withdrawn"]


async def test_what_was_published_before_a_story_was_withdrawn_stays(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    share = await ana.share(story_id)
    await company.publish()

    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=story_id))

    assert (await ana.read(share))["state"] == "published"
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_a_story_that_expires_meanwhile_is_not_published(company: Company) -> None:
    ana = await company.advocate()
    soon = SystemClock().now() + timedelta(minutes=5)
    share = await ana.share(await company.publish_story(expires_at=soon))

    await company.publish(after_s=301)

    cancelled = await ana.read(share)
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "story_expired")


@pytest.mark.parametrize(
    "changes",
    [
        {"link": "https://nordlys.example/andetsteds"},
        {"audience": ELSEWHERE},
        {"embargo_until": SystemClock().now() + timedelta(days=1)},
        {},
    ],
    ids=lambda changes: next(iter(changes), "words alone"),
)
async def test_what_waits_of_a_version_that_was_replaced_is_cancelled_at_once(
    company: Company, changes: dict[str, Any]
) -> None:
    ana = await company.advocate()
    story = a_story()
    await company.sharing.hear(company.tenant, story)
    share = await ana.share(story.story_id)

    news = StoryRevised(**story.model_dump() | {"version": 2} | changes)
    for _ in range(2):
        await company.sharing.hear(company.tenant, news)
    cancelled = await ana.read(share)
    await company.publish()

    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "story_revised")
    assert await company.sandbox.posts_of(ana.handle) == []
    assert [one.reason for one in await company.heard(ShareCancelledV2)] == ["story_revised"]


async def test_the_version_that_took_its_place_can_be_shared_in_the_same_words(
    company: Company,
) -> None:
    ana = await company.advocate()
    story = a_story()
    await company.sharing.hear(company.tenant, story)
    await ana.share(story.story_id)
    news = StoryRevised(**story.model_dump() | {"version": 2})
    await company.sharing.hear(company.tenant, news)

    again = await ana.share(story.story_id)
    await company.sharing.hear(company.tenant, news)
    await company.publish()

    published = await ana.read(again)
    assert (published["state"], published["story_version"]) == ("published", 2)


async def test_a_story_revised_while_a_token_is_renewed_cancels_the_share(
    company: Company,
) -> None:
    ana = await company.advocate()
    story = a_story()
    await company.sharing.hear(company.tenant, story)
    share = await ana.share(story.story_id)
    await company.sandbox.misbehave("expire_token")
    await company.sandbox.misbehave("hang", route="POST /oauth/token", seconds=HANGS_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(company.publish())
        await company.sandbox.has_taken_every_fault()
        news = StoryRevised(**story.model_dump() | {"version": 2})
        await company.sharing.hear(company.tenant, news)
        await answer_late(company)
    await company.publish(after_s=6)

    stopped = await ana.read(share)
    assert (stopped["state"], stopped["reason"]) == ("cancelled", "story_revised")
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_a_share_that_may_be_out_is_not_repeated_once_its_story_is_withdrawn(
    company: Company,
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    share = await ana.share(story_id)
    await company.sandbox.misbehave("server_error_before")
    await company.publish()

    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=story_id))
    await company.publish(after_s=SHOWN_S)

    assert (await ana.read(share))["state"] == "uncertain"
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_a_consent_taken_back_while_the_network_is_looked_at_stops_the_repeat(
    company: Company,
) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())
    await company.sandbox.misbehave("server_error_before")
    await company.publish()
    await company.sandbox.misbehave("hang", route="GET /api/posts", seconds=HANGS_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(company.publish(after_s=SHOWN_S))
        await company.sandbox.has_taken_every_fault()
        await ana.withdraw("publish")
        await answer_late(company)

    assert (await ana.read(share))["state"] == "uncertain"
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_a_consent_taken_back_while_a_token_is_renewed_cancels_the_share(
    company: Company,
) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())
    await company.sandbox.misbehave("expire_token")
    await company.sandbox.misbehave("hang", route="POST /oauth/token", seconds=HANGS_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(company.publish())
        await company.sandbox.has_taken_every_fault()
        await ana.withdraw("publish")
        await answer_late(company)
    await company.publish(after_s=6)

    stopped = await ana.read(share)
    assert (stopped["state"], stopped["reason"]) == ("cancelled", "consent_withdrawn")
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_the_trace_of_the_request_that_shared_reaches_the_post(company: Company) -> None:
    ana = await company.advocate()
    await ana.share(await company.publish_story())
    await company.sandbox.misbehave("lose_answer")

    await company.publish()
    await company.publish(after_s=SECONDS)

    traces = {
        type(event): traceparent.split("-")[1]
        for event, traceparent in await company.sharing.announced_with_trace(company.tenant)
        if traceparent is not None
    }
    assert traces[ShareScheduled] == traces[ShareUncertain] == traces[SharePublished]


async def test_the_worker_publishes_by_itself(company: Company) -> None:
    ana = await company.advocate()
    loop = asyncio.create_task(publish_due(company.publisher))

    async def published() -> bool:
        return bool((await ana.read(share))["state"] == "published")

    try:
        share = await ana.share(await company.publish_story())
        await until(published)
    finally:
        loop.cancel()
        await asyncio.wait([loop])

    assert len(await company.sandbox.posts_of(ana.handle)) == 1
