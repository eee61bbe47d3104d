"""The feed: live stories that fit the person, newest first."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.clock import SettableClock, SystemClock
from chassis.ids import new_id
from chassis.paging import encode
from contracts.content import Audience, StoryRevised, StoryWithdrawn, Variant
from services.sharing.main import SERVICE
from tests.news import EVERYBODY
from tests.sharing.conftest import Company, a_story
from tests.world import World, problem_of

TEAM = new_id()


def an_audience(**lists: Any) -> Audience:
    return Audience(**EVERYBODY.model_dump() | lists)


async def feed_of(company: Company, subject: str, **query: Any) -> list[dict[str, Any]]:
    answer = await company.as_(subject).get("/v1/feed", **query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("audience", "person", "fits"),
    [
        ({}, {}, True),
        ({"countries": ["DK"]}, {"country": "DK"}, True),
        ({"countries": ["DK", "SE"]}, {"country": "SE"}, True),
        ({"countries": ["SE"]}, {"country": "DK"}, False),
        ({"countries": ["dk"]}, {}, True),
        ({"countries": ["SE"]}, {}, False),
        ({"languages": ["da"]}, {}, True),
        ({"languages": ["da"]}, {"language": "da-DK"}, True),
        ({"languages": ["da-DK"]}, {"language": "da"}, False),
        ({"languages": ["en"]}, {"language": "da"}, False),
        ({"regions": ["Jylland"]}, {"region": "Jylland"}, True),
        ({"regions": ["Jylland"]}, {}, False),
        ({"team_ids": [TEAM]}, {"team_id": TEAM}, True),
        ({"team_ids": [TEAM]}, {}, False),
        ({"countries": ["DK"], "languages": ["da"]}, {"country": "DK", "language": "da"}, True),
        ({"countries": ["DK"], "languages": ["en"]}, {"country": "DK", "language": "da"}, False),
    ],
)
async def test_every_list_of_an_audience_must_fit_and_an_empty_one_asks_for_nothing(
    company: Company, audience: dict[str, Any], person: dict[str, Any], fits: bool
) -> None:
    await company.hire("ana", **person)
    await company.publish_story(audience=an_audience(**audience))

    assert len(await feed_of(company, "ana")) == fits


async def test_a_story_for_others_cannot_be_shared_either(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story(audience=an_audience(countries=["SE"]))

    answer = await ana.try_to_share(story_id)

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")


async def test_embargo_and_expiry_are_kept_here(company: Company) -> None:
    ana = await company.advocate()
    now, hour = SystemClock().now(), timedelta(hours=1)
    embargoed = await company.publish_story(embargo_until=now + hour)
    expired = await company.publish_story(expires_at=now - hour)
    live = await company.publish_story(embargo_until=now - hour, expires_at=now + hour)

    shown = await feed_of(company, "ana")
    answers = [await ana.try_to_share(story_id) for story_id in (embargoed, expired)]

    assert [story["story_id"] for story in shown] == [str(live)]
    assert [problem_of(answer) for answer in answers] == ["story-under-embargo", "story-not-live"]
    told = datetime.fromisoformat(answers[0].json()["embargo_until"])
    assert (answers[0].status_code, told) == (409, now + hour)


async def test_of_an_embargo_only_those_are_told_whom_the_story_is_for(company: Company) -> None:
    ana = await company.advocate()
    tomorrow = SystemClock().now() + timedelta(days=1)
    theirs = an_audience(countries=["SE"])
    story_id = await company.publish_story(audience=theirs, embargo_until=tomorrow)

    answer = await ana.try_to_share(story_id)

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")


async def test_a_withdrawn_story_is_gone_and_stays_gone(company: Company) -> None:
    ana = await company.advocate()
    story = a_story()
    await company.sharing.hear(company.tenant, story)

    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=story.story_id))
    late = StoryRevised(**story.model_dump() | {"version": 2})
    await company.sharing.hear(company.tenant, late)
    answer = await ana.try_to_share(story.story_id)

    assert await feed_of(company, "ana") == []
    assert (answer.status_code, problem_of(answer)) == (409, "story-not-live")


async def test_a_revised_story_keeps_its_place_with_its_new_text(company: Company) -> None:
    await company.hire("ana")
    story = a_story()
    await company.sharing.hear(company.tenant, story)
    newer = await company.publish_story()

    revised = StoryRevised(**story.model_dump() | {"version": 2, "title": "Nyt om falken"})
    await company.sharing.hear(company.tenant, revised)
    await company.sharing.hear(company.tenant, StoryRevised(**story.model_dump()))

    first, second = await feed_of(company, "ana")
    assert first["story_id"] == str(newer)
    assert (second["title"], second["version"]) == ("Nyt om falken", 2)


async def test_pages_follow_one_another_without_gap_or_repeat(company: Company) -> None:
    await company.hire("ana")
    published = [str(await company.publish_story()) for _ in range(5)]

    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await company.as_("ana").get("/v1/feed", **query)).json()
        found += [story["story_id"] for story in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert found == published[::-1]


async def test_pages_hold_still_while_stories_come_and_go(company: Company) -> None:
    await company.hire("ana")
    published = [await company.publish_story() for _ in range(4)]
    first = (await company.as_("ana").get("/v1/feed", limit=2)).json()

    await company.publish_story()
    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=published[3]))
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await company.as_("ana").get("/v1/feed", **query)).json()

    shown = [story["story_id"] for story in first["items"] + second["items"]]
    assert shown == [str(one) for one in reversed(published)]


async def test_a_story_is_live_from_the_instant_its_embargo_ends_until_it_expires(
    world: World, company: Company
) -> None:
    settings = company.sharing.context.settings
    second = timedelta(seconds=1)
    # Ahead of the machine's: what stands still must not see tokens of the future.
    clock = SettableClock(SystemClock().now() + timedelta(minutes=5))
    begins, ends = clock.now() + second, clock.now() + 2 * second
    async with world.open(SERVICE, clock=clock, settings=settings) as sharing:
        timed = Company(sharing, company.sandbox, company.tenant)
        ana = await timed.advocate()
        story_id = await timed.publish_story(embargo_until=begins, expires_at=ends)

        answers, shown = [], []
        for _ in range(3):
            answers.append(await ana.try_to_share(story_id))
            shown.append(len(await feed_of(timed, "ana")))
            clock.advance(second)

    early, live, late = answers
    assert (early.status_code, live.status_code, late.status_code) == (409, 201, 409)
    assert (problem_of(early), problem_of(late)) == ("story-under-embargo", "story-not-live")
    assert shown == [0, 1, 0]


@pytest.mark.parametrize(
    "remembered",
    [("x",), ("9999-12-31T23:59:59-14:00", str(new_id())), ("2026-11-24T08:00:00Z", "x")],
    ids=["of another list", "a time that UTC does not have", "no id"],
)
async def test_a_cursor_of_another_list_is_refused(
    company: Company, remembered: tuple[str, ...]
) -> None:
    await company.hire("ana")

    answer = await company.as_("ana").get("/v1/feed", cursor=encode(*remembered))

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_topic_network_and_words_leave_out_what_does_not_have_them(
    company: Company,
) -> None:
    await company.hire("ana")
    falcon = await company.publish_story()
    elsewhere = [Variant(network="elsewhere", language="da", text="Se her")]
    sea = await company.publish_story(
        title="100 % hav", topics=["hav"], variants=elsewhere, body="Vand."
    )

    async def found(**query: str) -> list[str]:
        return [story["story_id"] for story in await feed_of(company, "ana", **query)]

    assert await found(topic="hav") == [str(sea)]
    assert await found(network="sandbox") == [str(falcon)]
    assert await found(q="VANDREFALK") == [str(falcon)]
    assert await found(q="100 %") == [str(sea)]
    assert await found(q="%") == [str(sea)]
    assert await found(topic="natur", q="vand.") == []


async def test_suggested_copy_comes_in_the_order_that_suits_the_reader(company: Company) -> None:
    await company.hire("james", language="en-GB")
    await company.publish_story(
        variants=[
            Variant(network=network, language=language, text=f"{network} {language}")
            for network in ("elsewhere", "sandbox")
            for language in ("da", "en")
        ]
    )

    [plain] = await feed_of(company, "james")
    [chosen] = await feed_of(company, "james", network="sandbox", language="da")

    assert [one["text"] for one in plain["variants"]][:2] == ["elsewhere en", "sandbox en"]
    assert [one["text"] for one in chosen["variants"]][:2] == ["sandbox da", "sandbox en"]


async def test_another_companys_stories_are_not_shown(company: Company, world: World) -> None:
    await company.publish_story()
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.hire("eva")

    assert await feed_of(elsewhere, "eva") == []
