"""Sources and what was found in them, through the API."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.content.domain.sources import SOURCES_MAX
from services.content.polling.rounds import poll_round
from tests.content.conftest import done
from tests.content.sources.conftest import Desk, entry, rss
from tests.strangers import Reply
from tests.world import problem_of


def a_source(**fields: Any) -> dict[str, Any]:
    return {"name": "N", "url": "https://news.example/feed", "language": "en", **fields}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/feed",
        "http://localhost/feed",
        "http://2130706433/feed",
        "http://[::ffff:10.0.0.1]/feed",
        "http://169.254.169.254/latest/meta-data/",
        "http://kafka/feed",
        "http://content-web:8000/v1/stories",
        "https://news.example:9092/feed",
        "https://ana:hush@news.example/feed",
        "file:///etc/passwd",
        "news.example/feed",
    ],
)
async def test_an_address_into_a_private_network_is_refused_at_once(desk: Desk, url: str) -> None:
    answer = await desk.as_("pia").post("/v1/sources", a_source(url=url))

    assert (answer.status_code, problem_of(answer)) == (422, "address-refused")
    assert answer.json()["pointer"] == "/url"
    assert await desk.sources() == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"interval_minutes": 14}, "validation-failed"),
        ({"interval_minutes": 7 * 24 * 60 + 1}, "validation-failed"),
        ({"name": ""}, "validation-failed"),
        ({"url": "https://news.example/" + "a" * 2000}, "validation-failed"),
        ({"language": "English"}, "validation-failed"),
        ({"topics": ["a"] * 11}, "validation-failed"),
        ({"topics": ["wind", "wind"]}, "topic-repeated"),
        ({"kind": "carrier pigeon"}, "validation-failed"),
        ({"campaign_id": str(UUID(int=7))}, "campaign-unknown"),
    ],
    ids=str,
)
async def test_what_does_not_fit_is_refused(
    desk: Desk, fields: dict[str, Any], problem: str
) -> None:
    answer = await desk.as_("pia").post("/v1/sources", a_source(**fields))

    assert (answer.status_code, problem_of(answer)) == (422, problem)
    assert await desk.sources() == []


async def test_an_address_is_read_once(desk: Desk) -> None:
    await desk.open()

    again = await desk.as_("pia").post("/v1/sources", a_source(url=desk.url()))

    assert (again.status_code, problem_of(again)) == (409, "source-repeated")


async def test_of_two_who_add_the_same_at_once_one_is_told(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.as_(who).post("/v1/sources", a_source(url=desk.url())) for who in ("pia", "ada"))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_company_has_so_many_sources_and_no_more(desk: Desk) -> None:
    for number in range(SOURCES_MAX):
        await desk.open(f"/{number}")

    answer = await desk.as_("pia").post("/v1/sources", a_source(url=desk.url("/more")))

    assert (answer.status_code, problem_of(answer)) == (409, "too-many-sources")
    assert answer.json()["sources_max"] == SOURCES_MAX


async def test_who_only_writes_reads_sources_and_keeps_none(desk: Desk) -> None:
    source = await desk.open()
    path = f"/v1/sources/{source['source_id']}"
    anton = desk.as_("anton")

    read = await anton.get(path)
    tried = [
        await anton.post("/v1/sources", a_source()),
        await anton.patch(path, {"paused": True}),
        await anton.post(f"{path}/poll"),
        await anton.delete(path),
        await desk.as_("emil").get(path),
        await desk.as_("emil").get("/v1/sources/items"),
    ]

    assert read.status_code == 200
    assert {problem_of(answer) for answer in tried} == {"role-missing"}


async def test_a_paused_source_is_not_asked_until_it_goes_on(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.open()
    path = f"/v1/sources/{source['source_id']}"

    paused = done(await desk.as_("pia").patch(path, {"paused": True}))
    await poll_round(desk.worker, desk.client)
    asked_of_paused = await desk.as_("pia").post(f"{path}/poll")
    before = len(desk.them.asked)
    await desk.as_("pia").patch(path, {"paused": False})
    await desk.poll()

    assert (paused["state"], paused["next_poll_at"]) == ("paused", None)
    assert problem_of(asked_of_paused) == "source-not-active"
    assert (before, len(desk.them.asked)) == (0, 1)


async def test_a_source_that_has_ended_does_not_go_on(desk: Desk) -> None:
    desk.them.answer("/feed", Reply(410))
    source = await desk.polled()
    path = f"/v1/sources/{source['source_id']}"

    resumed = await desk.as_("pia").patch(path, {"paused": False})
    asked = await desk.as_("pia").post(f"{path}/poll")

    assert problem_of(resumed) == "source-ended"
    assert problem_of(asked) == "source-not-active"


async def test_a_person_may_have_a_source_asked_but_not_all_the_time(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.polled()
    pia, path = desk.as_("pia"), f"/v1/sources/{source['source_id']}/poll"

    refused = await pia.post(path)

    assert (refused.status_code, problem_of(refused)) == (429, "polled-just-now")
    assert 0 < int(refused.headers["retry-after"]) <= 301


async def test_asking_for_what_is_due_already_changes_nothing(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.open()
    pia, path = desk.as_("pia"), f"/v1/sources/{source['source_id']}/poll"

    answers = [await pia.post(path) for _ in range(2)]
    await desk.poll()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(desk.them.asked) == 1


async def test_an_item_becomes_a_draft_of_whoever_asks_and_only_once(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.polled(language="da", topics=["wind-power"])
    [item] = await desk.items()
    path = f"/v1/sources/items/{item['item_id']}/story"

    used = done(await desk.as_("anton").post(path))
    again = done(await desk.as_("anton").post(path))
    another = done(await desk.as_("ada").post(path))

    story = done(await desk.as_("anton").get(f"/v1/stories/{used['story_id']}"))
    working = story["working"]
    assert used == again == another
    assert used["state"] == "used"
    assert story["state"] == "draft"
    assert (working["title"], working["body"]) == ("News 1", "What happened, part 1.")
    assert (working["link"], working["language"]) == ("https://news.example/1", "da")
    assert working["topics"] == ["wind-power"]
    assert len(done(await desk.as_("ada").get("/v1/stories?author=me"))["items"]) == 0


async def test_of_two_who_use_an_item_at_once_there_is_one_story(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.polled()
    [item] = await desk.items()
    path = f"/v1/sources/items/{item['item_id']}/story"

    answers = await asyncio.gather(*(desk.as_(who).post(path) for who in ("anton", "ada")))

    stories = [
        one
        for who in ("anton", "ada")
        for one in done(await desk.as_(who).get("/v1/stories?author=me"))["items"]
    ]
    assert len({done(answer)["story_id"] for answer in answers}) == 1
    assert len(stories) == 1


async def test_a_title_alone_is_a_beginning_too(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1, text=None, link="javascript:alert(1)")))
    await desk.polled()
    [item] = await desk.items()

    used = done(await desk.as_("anton").post(f"/v1/sources/items/{item['item_id']}/story"))

    story = done(await desk.as_("anton").get(f"/v1/stories/{used['story_id']}"))
    assert (story["working"]["body"], story["working"]["link"]) == ("News 1", None)


async def test_a_closed_campaign_does_not_hold_an_item_back(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    pia = desk.as_("pia")
    campaign = done(await pia.post("/v1/campaigns", {"name": "C", "purpose": "traffic"}), 201)
    await desk.polled(campaign_id=campaign["campaign_id"])
    await pia.post(f"/v1/campaigns/{campaign['campaign_id']}/close")
    [item] = await desk.items()
    path = f"/v1/sources/items/{item['item_id']}/story"

    used = done(await desk.as_("anton").post(path))

    story = done(await desk.as_("anton").get(f"/v1/stories/{used['story_id']}"))
    assert story["working"]["campaign_id"] is None


async def test_an_item_is_dismissed_once_and_may_be_used_after_all(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.polled()
    [item] = await desk.items()
    path = f"/v1/sources/items/{item['item_id']}"
    anton = desk.as_("anton")

    dismissed = [done(await anton.post(f"{path}/dismiss"))["state"] for _ in range(2)]
    used = done(await anton.post(f"{path}/story"))
    refused = await anton.post(f"{path}/dismiss")

    assert dismissed == ["dismissed", "dismissed"]
    assert used["state"] == "used"
    assert (refused.status_code, problem_of(refused)) == (409, "item-used")


async def test_items_are_found_by_source_state_and_title_page_by_page(desk: Desk) -> None:
    desk.them.answer("/feed", rss(*(entry(number) for number in (3, 2, 1))))
    desk.them.answer("/other", rss(entry(9)))
    source = await desk.polled()
    await desk.polled("/other")
    anton, path = desk.as_("anton"), f"/v1/sources/{source['source_id']}/items"
    used = next(one for one in await desk.items() if one["title"] == "News 2")
    await anton.post(f"/v1/sources/items/{used['item_id']}/story")

    first = done(await anton.get(path, limit=2))
    rest = done(await anton.get(path, limit=2, cursor=first["next_cursor"]))
    of_source = [item["title"] for item in [*first["items"], *rest["items"]]]

    assert of_source == ["News 3", "News 2", "News 1"]
    assert rest["next_cursor"] is None
    assert [one["title"] for one in await desk.items(state="used")] == ["News 2"]
    assert [one["title"] for one in await desk.items(q="WS 3")] == ["News 3"]
    assert len(await desk.items(state="new")) == 3


async def test_with_a_source_its_items_go_and_stories_stay(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(2), entry(1)))
    source = await desk.polled()
    newest, _ = await desk.items()
    used = done(await desk.as_("anton").post(f"/v1/sources/items/{newest['item_id']}/story"))

    dropped = await desk.as_("pia").delete(f"/v1/sources/{source['source_id']}")

    assert dropped.status_code == 204
    assert await desk.items() == []
    story = await desk.as_("anton").get(f"/v1/stories/{used['story_id']}")
    assert story.status_code == 200
    gone = await desk.as_("pia").get(f"/v1/sources/{source['source_id']}/items")
    assert problem_of(gone) == "source-not-found"


async def test_other_companies_see_nothing_of_it(desk: Desk, world: Any) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.polled()
    [item] = await desk.items()
    other = world.new_tenant()
    await desk.content.hire(other, "pia", "program_manager", "author")
    stranger = desk.content.as_(other, "pia")

    tried = [
        await stranger.get(f"/v1/sources/{source['source_id']}"),
        await stranger.get(f"/v1/sources/{source['source_id']}/items"),
        await stranger.post(f"/v1/sources/items/{item['item_id']}/story"),
    ]

    assert {answer.status_code for answer in tried} == {404}
    assert done(await stranger.get("/v1/sources/items"))["items"] == []


async def test_only_so_many_items_of_a_source_are_kept_besides_those_that_were_used(
    desk: Desk,
) -> None:
    oldest = entry(0)
    replies = [rss(*(entry(n) for n in range(k * 200, k * 200 + 200))) for k in range(1, 6)]
    desk.them.answer("/feed", rss(oldest, entry(1)), *replies)
    source = await desk.polled()
    kept, _ = await desk.items()
    await desk.as_("anton").post(f"/v1/sources/items/{kept['item_id']}/story")

    for _ in replies:
        await desk.poll(after_s=2 * 3600)

    assert [one["title"] for one in await desk.items(state="used")] == ["News 0"]
    assert await desk.items(q="News 1", state="new") != []
    assert [one for one in await desk.items(q="News 1") if one["title"] == "News 1"] == []
    assert (await desk.read(source))["failures"] == 0
