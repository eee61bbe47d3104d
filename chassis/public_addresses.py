"""Which addresses that a user gave may be called at all: public ones, and nothing within the house.

What a name leads to is only known when it is called: `guarded_client` asks here once more then.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from chassis.errors import Refusal

URL_CHARS_MAX = 2000
"""Browsers and proxies agree on no more."""

NAME_CHARS_MAX = 253
"""Of a host, without the dot at its end (RFC 1035 2.3.4): a longer one cannot even be asked for."""

PORTS = frozenset({80, 443})
"""What the public serves the web on; other ports are databases, brokers and doors of operators."""

SCHEME_PORTS = {"http": 80, "https": 443}

_NAT64 = IPv6Network("64:ff9b::/96")
# What `ipaddress` calls global, or what Python's patch releases differ on.
_REFUSED = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' own (RFC 6598): also what clusters like to use
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # IPv4 within IPv6, as nobody writes it any more (RFC 4291 2.5.5.1)
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "ff00::/8",
    )
)
_WITHIN = (
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa", "onion",
)  # fmt: skip
"""Ends of names that lead nowhere public (RFC 6761, 6762, 7686, 8375, and what houses use)."""

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")
_AUTHORITY_ENDS = re.compile(r"[/?#]")
_UNSEEN = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f]")


class AddressRefused(Refusal):
    """An address to be called is public: http or https, on its usual port, and names no user."""

    kind = "invalid"
    title = "Address may not be called"


def is_public(address: str) -> bool:
    """Answer whether an IP address belongs to the public internet, whatever it is wrapped in."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return False
    return all(_is_global(one) for one in (found, *_within(found)))


def check_url(url: str, *, field: str | None = None) -> httpx2.URL:
    """Read an address as it will be called; raises AddressRefused when it is clear that it may not.

    Literal addresses are judged in every form that a resolver takes: decimal, octal, hex, short.
    """
    if len(url) > URL_CHARS_MAX or _UNSEEN.search(url) or not url.isprintable():
        raise AddressRefused(
            f"An address has {URL_CHARS_MAX} signs at most, no blanks and no backslashes.",
            field=field,
        )
    try:
        read = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise AddressRefused("This is not an address.", field=field) from error
    if read.scheme not in SCHEME_PORTS or not read.raw_host:
        raise AddressRefused("An address begins with https:// or http://, and a host.", field=field)
    if read.userinfo or "@" in _AUTHORITY_ENDS.split(url)[2]:
        raise AddressRefused("An address names no user and no password.", field=field)
    if port_of(read) not in PORTS:
        raise AddressRefused("Only the ports 80 and 443 are called.", field=field)
    if not may_be_public(read.raw_host.decode("ascii")):
        raise AddressRefused("This host is not on the public internet.", field=field)
    return read


def port_of(url: httpx2.URL) -> int:
    """Answer the port that an address leads to."""
    return SCHEME_PORTS[url.scheme] if url.port is None else url.port


def may_be_public(host: str) -> bool:
    """Answer whether a host may be public, before anybody resolves it."""
    bare = host.strip("[]").rstrip(".").lower()
    literal = _literal(bare)
    if literal is not None:
        return is_public(literal)
    ends_within = any(bare == end or bare.endswith(f".{end}") for end in _WITHIN)
    # A name without a dot is a neighbour: a resolver adds the house's own domain to it.
    named = len(bare) <= NAME_CHARS_MAX and bool(_NAME.fullmatch(bare))
    return named and not ends_within


def _literal(host: str) -> str | None:
    if ":" in host:
        return host
    try:
        # As resolvers do: 0x7f.1, 0177.0.0.1 and 2130706433 are all 127.0.0.1.
        return str(IPv4Address(socket.inet_aton(host)))
    except (OSError, UnicodeError):
        return None


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not any(
        address in network for network in _REFUSED if network.version == address.version
    )


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Answer the addresses that another one wraps: traffic may end up there."""
    if isinstance(address, IPv4Address):
        return []
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        wrapped.append(low)
    # ISATAP (RFC 5214): an IPv4 address behind 0000:5efe or 0200:5efe.
    if (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE:
        wrapped.append(low)
    return [one for one in wrapped if one is not None]
