"""Which headers pass the door: as rules, without a server."""

import pytest

from chassis.errors import Refusal
from chassis.problems import BodyTooLarge
from gateway.headers import House, authorization_of, for_client, for_service, framing_of
from gateway.refusals import RequestMalformed

HOUSE = House.at("https://fortaler.example:8443")


def passed(*headers: tuple[bytes, bytes], peer: str | None = None) -> dict[str, str]:
    return dict(for_service(headers, house=HOUSE, peer=peer, length=None))


def test_a_service_is_told_where_a_request_came_from_by_us_alone() -> None:
    heard = passed(
        (b"host", b"evil.example"),
        (b"forwarded", b"for=192.0.2.1"),
        (b"x-forwarded-for", b"192.0.2.1"),
        (b"x-forwarded-host", b"evil.example"),
        (b"x-forwarded-prefix", b"/admin"),
        (b"x-real-ip", b"192.0.2.1"),
        peer="198.51.100.7",
    )

    assert heard == {
        "host": "fortaler.example:8443",
        "x-forwarded-host": "fortaler.example:8443",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "198.51.100.7",
    }


@pytest.mark.parametrize(
    "name",
    [
        *(b"x-tenant-id", b"x-fortaler-tenant", b"x-fortaler-role", b"ce-tenant", b"ce-id"),
        *(b"x-http-method-override", b"x-original-url", b"cookie", b"expect", b"traceparent"),
        *(b"te", b"upgrade", b"trailer", b"proxy-authorization", b"keep-alive"),
        b"proxy-connection",
    ],
)
def test_what_a_client_may_not_say_goes_no_further(name: bytes) -> None:
    assert name.decode() not in passed((name, b"x"))


def test_what_connection_names_goes_no_further_in_either_direction() -> None:
    headers = [(b"connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"x-open", b"2")]

    inwards = passed(*headers)
    outwards = dict(for_client(headers, private=False))

    assert "x-secret" not in inwards
    assert inwards["x-open"] == "2"
    assert outwards == {b"x-open": b"2", b"x-content-type-options": b"nosniff"}


def test_repeated_headers_stay_repeated() -> None:
    headers = [(b"accept", b"a"), (b"accept", b"b")]

    kept = for_service(headers, house=HOUSE, peer=None, length=None)

    assert [value for name, value in kept if name == "accept"] == ["a", "b"]


def test_a_private_answer_is_stored_nowhere_unless_the_service_allows_it() -> None:
    silent = dict(for_client([], private=True))
    allowed = dict(for_client([(b"Cache-Control", b"max-age=60")], private=True))

    assert silent[b"cache-control"] == b"no-store"
    assert allowed[b"cache-control"] == b"max-age=60"


def test_a_length_beside_a_transfer_coding_is_not_passed_on() -> None:
    outwards = dict(
        for_client([(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"5")], private=False)
    )

    assert outwards == {b"x-content-type-options": b"nosniff"}


@pytest.mark.parametrize(
    ("headers", "has_body", "length"),
    [
        ([], False, None),
        ([(b"content-length", b"0")], False, 0),
        ([(b"content-length", b"0012")], True, 12),
        ([(b"content-length", b"1000000")], True, 1_000_000),
        ([(b"transfer-encoding", b"Chunked")], True, None),
    ],
)
def test_a_body_is_framed_in_one_way(
    headers: list[tuple[bytes, bytes]], has_body: bool, length: int | None
) -> None:
    framing = framing_of(headers)

    assert (framing.has_body, framing.length) == (has_body, length)


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ([(b"content-length", b"3"), (b"content-length", b"4")], RequestMalformed),
        ([(b"content-length", b"3"), (b"content-length", b"3")], RequestMalformed),
        ([(b"content-length", b"3"), (b"transfer-encoding", b"chunked")], RequestMalformed),
        ([(b"transfer-encoding", b"gzip, chunked")], RequestMalformed),
        ([(b"transfer-encoding", b"identity")], RequestMalformed),
        ([(b"transfer-encoding", b"chunked")] * 2, RequestMalformed),
        ([(b"content-length", b"+3")], RequestMalformed),
        ([(b"content-length", b"3, 3")], RequestMalformed),
        ([(b"content-length", b"")], RequestMalformed),
        ([(b"content-length", b"1000001")], BodyTooLarge),
        ([(b"content-length", b"9" * 5000)], BodyTooLarge),
    ],
)
def test_a_body_with_two_framings_is_refused(
    headers: list[tuple[bytes, bytes]], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        framing_of(headers)


def test_two_tokens_are_refused_so_that_nobody_reads_the_other_one() -> None:
    with pytest.raises(RequestMalformed):
        authorization_of([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")])


def test_a_header_that_is_not_text_is_refused() -> None:
    with pytest.raises(RequestMalformed):
        passed((b"x-name", b"\xff\xfe"))
