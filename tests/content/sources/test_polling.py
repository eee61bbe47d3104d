"""Sources are asked politely and once, whatever their hosts do, and wherever a worker dies."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from services.content.domain.sources import LEASE
from services.content.polling.fetching import ask
from services.content.polling.rounds import poll_round
from services.content.store.due_sources import sweeping
from services.content.use_cases import sources as use_cases
from tests.chassis.processes import started
from tests.content.sources import polling_process
from tests.content.sources.conftest import Desk, atom, entry, json_feed, rss
from tests.content.sources.polling_process import POINTS
from tests.patience import PATIENCE_S, within
from tests.strangers import Reply

HOUR_S = 3600
MEGABYTE = b" " * 1_000_000


@pytest.mark.parametrize("feed", [rss, atom, json_feed], ids=["rss", "atom", "json"])
async def test_what_a_feed_lists_becomes_suggestions_the_newest_first(
    desk: Desk, feed: Callable[..., Reply]
) -> None:
    desk.them.answer("/feed", feed(entry(2), entry(1)))

    source = await desk.polled()

    newest, older = await desk.items()
    assert source["format"] in feed.__name__
    assert (source["state"], source["last_problem"], source["failures"]) == ("active", None, 0)
    assert (newest["title"], older["title"]) == ("News 2", "News 1")
    assert newest["excerpt"] == "What happened, part 2."
    assert newest["link"] == "https://news.example/2"
    assert newest["published_at"] == "2026-03-04T05:06:07Z"
    assert (newest["state"], newest["story_id"]) == ("new", None)


async def test_a_source_is_asked_again_only_when_it_is_time(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.polled(interval_minutes=60)

    await desk.poll(after_s=HOUR_S - 60)
    early = len(desk.them.asked)
    await desk.poll(after_s=120)

    assert early == 1
    assert len(desk.them.asked_for("/feed")) == 2


async def test_a_host_is_asked_for_news_only_and_told_who_asks(desk: Desk) -> None:
    told = {"etag": '"abc"', "last-modified": "Wed, 04 Mar 2026 05:06:07 GMT"}
    first = rss(entry(1))
    desk.them.answer("/feed", Reply(body=first.body, headers=told), Reply(304), Reply(304))
    await desk.polled()

    await desk.poll(after_s=2 * HOUR_S)
    await desk.poll(after_s=2 * HOUR_S)

    plain, conditional, again = (one.headers for one in desk.them.asked_for("/feed"))
    assert plain["user-agent"] == "Fortaler/1"
    assert "if-none-match" not in plain
    for headers in (conditional, again):
        assert headers["if-none-match"] == '"abc"'
        assert headers["if-modified-since"] == told["last-modified"]
    assert await desk.titles() == ["News 1"]


async def test_a_host_that_wants_to_be_asked_less_often_is(desk: Desk) -> None:
    feed = rss(entry(1), more="<ttl>300</ttl>")
    lasting = Reply(body=rss(entry(2)).body, headers={"cache-control": "public, max-age=18000"})
    desk.them.answer("/ttl", feed)
    desk.them.answer("/age", lasting)
    desk.them.answer("/ever", Reply(body=feed.body, headers={"cache-control": "max-age=99999999"}))

    sources = [await desk.open(path, interval_minutes=15) for path in ("/ttl", "/age", "/ever")]
    await desk.poll()

    waits = [await _wait_of(desk, source) for source in sources]
    assert waits == [timedelta(hours=5), timedelta(hours=5), timedelta(days=1)]


async def test_the_same_again_is_no_news_however_it_is_dressed(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)), rss(entry(2), entry(1, title="News 1, corrected")))
    await desk.polled()

    await desk.poll(after_s=2 * HOUR_S)

    assert await desk.titles() == ["News 2", "News 1"]


async def test_two_entries_of_one_feed_may_lead_to_one_page(desk: Desk) -> None:
    page = "https://news.example/"
    desk.them.answer("/feed", rss(entry(2, link=page), entry(1, link=page)))

    await desk.polled()

    assert await desk.titles() == ["News 2", "News 1"]


async def test_what_another_source_has_shown_is_not_shown_again(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1, link="https://news.example/a?id=1")))
    tagged = "http://NEWS.example:80/a?utm_source=x&id=1&fbclid=2#top"
    desk.them.answer("/other", rss(entry(9, link=tagged), entry(8)))
    await desk.polled()

    await desk.polled("/other")

    assert await desk.titles() == ["News 8", "News 1"]


async def test_without_an_id_a_link_says_what_is_the_same_and_without_a_link_the_text(
    desk: Desk,
) -> None:
    linked = entry(1, id=None, link="https://news.example/1?utm_campaign=a")
    tagged = entry(1, id=None, link="https://news.example/1?utm_campaign=b", title="Another")
    bare = entry(2, id=None, link=None)
    desk.them.answer("/feed", rss(linked, bare), rss(tagged, bare))
    await desk.polled()

    await desk.poll(after_s=2 * HOUR_S)

    assert await desk.titles() == ["News 1", "News 2"]


async def test_a_source_that_has_moved_for_good_is_asked_there(desk: Desk) -> None:
    desk.them.answer("/old", Reply(301, headers={"location": "/new"}))
    desk.them.answer("/new", Reply(302, headers={"location": "/now"}))
    desk.them.answer("/now", rss(entry(1)))
    source = await desk.polled("/old")

    await desk.poll(after_s=2 * HOUR_S)

    assert source["url"] == desk.url("/new")
    assert [one.path for one in desk.them.asked] == ["/old", "/new", "/now", "/new", "/now"]


async def test_a_source_moves_to_no_address_that_is_read_already(desk: Desk) -> None:
    desk.them.answer("/old", Reply(301, headers={"location": "/new"}))
    desk.them.answer("/new", rss(entry(1)))
    there, moved = await desk.open("/new"), await desk.open("/old")
    await desk.poll()

    await desk.poll(after_s=2 * HOUR_S)

    assert [(await desk.read(one))["url"] for one in (there, moved)] == [
        desk.url("/new"),
        desk.url("/old"),
    ]
    assert len(desk.them.asked_for("/old")) == 2
    assert await desk.titles() == ["News 1"]
    assert (await desk.read(moved))["last_problem"] is None


async def test_of_two_sources_that_move_to_one_address_one_stays(desk: Desk) -> None:
    for path in ("/a", "/b"):
        desk.them.answer(path, Reply(308, headers={"location": "/new"}))
    desk.them.answer("/new", rss(entry(1)))
    sources = [await desk.open(path) for path in ("/a", "/b")]

    await desk.poll()

    urls = {(await desk.read(one))["url"] for one in sources}
    assert desk.url("/new") in urls
    assert len(urls) == len(sources)


async def test_a_source_that_is_gone_has_ended(desk: Desk) -> None:
    desk.them.answer("/feed", Reply(410))
    source = await desk.polled()

    await desk.poll(after_s=30 * 24 * HOUR_S)

    assert (source["state"], source["ended_because"]) == ("ended", "gone")
    assert source["next_poll_at"] is None
    assert len(desk.them.asked) == 1


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield MEGABYTE


BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "haha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]>
<rss version="2.0"><channel><item><title>A &g; bomb</title></item></channel></rss>"""

FILE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>A file &x;</title></item></channel></rss>"""

PAGE = b"<!DOCTYPE html><html><head><title>News</title></head><body><p>Hello</p></body></html>"

MANY = b"<rss version='2.0'><channel>" + b"<item><title>a</title></item>" * 68_000

STRANGE = {
    "a web page": (Reply(body=PAGE, headers={"content-type": "text/html"}), "not_a_feed"),
    "nothing": (Reply(body=b""), "not_a_feed"),
    "noise": (Reply(body=bytes(range(256)) * 100), "not_a_feed"),
    "the name of a file": (Reply(body=b"/etc/passwd"), "not_a_feed"),
    "JSON of another kind": (Reply(body=b'{"items": []}'), "not_a_feed"),
    "deep JSON": (Reply(body=b'{"items": ' + b"[" * 100_000), "not_a_feed"),
    "no content": (Reply(204), "answer_unknown"),
    "a feed that never ends": (Reply(body=endless), "too_large"),
    "a feed of a gigabyte": (
        Reply(body=endless, headers={"content-length": str(10**9)}),
        "too_large",
    ),
    "a feed that unpacks to a gigabyte": (
        Reply(body=gzip.compress(MEGABYTE * 100), headers={"content-encoding": "gzip"}),
        "too_large",
    ),
    "sixty thousand entries": (Reply(body=MANY), "feed_unreadable"),
    "nobody there": (Reply(404), "not_found"),
    "a door": (Reply(403), "not_allowed"),
    "a failure": (Reply(500), "server_error"),
    "a way within": (Reply(302, headers={"location": "http://10.0.0.1/"}), "redirect_refused"),
    "a way in a circle": (Reply(302, headers={"location": "/feed"}), "too_many_redirects"),
}


@pytest.mark.parametrize("what", STRANGE)
async def test_whatever_stands_at_an_address_the_source_says_what_and_is_left_for_longer(
    desk: Desk, what: str
) -> None:
    reply, problem = STRANGE[what]
    desk.them.answer("/feed", reply)

    source = await desk.polled(interval_minutes=60)

    assert source["last_problem"]["reason"] == problem
    assert source["last_problem"]["detail"].endswith(".")
    assert (source["state"], source["failures"]) == ("active", 1)
    assert await _wait_of(desk, source) == timedelta(hours=2)
    assert await desk.items() == []


async def test_a_host_that_lets_us_wait_for_ever_is_left(hasty: Desk) -> None:
    hasty.them.answer("/feed", Reply(body=hasty.them.drip))

    source = await hasty.polled()

    assert source["last_problem"]["reason"] == "too_slow"


@pytest.mark.parametrize("body", [BOMB, FILE], ids=["a bomb", "a file"])
async def test_entities_are_neither_expanded_nor_fetched(desk: Desk, body: bytes) -> None:
    desk.them.answer("/feed", Reply(body=body))

    await desk.polled()

    shown = "".join(item["title"] + item["excerpt"] for item in await desk.items())
    assert len(shown) < 500
    assert "root:" not in shown


async def test_a_name_that_leads_within_is_found_out_when_it_is_asked(desk: Desk) -> None:
    desk.names.learn(desk.host, ["10.0.0.1"])

    source = await desk.polled()

    assert source["last_problem"]["reason"] == "address_not_public"
    assert desk.them.asked == []


async def test_a_source_that_works_again_forgets_its_problem(desk: Desk) -> None:
    desk.them.answer("/feed", Reply(500), rss(entry(1)))
    source = await desk.polled()

    await desk.poll(after_s=3 * HOUR_S)

    now = await desk.read(source)
    assert (now["last_problem"], now["failures"]) == (None, 0)
    assert await desk.titles() == ["News 1"]


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "a date"])
@pytest.mark.parametrize("status", [429, 503, 500])
async def test_a_host_that_says_when_to_come_again_is_left_alone_until_then(
    desk: Desk, status: int, as_date: bool
) -> None:
    wait = timedelta(days=2)
    told = format_datetime(desk.time.now() + wait, usegmt=True) if as_date else "172800"
    desk.them.answer("/feed", Reply(status, headers={"retry-after": told}))

    source = await desk.polled(interval_minutes=60)

    asked_soon = await desk.as_("pia").post(f"/v1/sources/{source['source_id']}/poll")
    assert abs(await _wait_of(desk, source) - wait) < timedelta(minutes=1)
    assert asked_soon.status_code == 429


async def test_two_workers_at_once_ask_a_source_once(desk: Desk) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    await desk.open()

    await asyncio.gather(*(poll_round(desk.worker, desk.client) for _ in range(4)))

    assert len(desk.them.asked_for("/feed")) == 1
    assert await desk.titles() == ["News 1"]


async def test_one_host_is_asked_by_one_at_a_time(desk: Desk) -> None:
    paths = [f"/feed/{number}" for number in range(4)]
    for number, path in enumerate(paths):
        desk.them.answer(path, rss(entry(number)))
        await desk.open(path)

    for _ in paths:
        await asyncio.gather(*(poll_round(desk.worker, desk.client) for _ in range(3)))
    await desk.poll()

    assert {one.path for one in desk.them.asked} == {*paths}
    assert desk.them.busy_max == 1


async def test_tenants_take_turns(desk: Desk, world: Any) -> None:
    other = world.new_tenant()
    await desk.content.hire(other, "pia", "program_manager")
    for number in range(3):
        await desk.open(url=desk.url(host=f"n{number}.{desk.host}"))
    theirs = {"name": "N", "url": desk.url(host=f"other.{desk.host}"), "language": "en"}
    added = await desk.content.as_(other, "pia").post("/v1/sources", theirs)

    async with sweeping(desk.worker.database) as sweeper:
        due = await sweeper.due(at=desk.time.now(), besides=[], limit=1000)

    whose = [one.tenant_id for one in due if one.host.endswith(desk.host)]
    ours = desk.tenant.tenant_id
    assert whose == [ours, other.tenant_id, ours, ours]
    await desk.content.as_(other, "pia").delete(f"/v1/sources/{added.json()['source_id']}")


async def _claimed(desk: Desk, source: dict[str, Any]) -> tuple[UUID, Any]:
    """What a worker does until it has a source for itself."""
    lease_id = new_id()
    async with desk.worker.database.transaction(desk.tenant.tenant_id) as session:
        claimed = await use_cases.claim(session, desk.time, UUID(source["source_id"]), lease_id)
    return lease_id, claimed


async def _settle(desk: Desk, source: dict[str, Any], lease_id: UUID, outcome: Any) -> bool:
    async with desk.worker.database.transaction(desk.tenant.tenant_id) as session:
        return await use_cases.settle(
            session, desk.time, UUID(source["source_id"]), lease_id, outcome, jitter=0
        )


@pytest.mark.parametrize("point", POINTS)
async def test_wherever_a_worker_is_killed_another_follows_and_everything_is_found_once(
    desk: Desk, point: str
) -> None:
    news = rss(entry(2), entry(1))
    desk.them.answer("/feed", Reply(body=desk.them.drip) if point == "in-the-answer" else news)
    source = await desk.open()
    settings, port = desk.content.context.settings, str(desk.them.port)
    async with started(settings, point, port, module=polling_process.__name__) as worker:
        if point == "in-the-answer":
            await within(PATIENCE_S, desk.them.stuck.wait())
        else:
            await worker.heard("here")
        await worker.kill()
    desk.them.answer("/feed", news)

    await poll_round(desk.worker, desk.client)
    before_the_lease_ends = len(desk.them.asked_for("/feed"))
    await desk.poll(after_s=LEASE.total_seconds() + 1)

    assert before_the_lease_ends == 1
    assert await desk.titles() == ["News 2", "News 1"]
    assert (await desk.read(source))["failures"] == 0


async def test_a_worker_that_died_between_reading_and_saving_leaves_one_set_of_items(
    desk: Desk,
) -> None:
    desk.them.answer("/feed", rss(entry(2), entry(1)))
    source = await desk.open()
    lease_id, claimed = await _claimed(desk, source)
    outcome = await ask(desk.client, claimed, asyncio.Semaphore(1), at=desk.time.now())

    await desk.poll(after_s=LEASE.total_seconds() + 1)
    late = await _settle(desk, source, lease_id, outcome)

    assert not late
    assert await desk.titles() == ["News 2", "News 1"]


async def test_what_is_fetched_for_a_source_that_is_paused_meanwhile_is_dropped(
    desk: Desk,
) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.open()
    lease_id, claimed = await _claimed(desk, source)
    outcome = await ask(desk.client, claimed, asyncio.Semaphore(1), at=desk.time.now())

    await desk.as_("pia").patch(f"/v1/sources/{source['source_id']}", {"paused": True})
    settled = await _settle(desk, source, lease_id, outcome)

    assert not settled
    assert await desk.items() == []
    assert (await desk.read(source))["state"] == "paused"


async def test_what_is_fetched_for_a_source_that_is_gone_meanwhile_is_dropped(
    desk: Desk,
) -> None:
    desk.them.answer("/feed", rss(entry(1)))
    source = await desk.open()
    lease_id, claimed = await _claimed(desk, source)
    outcome = await ask(desk.client, claimed, asyncio.Semaphore(1), at=desk.time.now())

    await desk.as_("pia").delete(f"/v1/sources/{source['source_id']}")

    assert not await _settle(desk, source, lease_id, outcome)
    assert await desk.items() == []


async def _wait_of(desk: Desk, source: dict[str, Any]) -> timedelta:
    now = await desk.read(source)
    polled_at = datetime.fromisoformat(now["last_polled_at"])
    wait = datetime.fromisoformat(now["next_poll_at"]) - polled_at
    return timedelta(seconds=round(wait.total_seconds()))
