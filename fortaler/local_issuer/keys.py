"""The signing keys of the local issuers, kept as files, and the access tokens they sign."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.ids import new_id

ALGORITHM = "ES256"
OPERATOR = "operator"  # The issuer of those who run the platform, beside one issuer per tenant.
ACCESS_TOKEN_LIFETIME = timedelta(hours=1)
PUBLISHED_KEYS_MAX = 5  # Tokens live an hour; nobody needs the key of five rotations ago.
ISSUER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class UnknownIssuer(ValueError):
    """No issuer can have that name."""


def issuer_url(base_url: str, name: str) -> str:
    """Answer the `iss` of the issuer with that name."""
    return f"{base_url.rstrip('/')}/issuers/{_checked(name)}"


class IssuerKeys:
    """ES256 keys per issuer name, made on first use: `DIRECTORY/NAME/0001.json`, mode 0600.

    Files are read each time, so that a rotation by the command is seen by a running server.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def signing_key(self, name: str) -> ECKey:
        """Answer the newest private key of that issuer."""
        return self._load(self._files(name)[-1])

    def public_keys(self, name: str) -> list[dict[str, object]]:
        """Answer the members of the issuer's JWKS, newest first."""
        newest_first = self._files(name)[: -PUBLISHED_KEYS_MAX - 1 : -1]
        return [
            {**self._load(file).as_dict(private=False), "use": "sig", "alg": ALGORITHM}
            for file in newest_first
        ]

    def rotate(self, name: str) -> str:
        """Sign with a new key from now on, and keep the old ones published; gives the new `kid`."""
        number = int(self._files(name)[-1].stem) + 1
        return _kid(self._load(self._create(name, number)))

    def sign_access_token(
        self,
        issuer: str,
        name: str,
        subject: str,
        audience: str,
        *,
        now: datetime,
        lifetime: timedelta = ACCESS_TOKEN_LIFETIME,
        extra_claims: Mapping[str, object] | None = None,
        token_type: str = "at+jwt",  # noqa: S107 (RFC 9068 names the type; it is no secret)
    ) -> str:
        """Answer a JWT access token as RFC 9068 has it, signed by the issuer called `name`.

        `extra_claims` win over the usual ones, and None leaves a claim out, so that a test can
        sign what no honest issuer would.
        """
        key = self.signing_key(name)
        issued_at = int(now.timestamp())
        claims: dict[str, object] = {
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "client_id": subject,
            "iat": issued_at,
            "exp": issued_at + int(lifetime.total_seconds()),
            "jti": str(new_id()),
            **(extra_claims or {}),
        }
        header = {"alg": ALGORITHM, "typ": token_type, "kid": _kid(key)}
        told = {claim: value for claim, value in claims.items() if value is not None}
        return jwt.encode(header, told, key, algorithms=[ALGORITHM])

    def _files(self, name: str) -> list[Path]:
        """Key files, oldest first, at least one."""
        files = sorted((self._directory / _checked(name)).glob("[0-9]*.json"))
        return files or [self._create(name, 1)]

    def _create(self, name: str, number: int) -> Path:
        """Make a key file. When two processes make the same one at once, both get the first."""
        folder = self._directory / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256", auto_kid=True)
        target = folder / f"{number:04d}.json"
        # mkstemp makes it 0600, and a link appears whole or not at all: nobody reads half a key.
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
        with os.fdopen(handle, "w") as file:
            json.dump(key.as_dict(private=True), file)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return target
        finally:
            os.unlink(temporary)
        return target

    @staticmethod
    def _load(file: Path) -> ECKey:
        return ECKey.import_key(json.loads(file.read_text()))


def _kid(key: ECKey) -> str:
    """Answer the key's id: its RFC 7638 thumbprint."""
    return key.kid or key.thumbprint()


def _checked(name: str) -> str:
    """Answer the name, once it is known to be harmless in an address and in a path."""
    if ISSUER_NAME.fullmatch(name) is None:
        raise UnknownIssuer(f"An issuer's name has 1 to 63 of a-z 0-9 -, not {name!r}.")
    return name
