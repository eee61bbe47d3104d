"""When a story's end is over, what waits of it is cancelled at once, unless it lives on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.clock import SystemClock
from contracts.content import StoryExpired, StoryPublished, StoryRevised
from contracts.events import Event
from contracts.sharing import ShareCancelledV2
from tests.sharing.conftest import Company, a_story

HOUR = timedelta(hours=1)


async def a_story_for_an_hour(company: Company) -> tuple[StoryPublished, datetime]:
    until = SystemClock().now() + HOUR
    story = a_story(expires_at=until)
    await company.sharing.hear(company.tenant, story)
    return story, until


def over(story: StoryPublished, until: datetime) -> StoryExpired:
    return StoryExpired(story_id=story.story_id, version=story.version, expires_at=until)


def revised(story: StoryPublished, until: datetime | None) -> StoryRevised:
    return StoryRevised(**story.model_dump() | {"version": 2, "expires_at": until})


async def test_what_waits_of_an_expired_story_is_cancelled_at_once(company: Company) -> None:
    ana = await company.advocate()
    story, until = await a_story_for_an_hour(company)
    share = await ana.share(story.story_id)

    for _ in range(2):
        await company.sharing.hear(company.tenant, over(story, until), at=until)

    cancelled = await ana.read(share)
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "story_expired")
    assert [event.reason for event in await company.heard(ShareCancelledV2)] == ["story_expired"]


@pytest.mark.parametrize("expired_first", [True, False], ids=["in order", "the other way round"])
async def test_a_later_version_with_a_later_end_wins_whichever_is_heard_first(
    company: Company, expired_first: bool
) -> None:
    ana = await company.advocate()
    story, until = await a_story_for_an_hour(company)
    news: list[Event] = [over(story, until), revised(story, until + HOUR)]

    for one in news if expired_first else reversed(news):
        await company.sharing.hear(company.tenant, one, at=until)
    share = await ana.share(story.story_id)
    await company.publish()

    assert (await ana.read(share))["state"] == "published"


async def test_a_share_of_the_later_version_is_not_stopped_by_late_news_of_the_end(
    company: Company,
) -> None:
    ana = await company.advocate()
    story, until = await a_story_for_an_hour(company)
    await company.sharing.hear(company.tenant, revised(story, None))
    share = await ana.share(story.story_id)

    await company.sharing.hear(company.tenant, over(story, until), at=until)

    assert (await ana.read(share))["state"] == "scheduled"


async def test_an_end_of_what_nobody_here_has_heard_of_changes_nothing(company: Company) -> None:
    ana = await company.advocate()
    story, until = a_story(), SystemClock().now()

    ended = await company.sharing.hear(company.tenant, over(story, until), at=until)
    await company.sharing.hear(company.tenant, story)

    assert ended == {"done": 1}
    made: dict[str, Any] = await ana.share(story.story_id)
    assert made["state"] == "scheduled"
