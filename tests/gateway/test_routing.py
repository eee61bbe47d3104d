"""Whose a path is, who may come without a token, and which paths have two meanings."""

import pytest

from gateway.routing import OWNERS, find_route, is_plain, public_methods


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/tenants", "directory"),
        ("/v1/people/018f/deactivate", "directory"),
        ("/v1/me", "directory"),
        ("/v1/me/", "directory"),
        ("/v1/stories", "content"),
        ("/v1/campaigns/018f", "content"),
        ("/v1/programs", "sharing"),
        ("/v1/accounts/callback", "sharing"),
        ("/v1/shares/018f/links", "sharing"),
        ("/v1/engagements:batch", "metrics"),
        ("/v1/metrics/people/018f", "metrics"),
        ("/r/Ab3", "metrics"),
        ("/v1/rules", "recognition"),
        ("/v1/points/me", "recognition"),
        ("/v1/board", "recognition"),
    ],
)
def test_a_noun_belongs_to_one_service(path: str, service: str) -> None:
    route = find_route(path)

    assert route is not None
    assert route.service == service
    assert path.startswith(route.prefix)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1", "/v1/", "/v1/shares2", "/v1/share", "/v1/engagements", "/v2/me", "/rx"),
        *("/v1/engagements:batch2", "/v1/stories:all", "", "/internal/v1/me", "/openapi.json"),
        "/V1/me",
    ],
)
def test_a_prefix_ends_where_a_segment_ends(path: str) -> None:
    assert find_route(path) is None


@pytest.mark.parametrize(
    ("method", "path", "public"),
    [
        ("GET", "/r/Ab3", True),
        ("HEAD", "/r/Ab3", True),
        ("GET", "/v1/accounts/callback", True),
        ("POST", "/r/Ab3", False),
        ("DELETE", "/r/Ab3", False),
        ("GET", "/r/", False),
        ("GET", "/r/Ab3/more", False),
        ("POST", "/v1/accounts/callback", False),
        ("HEAD", "/v1/accounts/callback", False),
        ("GET", "/v1/accounts/callback/", False),
        ("GET", "/v1/accounts", False),
        ("GET", "/v1/calendar/feeds/Ab3.ics", True),
        ("HEAD", "/v1/calendar/feeds/Ab3.ics", False),
        ("POST", "/v1/calendar/feeds/Ab3.ics", False),
        ("GET", "/v1/calendar/feeds/.ics", False),
        ("GET", "/v1/calendar/feeds/Ab3", False),
        ("GET", "/v1/calendar/feeds/Ab3/renew", False),
        ("GET", "/v1/calendar/feeds/Ab3.ics/more", False),
        ("GET", "/v1/calendar/feeds", False),
        ("GET", "/v1/me", False),
        ("GET", "/v1/media/objects/Ab.3", True),
        ("PUT", "/v1/media/objects/Ab.3", True),
        ("POST", "/v1/media/objects/Ab.3", False),
        ("DELETE", "/v1/media/objects/Ab.3", False),
        ("GET", "/v1/media/objects/", False),
        ("GET", "/v1/media/objects/Ab.3/more", False),
        ("GET", "/v1/media/018f", False),
        ("PUT", "/v1/media/018f/complete", False),
    ],
)
def test_three_doors_are_open_to_strangers(method: str, path: str, public: bool) -> None:
    assert (method in public_methods(path)) is public


@pytest.mark.parametrize("prefix", sorted(OWNERS))
def test_no_other_door_is_open_to_strangers(prefix: str) -> None:
    assert not public_methods(prefix)


@pytest.mark.parametrize(
    "path",
    [
        *(b"/", b"/v1/people/018f", b"/v1/me/", b"/v1/stories/a%20b", b"/r/A.b-c_d~e"),
        *(b"/v1/x:y@z", b"/v1/people/...", b"/v1/people/.a", b"/v1/s%C3%B8ren"),
    ],
)
def test_an_ordinary_path_is_plain(path: bytes) -> None:
    assert is_plain(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"v1/me",
        b"*",
        b"//v1/me",
        b"/v1//me",
        b"/v1/me//",
        b"/v1/people/../tenants",
        b"/v1/people/..",
        b"/v1/people/..;/tenants",
        b"/v1/./me",
        b"/v1/people/%2e%2e/tenants",
        b"/v1/people/.%2E/tenants",
        b"/v1/people%2ftenants",
        b"/v1/people%2Ftenants",
        b"/v1/people%5ctenants",
        b"/v1/people\\tenants",
        b"/v1/people/%252e%252e/tenants",
        b"/v1/me%00",
        b"/v1/me%0d%0ax",
        b"/v1/me%7f",
        b"/v1/me%",
        b"/v1/me%4",
        b"/v1/me%zz",
        b"/v1/s\xc3\xb8ren",
        b"/v1/a b",
        b'/v1/"a"',
        b"/v1/me?x",
        b"/v1/me#x",
    ],
)
def test_a_path_with_two_readings_is_not_plain(path: bytes) -> None:
    assert not is_plain(path)
