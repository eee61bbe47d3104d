"""Where a request came from: who is connected, or whom a proxy of our own has named."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

IPV6_PREFIX = 64
"""A household, or a server, has this many bits to itself: its addresses are one caller's."""

NOWHERE = "none"


class Addresses:
    """Tells the address of a caller, and which of its neighbours count as the same one."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, scope: Scope) -> str | None:
        """Answer whom a request came from; X-Forwarded-For counts as far as trusted hands wrote it.

        Each proxy adds at the end whom it heard, so the list is read from there: the first who is
        no proxy of ours is the caller, and what stands before it anybody may have written.
        """
        client = scope.get("client")
        if client is None or not self._trusted:
            return client[0] if client else None
        caller: str = client[0]
        for hop in _forwarded(scope["headers"]):
            address = _read(caller)
            if address is None or not self._is_trusted(address) or _read(hop) is None:
                break
            caller = hop
        return caller

    def prefix_of(self, scope: Scope) -> str:
        """Answer under which name strangers from an address are counted."""
        address = _read(self.of(scope) or "")
        if address is None:
            return NOWHERE
        if isinstance(address, IPv6Address):
            return str(ip_network((address, IPV6_PREFIX), strict=False))
        return str(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Sequence[str]:
    """Answer who was heard of whom, the last first."""
    lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return [hop.strip() for hop in reversed(",".join(lines).split(","))]


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
