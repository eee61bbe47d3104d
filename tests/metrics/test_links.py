"""Rules of links and of robots: where a link may lead, and who is no person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.metrics.domain.links import Link, LinkUnusable, check_link, is_code, location_of
from services.metrics.redirect.robots import suspected

FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    b"Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def a_link(target: str, code: str = "abcdefghij") -> Link:
    return Link(code, new_id(), new_id(), target)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,hi",
        "//elsewhere.example/",
        "/only/a/path",
        "https://",
        "https://a.example/\r\nset-cookie: a=b",
        "https://a.example/\nx",
        "https://a.example/a b",
        "https://[::1",
        "https://a.example/" + "a" * 2000,
        "",
    ],
)
def test_a_link_leads_to_a_web_page_and_nowhere_else(target: str) -> None:
    with pytest.raises(LinkUnusable):
        check_link(a_link(target))


@pytest.mark.parametrize("code", ["short", "a" * 33, "abcdefghi-", "abcdefghi\n", "æbcdefghij", ""])
def test_a_code_has_10_to_32_letters_and_digits(code: str) -> None:
    assert not is_code(code)
    with pytest.raises(LinkUnusable):
        check_link(a_link("https://a.example/", code))


def test_danish_letters_in_a_target_are_encoded_and_what_is_encoded_stays() -> None:
    link = a_link("https://nordlys.example/møller?a=%C3%A6&b=1#top")

    check_link(link)

    assert location_of(link) == b"https://nordlys.example/m%C3%B8ller?a=%C3%A6&b=1#top"


@given(st.text(max_size=60))
def test_whatever_passes_the_check_cannot_end_a_header(path: str) -> None:
    link = a_link("https://nordlys.example/" + path)
    try:
        check_link(link)
    except LinkUnusable:
        return

    sent = location_of(link)

    assert sent.startswith(b"https://nordlys.example/")
    assert all(0x21 <= byte <= 0x7E for byte in sent)


@pytest.mark.parametrize("agent", [FIREFOX, IPHONE])
def test_a_browser_is_a_person(agent: bytes) -> None:
    assert not suspected("GET", [(b"user-agent", agent)])


@pytest.mark.parametrize(
    "agent",
    [
        b"",
        b"curl/8.7.1",
        b"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        b"Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
        b"facebookexternalhit/1.1",
        b"Mastodon/4.5.0 (http.rb/5.3.1; +https://mastodon.example/) Bot",
        b"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    ],
)
def test_crawlers_and_link_previews_are_robots(agent: bytes) -> None:
    assert suspected("GET", [(b"user-agent", agent)])


def test_a_question_for_headers_only_is_a_robots() -> None:
    assert suspected("HEAD", [(b"user-agent", FIREFOX)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"sec-purpose", b"prefetch;prerender"),
        (b"purpose", b"Prefetch"),
        (b"x-moz", b"prefetch"),
        (b"x-purpose", b"preview"),
    ],
)
def test_a_browser_that_fetches_ahead_has_not_clicked(name: bytes, value: bytes) -> None:
    assert suspected("GET", [(b"user-agent", FIREFOX), (name, value)])
