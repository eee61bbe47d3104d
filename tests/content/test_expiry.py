"""A story's end: announced once, seen by everybody, and undone by a later version."""

from typing import Any
from uuid import UUID

import pytest

from contracts.content import StoryExpired, StoryRevised
from tests.content.conftest import TimedNewsroom, done
from tests.world import problem_of


async def live_for_ten_minutes(newsroom: TimedNewsroom) -> dict[str, Any]:
    return await newsroom.live(expires_at=newsroom.in_(minutes=10))


async def expired(newsroom: TimedNewsroom) -> list[StoryExpired]:
    heard = await newsroom.content.announced(newsroom.tenant)
    return [one for one in heard if isinstance(one, StoryExpired)]


async def found(newsroom: TimedNewsroom, state: str, who: str = "emil") -> list[str]:
    page = done(await newsroom.as_(who).get("/v1/stories", state=state))
    return [line["story_id"] for line in page["items"]]


async def read(newsroom: TimedNewsroom, story: dict[str, Any]) -> dict[str, Any]:
    return done(await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}"))


async def test_several_workers_announce_once_that_a_story_has_expired(
    timed_newsroom: TimedNewsroom,
) -> None:
    story = await live_for_ten_minutes(timed_newsroom)

    timed_newsroom.passes(minutes=9)
    await timed_newsroom.worker_looks()
    early = await expired(timed_newsroom)
    timed_newsroom.passes(minutes=1)
    await timed_newsroom.worker_looks(times=3)
    await timed_newsroom.worker_looks()

    assert early == []
    [told] = await expired(timed_newsroom)
    assert (str(told.story_id), told.version) == (story["story_id"], 1)
    assert told.expires_at.isoformat() == story["live"]["expires_at"].replace("Z", "+00:00")


async def test_an_expired_story_is_not_live_to_readers_but_can_be_read(
    timed_newsroom: TimedNewsroom,
) -> None:
    story = await live_for_ten_minutes(timed_newsroom)
    lasting = await timed_newsroom.live(title="Lasting")

    timed_newsroom.passes(minutes=10)
    await timed_newsroom.worker_looks()

    assert await found(timed_newsroom, "live") == [lasting["story_id"]]
    assert await found(timed_newsroom, "expired") == [story["story_id"]]
    assert (await read(timed_newsroom, story))["expired"] is True
    assert (await read(timed_newsroom, lasting))["expired"] is False


async def test_a_later_end_makes_it_live_again_once_that_was_approved(
    timed_newsroom: TimedNewsroom,
) -> None:
    story = await live_for_ten_minutes(timed_newsroom)
    timed_newsroom.passes(minutes=10)
    await timed_newsroom.worker_looks()

    await timed_newsroom.do("ana", story, "revise")
    too_early = await timed_newsroom.try_to("ana", story, "submit")
    later = {"expires_at": timed_newsroom.in_(minutes=10)}
    await timed_newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", later)
    await timed_newsroom.approve(await timed_newsroom.do("ana", story, "submit"))
    not_yet = await found(timed_newsroom, "live")
    again = await timed_newsroom.do("ana", story, "publish")

    assert problem_of(too_early) == "story-expired"
    assert not_yet == []
    assert (again["state"], again["expired"]) == ("live", False)
    assert await found(timed_newsroom, "live") == [story["story_id"]]

    timed_newsroom.passes(minutes=10)
    await timed_newsroom.worker_looks()

    kinds = [
        (type(one), one.version)
        for one in await timed_newsroom.content.announced(timed_newsroom.tenant)
        if isinstance(one, StoryExpired | StoryRevised)
    ]
    assert kinds == [(StoryExpired, 1), (StoryRevised, 2), (StoryExpired, 2)]


@pytest.mark.parametrize("state", ["live", "draft", "in_review", "approved"])
async def test_what_has_expired_is_put_away_unless_its_next_version_is_on_its_way(
    timed_newsroom: TimedNewsroom, state: str
) -> None:
    story = await live_for_ten_minutes(timed_newsroom)
    timed_newsroom.passes(minutes=10)
    await timed_newsroom.worker_looks()
    if state != "live":
        await timed_newsroom.do("ana", story, "revise")
    if state in {"in_review", "approved"}:
        later = {"expires_at": timed_newsroom.in_(minutes=10)}
        done(await timed_newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", later))
        story = await timed_newsroom.do("ana", story, "submit")
    if state == "approved":
        await timed_newsroom.approve(story)

    answer = await timed_newsroom.try_to("pia", story, "archive")

    if state in {"live", "draft"}:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, problem_of(answer)) == (409, "story-in-use")


async def test_what_was_withdrawn_or_not_published_does_not_expire(
    timed_newsroom: TimedNewsroom,
) -> None:
    withdrawn = await live_for_ten_minutes(timed_newsroom)
    await timed_newsroom.do("ana", withdrawn, "withdraw")
    await timed_newsroom.approved(expires_at=timed_newsroom.in_(minutes=10))

    timed_newsroom.passes(minutes=11)
    await timed_newsroom.worker_looks()

    assert await expired(timed_newsroom) == []
    assert await found(timed_newsroom, "expired", "ada") == []


async def test_the_next_version_is_worked_on_while_the_live_one_expires(
    timed_newsroom: TimedNewsroom,
) -> None:
    story = await live_for_ten_minutes(timed_newsroom)
    await timed_newsroom.do("ana", story, "revise")
    await timed_newsroom.as_("ana").patch(
        f"/v1/stories/{story['story_id']}", {"title": "Anew", "expires_at": None}
    )

    timed_newsroom.passes(minutes=10)
    await timed_newsroom.worker_looks()

    [told] = await expired(timed_newsroom)
    assert (told.story_id, told.version) == (UUID(story["story_id"]), 1)
    mine = done(await timed_newsroom.as_("ana").get(f"/v1/stories/{story['story_id']}"))
    assert (mine["state"], mine["expired"], mine["working"]["title"]) == ("draft", True, "Anew")
