"""Addresses that carry their own permission: signed here, and good for one thing until an end.

For the folder that stands in for S3 on one machine; S3 signs its own (AWS Signature Version 4).
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from chassis.crypto import read_key
from chassis.errors import Refusal

Method = Literal["GET", "PUT"]

TOKEN_CHARS_MAX = 800
"""Twice what our longest key needs."""

_PURPOSE = b"fortaler media addresses 1"
"""The key from the settings signs nothing itself: what is derived for this is good for this."""


class AddressRefused(Refusal):
    """Only addresses that were answered here are good, unchanged and for what they were made."""

    kind = "forbidden"
    title = "Address is not good"


class AddressExpired(Refusal):
    """The address was good for some minutes; ask for another."""

    kind = "gone"
    title = "Address is over"


@dataclass(frozen=True)
class Grant:
    """What an address lets its holder do: one method, one place, one type, so many bytes."""

    method: Method
    key: str
    content_type: str
    bytes: int
    expires_at: datetime


class _Written(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    method: Method
    key: str
    content_type: str
    bytes: int
    expires_s: int


class Signer:
    """Signs and reads addresses; every process with the same key understands them."""

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(read_key(key), _PURPOSE, hashlib.sha256)

    def sign(self, grant: Grant) -> str:
        """Answer the token of an address that grants this."""
        expires_s = int(grant.expires_at.timestamp())
        written = msgspec.json.encode(
            _Written(grant.method, grant.key, grant.content_type, grant.bytes, expires_s)
        )
        return f"{_text(written)}.{_text(self._mac(written))}"

    def read(self, token: str, *, method: Method, at: datetime) -> Grant:
        """Answer what a token grants; raises AddressRefused or AddressExpired."""
        written = self._signed(token)
        grant = Grant(
            written.method,
            written.key,
            written.content_type,
            written.bytes,
            datetime.fromtimestamp(written.expires_s, UTC),
        )
        if grant.method != method:
            raise AddressRefused(f"This address is for {grant.method}.")
        if at >= grant.expires_at:
            raise AddressExpired("Ask for another address.")
        return grant

    def _signed(self, token: str) -> _Written:
        head, _, mac = token.partition(".")
        try:
            written, signature = _bytes(head), _bytes(mac)
        except (ValueError, binascii.Error) as error:
            raise AddressRefused("This is no address of ours.") from error
        # Compared in constant time, and before a byte of it is believed.
        if not hmac.compare_digest(signature, self._mac(written)):
            raise AddressRefused("This is no address of ours.")
        return msgspec.json.decode(written, type=_Written)

    def _mac(self, written: bytes) -> bytes:
        return hmac.digest(self._key, written, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
