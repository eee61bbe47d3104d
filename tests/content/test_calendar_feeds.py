"""Following the calendar from another program: what RFC 5545 reads there, and who is let in."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest
import structlog
from icalendar import Calendar

from chassis.ids import new_id
from contracts.directory import PersonDeactivated
from services.content.domain import ics
from services.content.domain.calendar import Entry, Span
from services.content.domain.calendar_feeds import FEEDS_MAX
from tests.content.conftest import Newsroom, done
from tests.counting import called_on_the_loop
from tests.world import OpenService, problem_of

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
YEAR = Span(date(2031, 1, 1), date(2032, 1, 1), COPENHAGEN)
FEEDS = "/v1/calendar/feeds"
ITEMS = "/v1/calendar/items"


def an_entry(at: datetime | None, **fields: Any) -> Entry:
    entry = Entry(
        kind="item",
        title="Calm day",
        on=at.astimezone(COPENHAGEN).date() if at else date(2031, 3, 30),
        at=at,
        campaign_id=None,
        story_id=None,
        item_id=UUID(int=7),
        networks=(),
        languages=(),
        person_ids=frozenset(),
        state="planned",
        revision=3,
        changed_at=datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    return replace(entry, **fields)


def read_back(*entries: Entry, language: str = "en") -> list[Any]:
    return components("VEVENT", ics.render("Redaktionen", entries, YEAR, language))


def components(name: str, written: bytes) -> list[Any]:
    """Answer the components of a calendar as icalendar reads them, whose types say less."""
    return list(Calendar.from_ical(written).walk(name))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2031, 3, 30, 0, 59, tzinfo=UTC),
        datetime(2031, 3, 30, 1, 0, tzinfo=UTC),
        datetime(2031, 10, 25, 23, 59, tzinfo=UTC),
        datetime(2031, 10, 26, 0, 30, tzinfo=UTC),
        datetime(2031, 10, 26, 1, 30, tzinfo=UTC),
        datetime(2031, 10, 26, 2, 0, tzinfo=UTC),
        datetime(2031, 12, 24, 12, 0, tzinfo=UTC),
    ],
    ids=str,
)
def test_an_instant_is_the_same_one_in_another_program(at: datetime) -> None:
    [event] = read_back(an_entry(at))

    assert event.decoded("dtstart").astimezone(UTC) == at


def test_the_calendar_brings_the_zones_that_it_names() -> None:
    written = ics.render("Redaktionen", [an_entry(datetime(2031, 5, 4, 8, tzinfo=UTC))], YEAR, "en")

    [zone] = components("VTIMEZONE", written)
    assert zone["tzid"] == "Europe/Copenhagen"
    assert zone.to_tz().utcoffset(datetime(2031, 7, 1)) == timedelta(hours=2)  # noqa: DTZ001
    assert zone.to_tz().utcoffset(datetime(2031, 12, 1)) == timedelta(hours=1)  # noqa: DTZ001


def test_a_whole_day_has_no_hour() -> None:
    [event] = read_back(an_entry(None))

    assert event.decoded("dtstart") == date(2031, 3, 30)
    assert event["dtstart"].params["value"] == "DATE"


def test_an_entry_is_known_again_and_says_which_edition_it_is() -> None:
    [event] = read_back(an_entry(None))

    assert event["uid"] == str(UUID(int=7))
    assert (event["sequence"], event["status"]) == (3, "CONFIRMED")
    assert event.decoded("dtstamp") == event.decoded("last-modified")
    assert event.decoded("dtstamp") == datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_what_was_dropped_is_cancelled() -> None:
    [event] = read_back(an_entry(None, state="dropped"))

    assert event["status"] == "CANCELLED"


def test_what_a_story_and_a_campaign_say_has_names_of_their_own() -> None:
    about: dict[str, Any] = {"item_id": None, "state": None, "story_id": UUID(int=8)}
    at = datetime(2031, 5, 4, 8, tzinfo=UTC)
    kinds: list[Any] = ["story_embargo", "story_live", "story_expires"]

    events = read_back(*(an_entry(at, kind=kind, **about) for kind in kinds), language="da-DK")

    assert len({event["uid"] for event in events}) == 3
    assert [str(event["summary"]) for event in events] == [
        "Calm day (må deles)",
        "Calm day (live)",
        "Calm day (slutter)",
    ]


@pytest.mark.parametrize(
    "title",
    [
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        "semi;colon, comma \\ backslash {curly}",
        "bell\x07 and delete\x7f",
        "æøå 🌬️" * 20,
    ],
)
def test_a_title_is_a_title_whatever_stands_in_it(title: str) -> None:
    written = ics.render(title, [an_entry(None, title=title)], YEAR, "en")

    [event] = components("VEVENT", written)
    unseen = str.maketrans("", "", "\x07\x7f")
    assert str(event["summary"]) == title.translate(unseen).replace("\r\n", " ")
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert b"\x07" not in written


async def opened(newsroom: Newsroom, who: str = "pia", **fields: Any) -> dict[str, Any]:
    return done(await newsroom.as_(who).post(FEEDS, {"name": "Redaktionen", **fields}), 201)


async def planned(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    at = newsroom.content.context.clock.now() + timedelta(days=10)
    item = {"title": "Calm day", "planned_at": at.isoformat(), **fields}
    return done(await newsroom.as_("pia").post(ITEMS, item), 201)


async def asked(content: OpenService, feed: dict[str, Any], **headers: str) -> httpx2.Response:
    """Ask as a program does that knows nothing but the address."""
    path = feed["address"].removeprefix(content.context.settings.public_url)
    return await content.client.get(path, headers=headers)


async def titles(newsroom: Newsroom, feed: dict[str, Any]) -> set[str]:
    answer = await asked(newsroom.content, feed)
    assert answer.status_code == 200, answer.text
    return {str(one["summary"]) for one in components("VEVENT", answer.content)}


async def test_a_feed_is_read_by_its_address_alone(newsroom: Newsroom) -> None:
    item = await planned(newsroom)
    feed = await opened(newsroom)

    answer = await asked(newsroom.content, feed)

    [event] = components("VEVENT", answer.content)
    assert event["uid"] == item["item_id"]
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_a_feed_is_rendered_beside_the_loop(newsroom: Newsroom) -> None:
    await planned(newsroom)
    feed = await opened(newsroom)

    answer, called = await called_on_the_loop(asked(newsroom.content, feed))

    assert components("VEVENT", answer.content)
    assert asked.__code__ in called
    assert ics.render.__code__ not in called


async def test_whoever_has_the_newest_edition_is_not_sent_it_again(newsroom: Newsroom) -> None:
    item = await planned(newsroom)
    feed = await opened(newsroom)
    tag = (await asked(newsroom.content, feed)).headers["etag"]

    same = await asked(newsroom.content, feed, **{"if-none-match": tag})
    done(await newsroom.as_("pia").patch(f"{ITEMS}/{item['item_id']}", {"title": "Windy day"}))
    newer = await asked(newsroom.content, feed, **{"if-none-match": tag})

    assert (same.status_code, same.content) == (304, b"")
    [event] = components("VEVENT", newer.content)
    assert (str(event["summary"]), event["sequence"]) == ("Windy day", 1)


async def test_a_feed_shows_what_its_owner_may_see_now(newsroom: Newsroom) -> None:
    at = newsroom.content.context.clock.now() + timedelta(days=5)
    await planned(newsroom)
    await newsroom.submitted("ana", title="Secret", embargo_until=at.isoformat())
    emils, pias = await opened(newsroom, "emil"), await opened(newsroom)

    before = (await titles(newsroom, emils), await titles(newsroom, pias))
    await newsroom.live("ana", title="Told", embargo_until=at.isoformat())
    after = await titles(newsroom, emils)

    assert before == (set(), {"Calm day", "Secret (må deles)"})
    assert after == {"Told (må deles)", "Told (live)"}


async def test_a_feed_can_be_of_a_part(newsroom: Newsroom) -> None:
    await planned(newsroom, title="On X", networks=["x"])
    await planned(newsroom, title="In Danish", language="da")

    found = [
        await titles(newsroom, await opened(newsroom, **scope))
        for scope in ({"network": "x"}, {"language": "da"}, {"mine": True})
    ]

    assert found == [{"On X"}, {"In Danish"}, {"On X", "In Danish"}]


async def test_a_dropped_plan_is_cancelled_where_it_was_seen(newsroom: Newsroom) -> None:
    item, feed = await planned(newsroom), await opened(newsroom)
    done(await newsroom.as_("pia").post(f"{ITEMS}/{item['item_id']}/drop"))

    [event] = components("VEVENT", (await asked(newsroom.content, feed)).content)

    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)


async def test_an_address_is_shown_once_and_kept_nowhere(newsroom: Newsroom) -> None:
    feed = await opened(newsroom)
    token = feed["address"].rsplit("/", 1)[1].removesuffix(".ics")

    listed = await newsroom.as_("pia").get(FEEDS)
    connection = await newsroom.content.context.database.connect("app")
    try:
        doors = await connection.fetch("select * from calendar_doors")
    finally:
        await connection.close()

    assert [one["feed_id"] for one in listed.json()["items"]] == [feed["feed_id"]]
    assert token not in listed.text
    assert doors
    assert token not in str([dict(door) for door in doors])
    assert len(token) >= 43


async def test_a_renewed_feed_has_another_address_and_the_old_one_leads_nowhere(
    newsroom: Newsroom,
) -> None:
    feed = await opened(newsroom)

    renewed = done(await newsroom.as_("pia").post(f"{FEEDS}/{feed['feed_id']}/renew"))
    old, new = await asked(newsroom.content, feed), await asked(newsroom.content, renewed)

    assert (old.status_code, problem_of(old)) == (404, "feed-not-found")
    assert new.status_code == 200


async def test_a_revoked_feed_is_over(newsroom: Newsroom) -> None:
    feed = await opened(newsroom)

    answer = await newsroom.as_("pia").delete(f"{FEEDS}/{feed['feed_id']}")

    assert answer.status_code == 204
    assert (await asked(newsroom.content, feed)).status_code == 404
    assert done(await newsroom.as_("pia").get(FEEDS))["items"] == []


async def test_whoever_leaves_takes_no_calendar_along(newsroom: Newsroom) -> None:
    bo = await newsroom.content.hire(newsroom.tenant, "bo", "program_manager")
    await planned(newsroom)
    feed = await opened(newsroom, "bo")
    before = await titles(newsroom, feed)

    gone = PersonDeactivated(**{**bo.model_dump(), "active": False})
    await newsroom.content.hear(newsroom.tenant, gone)
    after = await asked(newsroom.content, feed)

    assert before == {"Calm day"}
    assert (after.status_code, problem_of(after)) == (404, "feed-not-found")


async def test_a_feed_is_nobody_elses(newsroom: Newsroom) -> None:
    feed = await opened(newsroom)

    answers = [
        await newsroom.as_("ada").post(f"{FEEDS}/{feed['feed_id']}/renew"),
        await newsroom.as_("ada").delete(f"{FEEDS}/{feed['feed_id']}"),
        await newsroom.as_("ada").delete(f"{FEEDS}/{new_id()}"),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(404, "feed-not-found")}
    assert (await asked(newsroom.content, feed)).status_code == 200


async def test_a_person_has_only_so_many_feeds_even_at_once(newsroom: Newsroom) -> None:
    body = {"name": "Redaktionen"}

    answers = await asyncio.gather(
        *(newsroom.as_("pia").post(FEEDS, body) for _ in range(FEEDS_MAX + 3))
    )

    assert sorted(one.status_code for one in answers) == [201] * FEEDS_MAX + [409] * 3
    assert {problem_of(one) for one in answers if one.status_code == 409} == {"too-many-feeds"}


@pytest.mark.parametrize("token", ["nothing", "x" * 43, "x" * 3000, "%00", "%E2%98%83", ".ics"])
async def test_an_address_that_nobody_was_given_leads_nowhere(
    content: OpenService, token: str
) -> None:
    answer = await content.client.get(f"{FEEDS}/{token}.ics")

    assert (answer.status_code, problem_of(answer)) == (404, "feed-not-found")


async def test_a_token_is_in_no_log(newsroom: Newsroom) -> None:
    feed = await opened(newsroom)
    token = feed["address"].rsplit("/", 1)[1].removesuffix(".ics")

    with structlog.testing.capture_logs() as told:
        answer = await asked(newsroom.content, feed)

    assert answer.status_code == 200
    assert "/v1/calendar/feeds/{token}.ics" in str(told)
    assert token not in str(told)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": ""}, "validation-failed"),
        ({"name": "x" * 101}, "validation-failed"),
        ({"network": "myspace"}, "validation-failed"),
        ({"mine": 1}, "validation-failed"),
        ({"name": "\x00"}, "validation-failed"),
        ({"campaign_id": str(UUID(int=1))}, "campaign-unknown"),
    ],
)
async def test_what_cannot_be_followed_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    answer = await quiet_newsroom.as_("pia").post(FEEDS, {"name": "Mine", **fields})

    assert (answer.status_code, problem_of(answer)) == (422, problem)
