"""What nobody has thought of is a problem of one source; a host that is busy is left alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import structlog

from chassis.guarded_client import GuardedClient
from services.content.polling.rounds import Poller, poll_round
from services.content.store.due_sources import sweeping
from tests.content.conftest import done
from tests.content.sources.conftest import Desk, entry, json_feed, rss
from tests.patience import within
from tests.strangers import Ways

HELD_S = 1.0


@pytest.fixture
async def surprised(desk: Desk) -> AsyncIterator[Desk]:
    """The same desk, whose poller meets something unheard of at one host."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host == f"odd.{desk.host}":
            raise KeyError(f"Ana asked for {host}")
        return await desk.names(host, port)

    async with GuardedClient(
        user_agent="Fortaler/1", resolve=resolve, dial=Ways(desk.them.port)
    ) as client:
        usual, desk.client = desk.client, client
        yield desk
        desk.client = usual


async def test_a_surprise_is_a_problem_of_one_source_and_holds_up_no_other(
    surprised: Desk,
) -> None:
    surprised.them.answer("/feed", rss(entry(1)))
    odd = await surprised.open(url=surprised.url(host=f"odd.{surprised.host}"))
    usual = await surprised.open()

    with structlog.testing.capture_logs() as told:
        await surprised.poll()

    assert (await surprised.read(odd))["last_problem"]["reason"] == "feed_unreadable"
    assert (await surprised.read(usual))["last_problem"] is None
    assert await surprised.titles() == ["News 1"]
    [surprise] = [one for one in told if one["event"] == "source.surprise"]
    assert (surprise["source_id"], surprise["error"]) == (odd["source_id"], "KeyError")
    assert "Ana" not in str(told)


async def test_a_surprise_when_it_is_settled_is_a_problem_of_the_source_too(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.open()
    jitters = iter([2.0e300, 0.0])

    await poll_round(desk.worker, desk.client, draw=lambda: next(jitters))

    now = await desk.read(source)
    assert (now["last_problem"]["reason"], now["failures"]) == ("feed_unreadable", 1)
    assert await desk.items() == []


async def test_an_id_that_holds_half_a_sign_is_one_all_the_same(desk: Desk) -> None:
    half = "\ud800"
    feed = json_feed(entry(2, id=f"a{half}"), entry(1, id=half, title=f"News{half} 1", link=half))
    assert b"\\ud800" in feed.body  # type: ignore[operator]
    desk.them.answer("/feed", feed)
    source = await desk.polled()

    await desk.poll(after_s=7200)

    assert (await desk.read(source))["last_problem"] is None
    assert await desk.titles() == ["News 2", "News 1"]
    assert len(desk.them.asked_for("/feed")) == 2


async def test_what_looks_like_markup_in_a_feed_is_text_in_a_draft(desk: Desk) -> None:
    text = "1. *Now* [free](javascript:alert(1)), 2 &lt; 3 and &lt;b&gt;"
    desk.them.answer("/feed", json_feed(entry(1, text=text)))
    await desk.polled()
    [item] = await desk.items()

    used = done(await desk.as_("anton").post(f"/v1/sources/items/{item['item_id']}/story"))

    story = done(await desk.as_("anton").get(f"/v1/stories/{used['story_id']}"))
    shown = "1. *Now* [free](javascript:alert(1)), 2 &lt; 3 and"
    assert shown in story["working"]["body_html"]
    assert "<a" not in story["working"]["body_html"]


async def test_a_host_that_another_worker_holds_keeps_its_place_for_a_while(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.open()
    database = desk.worker.database
    async with (
        sweeping(database) as another,
        another.holding(desk.host),
        sweeping(database) as sweeper,
        asyncio.TaskGroup() as tasks,
    ):
        poller = Poller(desk.worker, desk.client, sweeper, lambda: 0.0, look_s=HELD_S)
        await poller.start_due(tasks)

        with pytest.raises(TimeoutError):
            await within(HELD_S / 4, poller.one_is_done())

    assert desk.them.asked == []
    await desk.poll()
    assert await desk.titles() == ["News 1"]
