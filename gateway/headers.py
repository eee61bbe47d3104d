"""Which headers pass the door, in and out: pure functions of what came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yarl import URL

from chassis.connections import HEAD_BYTES_MAX, HeadTooLarge
from chassis.problems import BODY_BYTES_MAX, check_coding, too_large
from gateway.refusals import RequestMalformed

Raw = Iterable[tuple[bytes, bytes]]
"""Headers as ASGI has them: names in lower case, repeated ones in order."""

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""What concerns one connection only, besides what `Connection` names (RFC 9110 7.6.1)."""

_NEVER_IN = HOP_BY_HOP | {
    # The server that hears us has already answered 100 Continue.
    b"expect",
    # Nothing behind this door uses cookies; a browser's are none of our business.
    b"cookie",
    # Said anew as it was understood, not as it was written.
    b"content-length",
    b"forwarded",
    b"host",
    b"traceparent",
    b"x-http-method",
    b"x-http-method-override",
    b"x-method-override",
    b"x-original-url",
    b"x-real-ip",
    b"x-request-id",
    b"x-rewrite-url",
    b"x-tenant-id",
}
_NEVER_IN_PREFIXES = (b"x-forwarded-", b"x-fortaler-", b"ce-")
"""What only we may say: where a request came from, and what an event is."""

_NEVER_OUT = HOP_BY_HOP | {b"set-cookie", b"server", b"date", b"ratelimit", b"ratelimit-policy"}
"""Date and Server are those of the server that the client sees, and quotas are the gateway's."""


@dataclass(frozen=True)
class House:
    """What the outside calls this house: never what a client says it is called."""

    scheme: str
    authority: str

    @classmethod
    def at(cls, public_url: str) -> "House":
        """Answer the house at an address."""
        url = URL(public_url)
        return cls(url.scheme, url.host_port_subcomponent or "")


@dataclass(frozen=True)
class Framing:
    """How a request's body is told from what follows it."""

    has_body: bool
    length: int | None


def check_size(headers: Raw) -> None:
    """Check that the headers are not more than any client needs; raises HeadTooLarge."""
    if sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES_MAX:
        raise HeadTooLarge(f"A head may have {HEAD_BYTES_MAX:,} bytes at most.")


def framing_of(headers: Raw, *, bytes_max: int = BODY_BYTES_MAX) -> Framing:
    """Answer how a body is framed; raises RequestMalformed, or BodyTooLarge if it says so.

    A body that is packed is refused too (ContentCodingUnknown): no service unpacks one.

    Two lengths, or a length beside a transfer coding, are how a second request is smuggled in
    (RFC 9112 6.3). A server should have refused them; a door does not rely on it.
    """
    for value in [value for name, value in headers if name == b"content-encoding"]:
        check_coding(value.decode("latin-1"))
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise RequestMalformed("The length of the body is given more than once.")
    if codings:
        if codings[0].strip().lower() != b"chunked":
            raise RequestMalformed("The only transfer coding known here is `chunked`.")
        return Framing(has_body=True, length=None)
    if not lengths:
        return Framing(has_body=False, length=None)
    length = _length_in(lengths[0], bytes_max)
    return Framing(has_body=length > 0, length=length)


def _length_in(text: bytes, bytes_max: int) -> int:
    if not text.isdigit():
        raise RequestMalformed("Content-Length is not a number.")
    # Compared as text first: a number of a thousand digits is not worth reading.
    digits = text.lstrip(b"0") or b"0"
    if len(digits) > len(str(bytes_max)) or int(digits) > bytes_max:
        raise too_large(bytes_max)
    return int(digits)


def authorization_of(headers: Raw) -> str | None:
    """Answer the one `Authorization` header, or None; raises RequestMalformed for several."""
    found = [value for name, value in headers if name == b"authorization"]
    if len(found) > 1:
        raise RequestMalformed("There is more than one Authorization header.")
    return found[0].decode("latin-1") if found else None


def for_service(
    headers: Raw, *, house: House, peer: str | None, length: int | None
) -> list[tuple[str, str]]:
    """Answer what a service is told of what a client said, and who it really was.

    A body without a length is sent on in chunks.

    Raises RequestMalformed for headers that are not text.
    """
    dropped = _NEVER_IN | _named_in_connection(headers)
    try:
        kept = [
            (name.decode("ascii"), value.decode())
            for name, value in headers
            if name not in dropped and not name.startswith(_NEVER_IN_PREFIXES)
        ]
    except UnicodeDecodeError as error:
        raise RequestMalformed("A header is not text in UTF-8.") from error
    kept.append(("host", house.authority))
    kept.append(("x-forwarded-host", house.authority))
    kept.append(("x-forwarded-proto", house.scheme))
    if peer is not None:
        kept.append(("x-forwarded-for", peer))
    if length is not None:
        kept.append(("content-length", str(length)))
    return kept


def for_client(headers: Raw, *, private: bool) -> list[tuple[bytes, bytes]]:
    """Answer what a client is told of what a service said.

    A private answer is stored nowhere unless the service allows it.
    """
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = _NEVER_OUT | _named_in_connection(lowered)
    if any(name == b"transfer-encoding" for name, _ in lowered):
        # RFC 9112 6.3: beside a transfer coding a length says nothing.
        dropped |= {b"content-length"}
    return with_safeguards([one for one in lowered if one[0] not in dropped], private=private)


def with_safeguards(
    headers: Sequence[tuple[bytes, bytes]], *, private: bool
) -> list[tuple[bytes, bytes]]:
    """Add what a browser must be told, where it is not said yet."""
    names = {name for name, _ in headers}
    added = [(b"x-content-type-options", b"nosniff")]
    if private:
        added.append((b"cache-control", b"no-store"))
    return [*headers, *(one for one in added if one[0] not in names)]


def _named_in_connection(headers: Raw) -> frozenset[bytes]:
    return frozenset(
        option.strip().lower()
        for name, value in headers
        if name == b"connection"
        for option in value.split(b",")
    )
