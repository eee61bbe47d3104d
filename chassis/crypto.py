"""Secrets at rest are sealed; a copied ciphertext does not open in another tenant's row.

An envelope: a platform key wraps a data key of each tenant, and that seals the tenant's secrets.
Both are AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to whose and where it is.

    sealed    02 | number of the data key, 4 bytes | nonce | secret and tag
    wrapped   01 | nonce | data key and tag
    before    01 | nonce | secret and tag, by a platform key itself: still opened, no longer made
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
FIRST_KEY: Final = "first"
"""The id of the platform key that was the only one, and sealed without data keys."""

NUMBER_MAX = 2**31 - 1
"""What a column of the type `integer` holds."""

BEFORE = b"\x01"
_SEALED = b"\x02"
_WRAPPED = b"\x01"
_NUMBER_BYTES = 4
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed secret does not open here: wrong key, wrong place, or changed."""


class KeyMissing(SealBroken):
    """The key that is needed is not here; told by its id or number, never by what it is."""


@dataclass(frozen=True)
class WrappedKey:
    """A data key as it is kept: of this tenant, by this number, wrapped by this platform key."""

    tenant_id: UUID
    number: int
    wrapped_by: str
    wrapped: bytes


class DataKey:
    """A tenant's data key, unwrapped: it seals and opens."""

    def __init__(self, tenant_id: UUID, number: int, raw: bytes) -> None:
        self.number = number
        self._tenant_id = tenant_id
        self._cipher = AESGCM(raw)

    def close(self, secret: str, *, place: str) -> bytes:
        """Seal a secret for one place, such as `accounts/{id}/access_token`."""
        nonce = os.urandom(_NONCE_BYTES)
        return (
            sealed_with(self.number)
            + nonce
            + self._cipher.encrypt(nonce, secret.encode(), self._bound_to(place))
        )

    def open(self, sealed: bytes, *, place: str) -> str:
        """Open what was sealed by this key for this very place; raises SealBroken."""
        head = sealed_with(self.number)
        if not sealed.startswith(head):
            raise SealBroken("The secret was sealed with another data key.")
        return _decrypt(self._cipher, sealed[len(head) :], self._bound_to(place)).decode()

    def _bound_to(self, place: str) -> bytes:
        return sealed_with(self.number) + self._tenant_id.bytes + place.encode()


class Seal:
    """Seals what is handed out and comes back, such as a cursor: by one key, for one tenant."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(read_key(key))

    def close(self, handed_out: bytes, *, tenant_id: UUID, place: str) -> bytes:
        """Seal some bytes for one tenant and one place."""
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = tenant_id.bytes + place.encode()
        return nonce + self._cipher.encrypt(nonce, handed_out, bound_to)

    def open(self, sealed: bytes, *, tenant_id: UUID, place: str) -> bytes:
        """Open what was sealed for this tenant and this place; raises SealBroken."""
        return _decrypt(self._cipher, sealed, tenant_id.bytes + place.encode())


class PlatformKeys:
    """The platform's keys by their ids; the current one wraps, and all of them unwrap.

    The one place that touches them.
    """

    def __init__(self, keys: Mapping[str, str], current: str) -> None:
        if current not in keys:
            raise ValueError("The current platform key is not among the keys.")
        self.current = current
        self._ciphers = {name: AESGCM(read_key(key)) for name, key in keys.items()}

    @property
    def ids(self) -> list[str]:
        """Answer the ids of the keys that are here."""
        return sorted(self._ciphers)

    def make(self, tenant_id: UUID, number: int) -> WrappedKey:
        """Make a data key for a tenant, wrapped by the current platform key."""
        return self._wrap(tenant_id, number, os.urandom(KEY_BYTES))

    def unwrap(self, kept: WrappedKey) -> DataKey:
        """Unwrap a data key; raises KeyMissing or SealBroken."""
        return DataKey(kept.tenant_id, kept.number, self._unwrap(kept))

    def rewrap(self, kept: WrappedKey) -> WrappedKey:
        """Wrap the same data key by the current platform key; raises KeyMissing or SealBroken."""
        return self._wrap(kept.tenant_id, kept.number, self._unwrap(kept))

    def open_before(self, sealed: bytes, *, tenant_id: UUID, place: str) -> str:
        """Open what was sealed by the first platform key itself; raises as `unwrap` does."""
        if sealed[:1] != BEFORE:
            raise SealBroken("The secret was not sealed by a platform key.")
        bound_to = b"|".join((BEFORE, tenant_id.bytes, place.encode()))
        return _decrypt(self._cipher(FIRST_KEY), sealed[1:], bound_to).decode()

    def _wrap(self, tenant_id: UUID, number: int, raw: bytes) -> WrappedKey:
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = _key_bound_to(tenant_id, number, self.current)
        wrapped = _WRAPPED + nonce + self._cipher(self.current).encrypt(nonce, raw, bound_to)
        return WrappedKey(tenant_id, number, self.current, wrapped)

    def _unwrap(self, kept: WrappedKey) -> bytes:
        if kept.wrapped[:1] != _WRAPPED:
            raise SealBroken("The wrapped key's version is unknown.")
        bound_to = _key_bound_to(kept.tenant_id, kept.number, kept.wrapped_by)
        return _decrypt(self._cipher(kept.wrapped_by), kept.wrapped[1:], bound_to)

    def _cipher(self, name: str) -> AESGCM:
        try:
            return self._ciphers[name]
        except KeyError:
            raise KeyMissing(f"The platform key {name!r} is not here.") from None


def sealed_with(number: int) -> bytes:
    """Answer how everything begins that is sealed with the data key of this number."""
    return _SEALED + number.to_bytes(_NUMBER_BYTES)


def number_of(sealed: bytes) -> int | None:
    """Answer which data key opens a secret; None when a platform key does. Raises SealBroken."""
    if sealed[:1] == BEFORE:
        return None
    head = sealed[: 1 + _NUMBER_BYTES]
    if head[:1] != _SEALED or len(head) != 1 + _NUMBER_BYTES:
        raise SealBroken("The seal's version is unknown.")
    number = int.from_bytes(head[1:])
    if not 1 <= number <= NUMBER_MAX:
        raise SealBroken("No data key has such a number.")
    return number


def read_key(key: str) -> bytes:
    """Read a key as settings hold it; raises ValueError, which does not quote it."""
    try:
        raw = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        # From None: what was read is a secret, though a misspelt one.
        raise ValueError("A sealing key is not URL-safe base64.") from None
    if len(raw) != KEY_BYTES:
        raise ValueError(f"A sealing key has {len(raw)} bytes, not {KEY_BYTES}.")
    return raw


def new_key() -> str:
    """Make a platform key, in the form that settings take."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")


def _key_bound_to(tenant_id: UUID, number: int, wrapped_by: str) -> bytes:
    # The word in front keeps it apart from all that a platform key has ever sealed.
    whose = tenant_id.bytes + number.to_bytes(_NUMBER_BYTES)
    return b"data key" + _WRAPPED + whose + wrapped_by.encode()


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, rest, bound_to)
    except (InvalidTag, ValueError):
        raise SealBroken("It does not open here: another key, another place, or changed.") from None
