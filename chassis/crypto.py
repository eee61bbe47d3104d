"""Secrets at rest are sealed; a copied ciphertext does not open in another tenant's row.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to where the secret belongs.
"""

import base64
import binascii
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class SealBroken(Exception):
    """A sealed secret does not open here: wrong key, wrong place, or changed."""


class Seal:
    """Seals and opens secrets with one key, given as URL-safe base64 of 32 bytes."""

    def __init__(self, key: str) -> None:
        try:
            raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        except (ValueError, binascii.Error) as error:
            raise ValueError("The sealing key is not URL-safe base64.") from error
        if len(raw) != KEY_BYTES:
            raise ValueError(f"The sealing key has {len(raw)} bytes, not {KEY_BYTES}.")
        self._cipher = AESGCM(raw)

    def close(self, secret: str, *, tenant_id: UUID, place: str) -> bytes:
        """Seal a secret for one place, such as `accounts/{id}/access_token`."""
        return self.close_bytes(secret.encode(), tenant_id=tenant_id, place=place)

    def close_bytes(self, secret: bytes, *, tenant_id: UUID, place: str) -> bytes:
        """Seal what is no text."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret, _bound_to(tenant_id, place))

    def open(self, sealed: bytes, *, tenant_id: UUID, place: str) -> str:
        """Open what was sealed for this very place; raises SealBroken."""
        try:
            return self.open_bytes(sealed, tenant_id=tenant_id, place=place).decode()
        except UnicodeDecodeError as error:
            raise SealBroken("The secret is no text.") from error

    def open_bytes(self, sealed: bytes, *, tenant_id: UUID, place: str) -> bytes:
        """Open what was sealed for this very place; raises SealBroken."""
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _VERSION:
                raise SealBroken("The seal's version is unknown.")
            return self._cipher.decrypt(nonce, rest, _bound_to(tenant_id, place))
        except (InvalidTag, ValueError) as error:
            raise SealBroken("The secret does not open here.") from error


def _bound_to(tenant_id: UUID, place: str) -> bytes:
    return b"|".join((_VERSION, tenant_id.bytes, place.encode()))


def new_key() -> str:
    """Make a key, in the form that settings take."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")
