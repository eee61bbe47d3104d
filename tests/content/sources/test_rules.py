"""When a source is asked, what is the same, and what is left of strangers' HTML."""

import html
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.content.domain.feeds import Entry, canonical
from services.content.domain.sources import (
    BACKOFF_MAX,
    FAILURES_MAX,
    INTERVAL_MINUTES_MAX,
    INTERVAL_MINUTES_MIN,
    PUT_OFF_MAX,
    WORDS,
    Failed,
    Outcome,
    PolledJustNow,
    Problem,
    Read,
    Source,
    Unchanged,
    ask_soon,
    change,
    is_leased,
    lease,
    open_source,
    settle,
)
from services.content.polling.feed_program import read
from services.content.polling.plain_text import plain

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_source(**fields: Any) -> Source:
    fields_given: dict[str, Any] = {
        "name": "N",
        "url": "https://news.example/feed",
        "language": "en",
        "topics": [],
        "campaign_id": None,
        "interval_minutes": 60,
    }
    return replace(open_source(new_id(), fields_given, at=NOON), **fields)


def wait_after(source: Source, outcome: Outcome, jitter: float = 0.0) -> timedelta:
    settled = settle(source, outcome, at=NOON, jitter=jitter)
    assert settled.due_at is not None
    return settled.due_at - NOON


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, 2 * HOUR), (1, 4 * HOUR), (2, 8 * HOUR), (3, 16 * HOUR), (4, DAY), (30, DAY)],
)
def test_whoever_fails_is_left_alone_for_twice_as_long_each_time(
    failures: int, wait: timedelta
) -> None:
    assert wait_after(a_source(failures=failures), Failed("unreachable")) == wait


@pytest.mark.parametrize(
    ("fresh_for", "wait"),
    [
        (timedelta(), HOUR),
        (timedelta(minutes=59), HOUR),
        (5 * HOUR, 5 * HOUR),
        (365 * DAY, DAY),
    ],
)
def test_a_host_may_slow_us_down_but_not_forever(fresh_for: timedelta, wait: timedelta) -> None:
    assert wait_after(a_source(), Unchanged(fresh_for, None)) == wait


def test_a_little_chance_spreads_sources_out() -> None:
    well = Unchanged(timedelta(), None)

    assert wait_after(a_source(), well, jitter=1.0) == HOUR * 1.1
    assert wait_after(a_source(), well, jitter=0.5) == HOUR * 1.05


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [(timedelta(seconds=1), 2 * HOUR), (3 * DAY, 3 * DAY), (1000 * DAY, 7 * DAY)],
)
def test_retry_after_is_kept_within_bounds(retry_after: timedelta, wait: timedelta) -> None:
    assert wait_after(a_source(), Failed("busy", retry_after)) == wait


def test_nobody_waits_for_a_source_that_has_failed_for_weeks() -> None:
    almost = settle(a_source(failures=FAILURES_MAX - 2), Failed("not_found"), at=NOON, jitter=0)
    over = settle(almost, Failed("not_found"), at=NOON, jitter=0)

    assert (almost.state, over.state, over.ended_because) == ("active", "ended", "failed_for_long")
    assert over.due_at is None


@given(
    st.integers(INTERVAL_MINUTES_MIN, INTERVAL_MINUTES_MAX),
    st.integers(0, FAILURES_MAX - 2),
    st.timedeltas(timedelta(), timedelta(days=10_000)),
    st.floats(0, 1),
    st.sampled_from(["read", "unchanged", "failed"]),
)
def test_whatever_happens_a_source_is_asked_neither_too_soon_nor_never(
    minutes: int, failures: int, span: timedelta, jitter: float, how: str
) -> None:
    outcomes: dict[str, Outcome] = {
        "read": Read((), "rss", None, None, span, None),
        "unchanged": Unchanged(span, None),
        "failed": Failed("busy", span),
    }
    source = a_source(interval_minutes=minutes, failures=failures)

    wait = wait_after(source, outcomes[how], jitter)

    longest = max(PUT_OFF_MAX, BACKOFF_MAX, source.interval)
    assert source.interval <= wait <= longest * 1.1


def test_a_shorter_interval_counts_from_now_on() -> None:
    waiting = a_source(interval_minutes=1440, due_at=NOON + DAY)

    assert change(waiting, {"interval_minutes": 15}, at=NOON).due_at == NOON + HOUR / 4
    assert change(waiting, {"name": "Other"}, at=NOON).due_at == NOON + DAY


def test_what_a_host_wants_counts_for_those_who_are_in_a_hurry_too() -> None:
    put_off = settle(a_source(), Failed("busy", 2 * DAY), at=NOON, jitter=0)

    shorter = change(put_off, {"interval_minutes": 15}, at=NOON)
    resumed = change(change(put_off, {"paused": True}, at=NOON), {"paused": False}, at=NOON)

    assert shorter.due_at == resumed.due_at == NOON + 2 * DAY
    with pytest.raises(PolledJustNow) as refused:
        ask_soon(put_off, at=NOON + DAY)
    assert refused.value.retry_after_s == DAY.total_seconds() + 1


def test_a_source_that_is_being_asked_is_not_asked_again_for_a_persons_sake() -> None:
    leased = lease(a_source(), new_id(), at=NOON)

    assert is_leased(leased, at=NOON)
    assert ask_soon(leased, at=NOON) is leased
    assert change(leased, {"interval_minutes": 15}, at=NOON).due_at == leased.due_at


@pytest.mark.parametrize("problem", WORDS)
def test_every_problem_is_told_in_a_sentence(problem: Problem) -> None:
    assert WORDS[problem].endswith(".")


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("https://a.example/x?utm_source=b&utm_medium=c", "https://a.example/x"),
        ("https://a.example/x?UTM_Source=b", "https://a.example/x"),
        ("https://a.example/x#part", "https://a.example/x"),
        ("https://A.example/x", "https://a.example/x"),
        ("http://a.example:80/x", "https://a.example:443/x"),
        ("https://a.example", "https://a.example/"),
        ("https://a.example/x?id=1&gclid=2", "https://a.example/x?id=1"),
    ],
)
def test_links_to_one_page_are_one(link: str, same: str) -> None:
    assert canonical(link) == canonical(same)


@pytest.mark.parametrize(
    ("link", "other"),
    [
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("https://a.example/x?utm=1", "https://a.example/x"),
    ],
)
def test_links_to_two_pages_are_two(link: str, other: str) -> None:
    assert canonical(link) != canonical(other)


def test_an_entry_is_known_by_its_mark_else_its_link_else_its_text() -> None:
    link = "https://a.example/x"
    marked = Entry("1", "A", "", link, None)
    linked, bare = replace(marked, mark=None), replace(marked, mark=None, link=None)

    assert marked.key == replace(marked, title="B", link="https://b.example/").key
    assert linked.key == replace(linked, title="B").key == linked.link_key
    assert bare.key != replace(bare, title="B").key
    assert len({marked.key, linked.key, bare.key}) == 3


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<p>Hello <b>world</b></p>", "Hello world"),
        ("Fish &amp; chips", "Fish & chips"),
        ("&lt;b&gt;Bold&lt;/b&gt; words", "Bold words"),
        ("&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;Hi", "Hi"),
        ("<script>alert(1)</script>Hi<style>p {}</style>", "Hi"),
        ("a < b and c > d", "a < b and c > d"),
        ("one\n\n  two\tthree", "one two three"),
        ("ja\x00 og\x07 nej", "ja og nej"),
        ("\u202egnp.exe", "gnp.exe"),
        ("<\u200bscript>alert(1)</\u200bscript>", ""),
        ("half \ud800 a sign", "half a sign"),
        ("👩‍🔧 på arbejde", "👩‍🔧 på arbejde"),
        ("", ""),
    ],
)
def test_html_becomes_text(written: str, left: str) -> None:
    assert plain(written, 200) == left


def test_text_is_cut_at_a_words_end() -> None:
    assert plain("one two three", 9) == "one two…"
    assert plain("one two three", 13) == "one two three"
    assert plain("a" * 300, 200) == "a" * 199 + "…"


@given(
    st.lists(
        st.sampled_from(["<", ">", "&lt;", "&gt;", "&amp;", "script", "b", "/", " ", "x", "\u200b"])
    )
)
def test_no_tag_is_left_however_it_was_written(parts: list[str]) -> None:
    left = plain("".join(parts), 200)

    assert html.unescape(nh3.clean(left, tags=set())) == html.unescape(left)


def _entries(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(text.encode(), "https://n.example/a/feed", "text/xml")[
        "entries"
    ]
    return found


def _item(inside: str) -> list[dict[str, Any]]:
    return _entries(f'<rss version="2.0"><channel><item>{inside}</item></channel></rss>')


@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ("<title>A</title><link>/b</link>", "https://n.example/b"),
        ("<title>A</title><link>b</link>", "https://n.example/a/b"),
        ("<title>A</title><link>//o.example/b</link>", "https://o.example/b"),
        ("<title>A</title><link>javascript:alert(1)</link>", None),
        ("<title>A</title><link>ftp://o.example/</link>", None),
        ("<title>A</title><link>https://ana@o.example/</link>", None),
        (f"<title>A</title><link>https://o.example/{'a' * 2000}</link>", None),
        ("<title>A</title>", None),
    ],
)
def test_links_are_whole_and_can_be_followed_or_are_none(inside: str, link: str | None) -> None:
    [entry] = _item(inside)

    assert entry["link"] == link


@pytest.mark.parametrize(
    ("date", "read_as"),
    [
        ("Wed, 04 Mar 2026 05:06:07 +0200", "2026-03-04T03:06:07+00:00"),
        ("2026-03-04T05:06:07Z", "2026-03-04T05:06:07+00:00"),
        ("yesterday", None),
        ("Wed, 99 Mar 99999 99:99:99 GMT", None),
        ("", None),
    ],
)
def test_dates_are_read_or_are_none(date: str, read_as: str | None) -> None:
    [entry] = _item(f"<title>A</title><pubDate>{date}</pubDate>")

    assert entry["published_at"] == read_as


def test_what_says_nothing_suggests_nothing_and_what_has_no_title_begins_with_its_text() -> None:
    assert _item("<link>https://o.example/</link>") == []
    [entry] = _item("<description>&lt;p&gt;Only a text&lt;/p&gt;</description>")
    assert (entry["title"], entry["excerpt"]) == ("Only a text", "Only a text")


def test_an_answer_that_names_a_file_of_ours_is_no_feed_though_the_file_is_one(
    tmp_path: Path,
) -> None:
    file = tmp_path / "feed.xml"
    file.write_text('<rss version="2.0"><channel><item><title>A</title></item></channel></rss>')

    assert read(str(file).encode(), "https://n.example/", "text/xml")["format"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
@pytest.mark.parametrize("told", [True, False], ids=["told rightly", "told wrongly"])
def test_letters_survive_their_encoding(encoding: str, told: bool) -> None:
    text = f"""<?xml version="1.0" encoding="{encoding}"?>
    <rss version="2.0"><channel><item><title>Blåbærgrød</title></item></channel></rss>"""
    said = f"text/xml; charset={encoding if told else 'ascii'}"

    [entry] = read(text.encode(encoding), "https://n.example/", said)["entries"]

    assert entry["title"] == "Blåbærgrød"


def test_feeds_that_are_not_well_formed_are_read_as_far_as_they_go() -> None:
    found = _entries(
        '<rss version="2.0"><channel><item><title>Fish & chips</title></item><item><title>Two'
    )

    assert found[0]["title"] == "Fish & chips"


@pytest.mark.parametrize(
    "item",
    ["null", "7", '"text"', "[]", "{}", '{"id": {}, "title": []}', '{"title": null}'],
)
def test_a_json_feed_of_odd_items_is_read_without_them(item: str) -> None:
    text = f'{{"version": "https://jsonfeed.org/version/1", "items": [{item}, {{"title": "A"}}]}}'

    found = read(text.encode(), "https://n.example/", "application/json")

    assert [one["title"] for one in found["entries"]] == ["A"]
