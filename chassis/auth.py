"""Who calls: access tokens of trusted issuers (RFC 9068, OpenID Connect), verified by everybody."""

import asyncio
import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.issuers import Issuer, Issuers
from chassis.schemas import storable
from chassis.telemetry import log

ALGORITHMS = frozenset({"ES256", "Ed25519", "EdDSA", "PS256", "RS256"})
"""Signatures by a private key only: a shared secret would let a verifier sign. `EdDSA` is the
older name of `Ed25519` (RFC 9864), which most issuers still use."""

TYPES = frozenset({"at+jwt", "application/at+jwt"})
"""RFC 9068's own."""

TYPES_OF_ANY_TOKEN = frozenset({"jwt", ""})
"""What identity providers say who do not follow it, of id tokens too."""

CLIENTS = ("client_id", "azp", "appid", "cid")
"""Where access tokens say which program was given them; one of each large provider's ways."""

OF_OTHER_TOKENS = ("nonce", "at_hash", "c_hash", "events")
"""What only tokens say that tell who has signed in or out (OpenID Connect)."""

KINDS = (("typ", "bearer"), ("token_use", "access"))
"""Where the claims themselves may say what kind of token they are of, and what ours say."""

LEEWAY_S = 30
"""What two well-kept clocks may differ by."""

TOKEN_BYTES_MAX = 8192
KEYS_KEPT_S = 300
KEYS_REFETCH_S_MIN = 30
"""An unknown key id asks the issuer again, but not more often than this."""

KEYS_RETRY_S_MIN = 1
"""While nothing is known of an issuer that does not answer, it is asked this often."""

VERIFIED_KEPT_S = 60
VERIFIED_KEPT_MAX = 10_000


class TokenMissing(Refusal):
    """The request needs an access token in `Authorization: Bearer ...`."""

    kind = "unauthenticated"
    title = "Access token is missing"


class TokenRefused(Refusal):
    """The access token is not valid here: signature, issuer, audience or time is wrong."""

    kind = "unauthenticated"
    title = "Access token is not valid"


class IssuerUnavailable(Refusal):
    """The token's issuer does not answer with its keys; the same request may be sent again."""

    kind = "unavailable"
    title = "Identity provider is unavailable"
    retry_after_s = 5


@dataclass(frozen=True)
class Identity:
    """Whom a valid token speaks for: a subject of a tenant's issuer, or of the operator's."""

    tenant_id: UUID | None
    issuer: str
    subject: str

    @property
    def is_operator(self) -> bool:
        """Answer whether the token speaks for whoever runs the platform."""
        return self.tenant_id is None


@dataclass
class _Keys:
    """One issuer's keys as last heard, None before, and when it was asked last."""

    keys: KeySet | None = None
    fetched_s: float = float("-inf")
    asked_s: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def knows(self, key_id: str | None) -> bool:
        """Answer whether the key is among them; where none is named, any will be tried."""
        keys = self.keys.keys if self.keys else []
        return bool(keys) and (key_id is None or any(key.kid == key_id for key in keys))


class Jwks:
    """The issuers' public keys, fetched once and shared by all who wait for them."""

    def __init__(
        self, client: httpx2.AsyncClient, *, refetch_s_min: float = KEYS_REFETCH_S_MIN
    ) -> None:
        self._client = client
        self._refetch_s_min = refetch_s_min
        self._kept: dict[str, _Keys] = {}

    async def keys(self, uri: str, key_id: str | None) -> KeySet:
        """Answer an issuer's keys; an unknown key id fetches them again, within reason.

        Raises IssuerUnavailable while there are none. Keys that were good a moment ago are better
        than locking everybody out, so those stay while the issuer does not answer.
        """
        kept = self._kept.setdefault(uri, _Keys())
        # Whoever has the key already need not wait while another asks for news.
        if self._worth_asking(kept, key_id) and not (kept.lock.locked() and kept.knows(key_id)):
            async with kept.lock:
                if self._worth_asking(kept, key_id):
                    await self._refresh(kept, uri)
        if kept.keys is None:
            raise IssuerUnavailable("The issuer's keys could not be fetched.")
        return kept.keys

    def _worth_asking(self, kept: _Keys, key_id: str | None) -> bool:
        now_s = asyncio.get_running_loop().time()
        if kept.keys is None:
            return now_s - kept.asked_s > KEYS_RETRY_S_MIN
        fresh = kept.knows(key_id) and now_s - kept.fetched_s <= KEYS_KEPT_S
        return not fresh and now_s - kept.asked_s > self._refetch_s_min

    async def _refresh(self, kept: _Keys, uri: str) -> None:
        try:
            response = await self._client.get(uri)
            response.raise_for_status()
            kept.keys = _readable(response.json()["keys"])
            kept.fetched_s = asyncio.get_running_loop().time()
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log("auth").warning("auth.keys_not_fetched", error=type(error).__name__)
        finally:
            kept.asked_s = asyncio.get_running_loop().time()


def _readable(keys: Sequence[dict[str, Any]]) -> KeySet:
    """Read an issuer's keys; those of kinds unknown to us are passed over (RFC 7517, 5)."""
    read: list[Any] = []
    for key in keys:
        with suppress(JoseError, ValueError, KeyError, TypeError):
            read += KeySet.import_key_set({"keys": [key]}).keys
    if not read:
        raise ValueError("The issuer has no key that can be read.")
    return KeySet(read)


class _Signatures(JWSRegistry):
    """Knows our algorithms and no other; the library's own warns of a name that issuers use."""

    def get_alg(self, name: str) -> Any:
        """Answer an algorithm by the name that a token's head gives; raises a JoseError."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name} is not among the algorithms.")
        return self.algorithms[name]


_SIGNATURES = _Signatures()


class Verifier:
    """Verifies access tokens, and remembers the verified ones for a minute."""

    def __init__(self, issuers: Issuers, jwks: Jwks, clock: Clock) -> None:
        self._issuers = issuers
        self._jwks = jwks
        self._clock = clock
        self._verified: OrderedDict[str, tuple[Identity, float, int]] = OrderedDict()

    async def verify(self, authorization: str | None) -> Identity:
        """Answer whom an `Authorization` header speaks for.

        Raises TokenMissing, TokenRefused, or IssuerUnavailable.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenMissing("Send an access token as `Authorization: Bearer ...`.")
        return self.remembered(token) or await self._verify(token.strip())

    def remembered(self, token: str) -> Identity | None:
        """Answer whom a token speaks for if it was verified a moment ago, and None otherwise."""
        found = self._verified.get(token)
        if found is None:
            return None
        identity, until_s, version = found
        if version != self._issuers.version or self._clock.now().timestamp() >= until_s:
            self._verified.pop(token, None)
            return None
        return identity

    async def _verify(self, token: str) -> Identity:
        if len(token) > TOKEN_BYTES_MAX:
            raise TokenRefused(f"The token is longer than {TOKEN_BYTES_MAX} bytes.")
        header, claims = _peek(token)
        issuer = self._issuers.find(str(claims.get("iss")))
        if issuer is None and not self._issuers.complete:
            # A process that starts while Kafka is away must not tell people that they are nobody.
            raise IssuerUnavailable("It is still being read whose tokens are good.")
        if issuer is None:
            raise TokenRefused("The token's issuer is not known here.")
        if not _is_access_token(header, claims):
            raise TokenRefused("This is not an access token.")
        version = self._issuers.version
        key_id = header.get("kid")
        keys = await self._jwks.keys(issuer.jwks_uri, key_id if isinstance(key_id, str) else None)
        identity, expires_s = self._checked(token, keys, issuer)
        self._remember(token, identity, expires_s, version)
        return identity

    def _checked(self, token: str, keys: KeySet, issuer: Issuer) -> tuple[Identity, float]:
        now_s = int(self._clock.now().timestamp())
        rules = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer.url},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, keys, registry=_SIGNATURES).claims
            rules.validate(claims)
            subject, expires_s = claims["sub"], float(claims["exp"])
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            reason = getattr(error, "error", None) or type(error).__name__
            raise TokenRefused(f"The token is not valid: {reason}.") from error
        if not isinstance(subject, str) or not subject or not storable(subject):
            raise TokenRefused("The token names nobody.")
        return Identity(issuer.tenant_id, issuer.url, subject), expires_s

    def _remember(self, token: str, identity: Identity, expires_s: float, version: int) -> None:
        until_s = min(expires_s, self._clock.now().timestamp() + VERIFIED_KEPT_S)
        self._verified[token] = (identity, until_s, version)
        if len(self._verified) > VERIFIED_KEPT_MAX:
            self._verified.popitem(last=False)


def _is_access_token(header: dict[str, object], claims: dict[str, object]) -> bool:
    """Answer whether a token was made to open doors, and not to say who has signed in.

    An id token is signed by the same key, and is addressed to us where a program is called as we
    are. RFC 9068 tells them apart by their type; where that says nothing, what is in them does.
    """
    type_ = str(header.get("typ", "")).lower()
    if type_ in TYPES:
        return True
    return (
        type_ in TYPES_OF_ANY_TOKEN
        and any(claims.get(name) for name in CLIENTS)
        and not any(name in claims for name in OF_OTHER_TOKENS)
        and all(str(claims.get(name, ours)).lower() == ours for name, ours in KINDS)
    )


def _peek(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Read a token's header and claims without trusting them: they say whose key to ask for."""
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenRefused("The token is not a signed JWT.")
    try:
        header, claims = (
            json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_"))
            for part in parts[:2]
        )
    except (ValueError, binascii.Error, RecursionError) as error:
        raise TokenRefused("The token cannot be read.") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenRefused("The token cannot be read.")
    return header, claims
