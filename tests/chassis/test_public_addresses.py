"""What may be called at all: public addresses, and nothing that only looks like one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.public_addresses import NAME_CHARS_MAX, AddressRefused, check_url, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
]

NOT_PUBLIC = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "a carrier's",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local, where clouds tell secrets",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "protocol assignments",
    "192.0.2.1": "documentation",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarks",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "compatible",
    "::ffff:127.0.0.1": "mapped loopback",
    "::ffff:10.0.0.1": "mapped private",
    "::ffff:a9fe:a9fe": "mapped link-local",
    "64:ff9b::10.0.0.1": "NAT64 to private",
    "64:ff9b::169.254.169.254": "NAT64 to link-local",
    "64:ff9b:1::1": "local NAT64",
    "2002:7f00:1::": "6to4 to loopback",
    "2002:a00:1::1": "6to4 to private",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "2606:4700::5efe:10.0.0.1": "ISATAP to private",
    "fc00::1": "unique local",
    "fd00:ec2::254": "unique local, where clouds tell secrets",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local, by its interface",
    "2606:4700::1111%eth0": "by an interface",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "100::1": "discarded",
    "": "nothing",
    "example.com": "a name",
}

WITHIN = ["web.fortaler.svc.cluster.local", "metadata.internal", "printer.local", "a.home.arpa"]

REFUSED = [
    *(f"http://{host}/" for host in WITHIN),
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://0/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://feeds.localhost/",
    "http://kafka/",
    "http://%31%32%37.0.0.1/",
    "http://feeds..example/",
    "https://feeds.example:8443/",
    "https://feeds.example:22/",
    "https://feeds.example:0/",
    "https://ana@feeds.example/",
    "https://ana:hush@feeds.example/",
    "https://feeds.example@127.0.0.1/",
    "https://feeds.example\\@127.0.0.1/",
    "https://feeds.example/a b",
    "https://feeds.example/\nx",
    "ftp://feeds.example/",
    "file:///etc/passwd",
    "gopher://feeds.example/",
    "feeds.example/feed",
    "//feeds.example/feed",
    "https://",
    "https:///feed",
    "",
    "https://feeds.example/" + "a" * 2000,
    "http://////]",
    "//[::1",
    f"https://{'a.' * 124}example/",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC, ids=str)
def test_what_is_not_public_may_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: url[:60])
def test_an_address_that_leads_within_is_refused_in_whatever_form(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_url(url, field="/url")

    assert refused.value.field == "/url"


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://feeds.example/rss?key=1", "https://feeds.example/rss?key=1"),
        ("HTTPS://Feeds.Example:443/", "https://feeds.example:443/"),
        ("https://bølge.example/", "https://xn--blge-gra.example/"),
        ("http://8.8.8.8/feed", "http://8.8.8.8/feed"),
        ("https://feeds.example/#@top", "https://feeds.example/#@top"),
    ],
)
def test_a_public_address_is_read_as_it_will_be_called(url: str, called: str) -> None:
    assert str(check_url(url)) == called


def test_a_name_may_be_as_long_as_names_can_be() -> None:
    longest = f"{'a.' * 123}example"

    assert len(longest) == NAME_CHARS_MAX
    for name in (longest, f"{longest}."):
        assert check_url(f"https://{name}/").host == name


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_an_address_within_another_is_judged_as_itself(number: int) -> None:
    four = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

    assert is_public(f"64:ff9b::{four}") == is_public(four)
    assert is_public(f"::ffff:{four}") <= is_public(four)


@given(st.text(max_size=60))
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    for url in (text, f"https://{text}/", f"https://feeds.example/{text}"):
        with suppress(AddressRefused):
            assert check_url(url).raw_host
