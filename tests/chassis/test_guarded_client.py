"""Calling what users gave: nobody is led within, held up, or filled."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.clock import SystemClock
from chassis.guarded_client import Bounds, CallFailed, Guard, GuardedClient, NotPublic
from tests.strangers import PUBLIC, Names, Reply, Strangers, Ways, strangers

SHORT = Bounds(deadline_s=0.5)
MEGABYTE = b"\0" * 1_000_000


@pytest.fixture
async def them() -> AsyncIterator[Strangers]:
    async with strangers() as them:
        yield them


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def ways(them: Strangers) -> Ways:
    return Ways(them.port)


@pytest.fixture
async def client(names: Names, ways: Ways) -> AsyncIterator[GuardedClient]:
    async with GuardedClient(user_agent="Fortaler", resolve=names, dial=ways) as client:
        yield client


async def why(client: GuardedClient, url: str, bounds: Bounds | None = None) -> str:
    with pytest.raises(CallFailed) as failed:
        await client.get(url, bounds=bounds)
    return failed.value.reason


async def test_a_public_address_is_called_by_its_name_and_at_the_address_that_was_checked(
    client: GuardedClient, them: Strangers, ways: Ways
) -> None:
    them.answer("/feed?a=1", Reply(body=b"news", headers={"ETag": '"1"'}))

    answer = await client.get("http://feeds.example/feed?a=1", headers={"if-none-match": '"0"'})

    [asked] = them.asked
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"news", '"1"')
    assert (asked.method, asked.host, asked.path) == ("GET", "feeds.example", "/feed?a=1")
    assert (asked.headers["user-agent"], asked.headers["if-none-match"]) == ("Fortaler", '"0"')
    assert ways.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
async def test_a_name_that_leads_within_is_not_followed(
    client: GuardedClient, names: Names, ways: Ways, address: str
) -> None:
    names.learn("feeds.example", [address])

    assert await why(client, "http://feeds.example/") == "address_not_public"
    assert ways.dialled == []


async def test_one_address_within_among_public_ones_is_one_too_many(
    client: GuardedClient, names: Names, ways: Ways
) -> None:
    names.learn("feeds.example", [PUBLIC, "10.0.0.1"])

    assert await why(client, "http://feeds.example/") == "address_not_public"
    assert ways.dialled == []


async def test_a_name_that_changes_its_mind_is_called_where_it_was_checked(
    client: GuardedClient, them: Strangers, names: Names, ways: Ways
) -> None:
    names.learn("feeds.example", [PUBLIC], ["127.0.0.1"])
    them.answer("/", Reply(body=b"news"))

    answer = await client.get("http://feeds.example/")
    again = await why(client, "http://feeds.example/")

    assert (answer.body, ways.dialled) == (b"news", [(PUBLIC, 80)])
    assert again == "address_not_public"


@pytest.mark.parametrize("host", ["xn--a.a_b.example", "a_b.example", "xn--0.example"])
async def test_a_name_that_stands_for_no_other_is_called_as_it_is(
    client: GuardedClient, them: Strangers, host: str
) -> None:
    them.answer("/old", Reply(301, headers={"location": "/"}))
    them.answer("/", Reply(body=b"news"))

    answer = await client.get(f"http://{host}/old")

    assert (answer.body, answer.moved_to) == (b"news", f"http://{host}/")
    assert [one.host for one in them.asked] == [host, host]


async def test_an_unknown_name_says_so(ways: Ways) -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError(host, port)

    async with GuardedClient(user_agent="Fortaler", resolve=nobody, dial=ways) as client:
        assert await why(client, "http://feeds.example/") == "name_unknown"


async def test_the_next_address_is_tried_when_one_does_not_answer(them: Strangers) -> None:
    class OneIsAway(Ways):
        async def connect_tcp(
            self, host: str, *args: object, **kwargs: object
        ) -> httpcore2.AsyncNetworkStream:
            if host == "8.8.4.4":
                raise httpcore2.ConnectError(host)
            return await super().connect_tcp(host, 80)

    them.answer("/", Reply(body=b"news"))
    names = Names()
    names.learn("feeds.example", ["8.8.4.4", PUBLIC])
    async with GuardedClient(user_agent="F", resolve=names, dial=OneIsAway(them.port)) as client:
        answer = await client.get("http://feeds.example/")

    assert answer.body == b"news"


async def test_as_it_is_made_for_use_it_reaches_nothing_on_this_machine(them: Strangers) -> None:
    urls = [
        f"http://127.0.0.1:{them.port}/",
        f"http://localhost:{them.port}/",
        "http://127.0.0.1/",
        "http://localhost/",
    ]
    async with GuardedClient(user_agent="Fortaler") as client:
        reasons = {await why(client, url) for url in urls}

    assert reasons == {"address_refused"}
    assert them.asked == []


async def test_the_guard_itself_refuses_whatever_is_asked_of_it(them: Strangers) -> None:
    guard = Guard()
    asked = [("127.0.0.1", 80), ("localhost", 80), ("feeds.example", them.port), ("::1", 443)]

    for host, port in asked:
        with pytest.raises(NotPublic):
            await guard.connect_tcp(host, port)
    with pytest.raises(NotPublic):
        await guard.connect_unix_socket("/run/postgresql")
    assert them.asked == []


async def test_a_host_that_was_allowed_is_let_through_on_its_port_alone(them: Strangers) -> None:
    them.answer("/", Reply(body=b"news"))
    async with GuardedClient(user_agent="Fortaler", allowed=[("127.0.0.1", them.port)]) as client:
        answer = await client.get(f"http://127.0.0.1:{them.port}/")
        other = await why(client, f"http://127.0.0.1:{them.port + 1}/")

    assert (answer.body, other) == (b"news", "address_refused")


async def test_redirects_are_followed_a_few_times_and_permanent_ones_are_told(
    client: GuardedClient, them: Strangers
) -> None:
    them.answer("/a", Reply(301, headers={"location": "/b"}))
    them.answer("/b", Reply(308, headers={"location": "http://other.example/c"}))
    them.answer("/c", Reply(302, headers={"location": "/d"}))
    them.answer("/d", Reply(body=b"news"))

    answer = await client.get("http://feeds.example/a")

    assert (answer.body, answer.url) == (b"news", "http://other.example/d")
    assert answer.moved_to == "http://other.example/c"
    assert [one.host for one in them.asked] == [*["feeds.example"] * 2, *["other.example"] * 2]


async def test_a_circle_of_redirects_ends(client: GuardedClient, them: Strangers) -> None:
    them.answer("/", Reply(302, headers={"location": "/"}))

    assert await why(client, "http://feeds.example/") == "too_many_redirects"
    assert len(them.asked) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://localhost/",
        "http://feeds.example:6379/",
        "http://ana@feeds.example/",
        "file:///etc/passwd",
        "http://[",
        "http:////]",
        "//[::1",
        f"http://{'a.' * 124}example/",
    ],
)
async def test_no_redirect_leads_within(
    client: GuardedClient, them: Strangers, location: str
) -> None:
    them.answer("/", Reply(302, headers={"location": location}))

    assert await why(client, "http://feeds.example/") == "redirect_refused"
    assert len(them.asked) == 1


async def test_a_redirect_to_a_name_that_leads_within_is_not_followed(
    client: GuardedClient, them: Strangers, names: Names
) -> None:
    names.learn("within.example", ["192.168.0.1"])
    them.answer("/", Reply(301, headers={"location": "http://within.example/"}))

    assert await why(client, "http://feeds.example/") == "address_not_public"
    assert len(them.asked) == 1


async def test_what_is_told_is_told_once_and_to_nobody_else(
    client: GuardedClient, them: Strangers
) -> None:
    them.answer("/", Reply(307, headers={"location": "http://other.example/"}))

    answer = await client.post("http://hooks.example/", b"something happened")

    assert (answer.status, [one.body for one in them.asked]) == (307, [b"something happened"])


async def test_no_cookie_is_kept(client: GuardedClient, them: Strangers) -> None:
    them.answer("/", Reply(headers={"set-cookie": "who=ana"}))

    await client.get("http://feeds.example/")
    await client.get("http://feeds.example/")

    assert [one.headers.get("cookie") for one in them.asked] == [None, None]


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield MEGABYTE


async def test_an_answer_that_never_ends_is_cut_off(client: GuardedClient, them: Strangers) -> None:
    them.answer("/", Reply(body=endless))

    assert await why(client, "http://feeds.example/") == "too_large"


async def test_a_gigabyte_is_cut_off_though_it_says_how_large_it_is(
    client: GuardedClient, them: Strangers
) -> None:
    them.answer("/", Reply(body=endless, headers={"content-length": str(10**9)}))

    assert await why(client, "http://feeds.example/") == "too_large"


async def test_a_small_answer_does_not_become_a_large_one(
    client: GuardedClient, them: Strangers
) -> None:
    bomb = gzip.compress(MEGABYTE * 200)
    them.answer("/", Reply(body=bomb, headers={"content-encoding": "gzip"}))

    assert len(bomb) < 250_000
    assert await why(client, "http://feeds.example/") == "too_large"


async def test_what_follows_the_end_of_a_packed_answer_counts_too(
    client: GuardedClient, them: Strangers
) -> None:
    async def going_on() -> AsyncIterator[bytes]:
        yield gzip.compress(b"news")
        async for part in endless():
            yield part

    them.answer("/", Reply(body=going_on, headers={"content-encoding": "gzip"}))

    assert await why(client, "http://feeds.example/") == "too_large"


async def test_a_packed_answer_is_unpacked(client: GuardedClient, them: Strangers) -> None:
    packed = gzip.compress(b"news" * 1000)
    them.answer("/", Reply(body=packed, headers={"content-encoding": "gzip"}))

    answer = await client.get("http://feeds.example/")

    assert answer.body == b"news" * 1000


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", b"no gzip"), ("gzip", gzip.compress(b"news")[:-9]), ("br", b"x"), ("gzip, br", b"")],
    ids=["garbage", "cut short", "brotli", "twice packed"],
)
async def test_what_cannot_be_unpacked_says_so(
    client: GuardedClient, them: Strangers, coding: str, body: bytes
) -> None:
    them.answer("/", Reply(body=body, headers={"content-encoding": coding}))

    assert await why(client, "http://feeds.example/") == "unreadable"


async def test_whoever_lets_us_wait_for_ever_is_left(
    client: GuardedClient, them: Strangers
) -> None:
    them.answer("/", Reply(body=them.drip))

    assert await why(client, "http://feeds.example/", SHORT) == "too_slow"
    assert them.stuck.is_set()


async def test_the_deadline_counts_a_resolver_too(ways: Ways) -> None:
    async def asleep(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return [host, str(port)]

    async with GuardedClient(user_agent="Fortaler", resolve=asleep, dial=ways) as client:
        assert await why(client, "http://feeds.example/", SHORT) == "too_slow"


@pytest.mark.parametrize("bytes_in_all", [40_000, 200_000])
async def test_headers_have_a_limit(
    client: GuardedClient, them: Strangers, bytes_in_all: int
) -> None:
    them.answer("/", Reply(headers={"x-long": "a" * bytes_in_all}))

    assert await why(client, "http://feeds.example/") in {"too_large", "unreadable"}


async def test_nothing_that_is_raised_or_shown_quotes_an_address(
    client: GuardedClient, them: Strangers
) -> None:
    them.answer("/?key=hush", Reply(body=b"secret"))

    answer = await client.get("http://feeds.example/?key=hush")
    with pytest.raises(CallFailed) as failed:
        await client.get("http://127.0.0.1/?key=hush")

    assert "hush" not in f"{answer!r} {failed.value!r}"


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    certificate, trusting = _certificate(tmp_path)
    async with strangers(certificate) as them:
        them.answer("/", Reply(body=b"news"))
        ways = Ways(them.port)
        async with GuardedClient(user_agent="F", resolve=Names(), dial=ways) as client:
            refused = await why(client, "https://feeds.example/")
        async with GuardedClient(
            user_agent="F", resolve=Names(), dial=ways, trust=trusting
        ) as client:
            answer = await client.get("https://feeds.example/")
            other = await why(client, "https://other.example/")

    assert (refused, other) == ("not_trusted", "not_trusted")
    assert answer.body == b"news"


async def test_no_redirect_leads_from_https_to_http(tmp_path: Path) -> None:
    certificate, trusting = _certificate(tmp_path)
    async with strangers(certificate) as them:
        them.answer("/", Reply(301, headers={"location": "http://feeds.example/"}))
        async with GuardedClient(
            user_agent="F", resolve=Names(), dial=Ways(them.port), trust=trusting
        ) as client:
            assert await why(client, "https://feeds.example/") == "redirect_refused"


def _certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Answer a server that says it is feeds.example, and whoever believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feeds.example")])
    now = SystemClock().now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("feeds.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
