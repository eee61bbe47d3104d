"""Tokens that must open no door: what a real provider signed, bent; what it never meant for us."""

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, RSAKey

from chassis.clock import SystemClock
from tests.peers.identity_provider import SECRET, IdentityProvider

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (FIPS 186-5)."""


@dataclass(frozen=True)
class Genuine:
    """A token that the provider signed for us, taken apart."""

    provider: IdentityProvider
    token: str

    @property
    def parts(self) -> list[str]:
        """Answer head, body and signature as they came."""
        return self.token.split(".")

    @property
    def header(self) -> dict[str, Any]:
        """Answer what the head says."""
        return dict(json.loads(decoded(self.parts[0])))

    @property
    def claims(self) -> dict[str, Any]:
        """Answer what the body says."""
        return dict(json.loads(decoded(self.parts[1])))

    def with_header(self, **changed: Any) -> str:
        """Answer the token with another head; body and signature are the provider's."""
        return ".".join([encoded(_merged(self.header, changed)), *self.parts[1:]])

    def with_claims(self, **changed: Any) -> str:
        """Answer the token with another body; head and signature are the provider's."""
        return ".".join([self.parts[0], encoded(_merged(self.claims, changed)), self.parts[2]])

    def with_signature(self, signature: bytes) -> str:
        """Answer the token with another signature."""
        return ".".join([*self.parts[:2], encoded(signature)])

    def signed_again(self, key: ECKey, header: Mapping[str, Any], **claims: Any) -> str:
        """Answer the token as another key would sign it, whatever head and body say."""
        head = encoded(_merged(self.header, header))
        body = encoded(_merged(self.claims, claims))
        return f"{head}.{body}.{encoded(_es256(key, f'{head}.{body}'.encode()))}"

    def by_the_provider(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Answer what the provider would sign if it were told to say something else."""
        key = ECKey.import_key(self.provider.key_of("ES256"))
        return self.signed_again(key, header or {}, **claims)

    def in_words(self, body: str) -> str:
        """Answer what the provider would sign if its body were just these words."""
        head = self.parts[0]
        key = ECKey.import_key(self.provider.key_of("ES256"))
        signature = _es256(key, f"{head}.{encoded(body.encode())}".encode())
        return f"{head}.{encoded(body.encode())}.{encoded(signature)}"

    def by_secret(self, secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
        """Answer the token signed by a secret that is no secret."""
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
        head = encoded({**self.header, "alg": algorithm, **header})
        message = f"{head}.{self.parts[1]}"
        return (
            f"{message}.{encoded(hmac.new(secret, message.encode(), digest[algorithm]).digest())}"
        )


Forge = Callable[[Genuine], str]
Ask = Callable[[IdentityProvider], Awaitable[str]]


def decoded(part: str) -> bytes:
    """Read a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(value: bytes | Mapping[str, Any]) -> str:
    """Write a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _merged(known: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**known, **changed}.items() if value is not None}


def _es256(key: ECKey, message: bytes) -> bytes:
    private: Any = key.get_op_key("sign")
    r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def _public_of(genuine: Genuine, algorithm: str = "ES256") -> dict[str, Any]:
    private = genuine.provider.key_of(algorithm)
    secret = {"d", "p", "q", "dp", "dq", "qi", "key_ops"}
    return {name: value for name, value in private.items() if name not in secret}


def _as_pem(genuine: Genuine, algorithm: str) -> bytes:
    kind = ECKey if algorithm == "ES256" else RSAKey
    return kind.import_key(_public_of(genuine, algorithm)).as_pem(private=False)


def _without_padding_bits(genuine: Genuine) -> str:
    """Change bits of the last character that no byte needs: another text of the same signature."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters.index(genuine.token[-1])
    return genuine.token[:-1] + letters[last ^ 1]


def _twin_signature(genuine: Genuine) -> str:
    """Answer the other signature that the curve allows: s becomes -s, and is as good as s."""
    raw = decoded(genuine.parts[2])
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    return genuine.with_signature((r + 1).to_bytes(32) + (ORDER - s).to_bytes(32))


def _der_signature(genuine: Genuine) -> str:
    raw = decoded(genuine.parts[2])
    der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    return genuine.with_signature(der)


def _by_a_stranger(genuine: Genuine, *, embedded: bool = False, **header: Any) -> str:
    key = ECKey.generate_key("P-256", auto_kid=True)
    own = {"jwk": key.as_dict(private=False)} if embedded else {}
    return genuine.signed_again(key, {"kid": key.kid, **own, **header})


def _flipped(genuine: Genuine, part: int, at: int) -> str:
    raw = bytearray(decoded(genuine.parts[part]))
    raw[at] ^= 1
    parts = genuine.parts
    parts[part] = encoded(bytes(raw))
    return ".".join(parts)


def _twice(genuine: Genuine, **first: Any) -> str:
    """Say a claim twice, first the provider's and then another; the provider signs neither so."""
    body = json.dumps(genuine.claims)[:-1] + "".join(
        f", {json.dumps(name)}: {json.dumps(value)}" for name, value in first.items()
    )
    return ".".join([genuine.parts[0], encoded(f"{body}}}".encode()), genuine.parts[2]])


def _zipped(genuine: Genuine) -> str:
    packed = zlib.compress(decoded(genuine.parts[1]))
    return ".".join([encoded({**genuine.header, "zip": "DEF"}), encoded(packed), genuine.parts[2]])


def _now() -> int:
    return int(SystemClock().now().timestamp())


UNSIGNED: dict[str, Forge] = {
    f"no signature, and it says {alg!r}": (
        lambda genuine, alg=alg: ".".join(  # type: ignore[misc]
            [encoded({**genuine.header, "alg": alg}), genuine.parts[1], ""]
        )
    )
    for alg in ("none", "None", "NONE", "nOnE", "", "ES256", "HS256")
}

OTHER_HEADS: dict[str, Forge] = {
    "no algorithm": lambda g: g.with_header(alg=None),
    "none, with the signature": lambda g: g.with_header(alg="none"),
    "RS256 where ES256 was": lambda g: g.with_header(alg="RS256"),
    "EdDSA where ES256 was": lambda g: g.with_header(alg="EdDSA"),
    "ES384 where ES256 was": lambda g: g.with_header(alg="ES384"),
    "ES256K where ES256 was": lambda g: g.with_header(alg="ES256K"),
    "an algorithm that is a list": lambda g: g.with_header(alg=["ES256"]),
    "another of its keys": lambda g: g.with_header(kid=g.provider.key_of("RS256")["kid"]),
    "another of its keys, and the algorithm of that": lambda g: g.with_header(
        kid=g.provider.key_of("RS256")["kid"], alg="RS256"
    ),
    "no key's name": lambda g: g.with_header(kid=None),
    "a key's name that is a path": lambda g: g.with_header(kid="../../dev/null"),
    "a key's name that is SQL": lambda g: g.with_header(kid="x' union select 'key"),
    "a key's name that is a list": lambda g: g.with_header(kid=[g.header["kid"]]),
    "a key's name that is huge": lambda g: g.with_header(kid="k" * 4000),
    "a key beside the point": lambda g: g.with_header(jwk=_public_of(g)),
    "an address of keys": lambda g: g.with_header(jku=g.provider.jwks_uri),
    "an address of certificates": lambda g: g.with_header(x5u=f"{g.provider.issuer}/x5u"),
    "a certificate": lambda g: g.with_header(x5c=["MIIB"]),
    "something critical that nobody knows": lambda g: g.with_header(crit=["x"], x=1),
    "a critical list of nothing": lambda g: g.with_header(crit=[]),
    "a type of another kind": lambda g: g.with_header(typ="secevent+jwt"),
    "a head that says zip": lambda g: g.with_header(zip="DEF"),
    "a zipped body": _zipped,
    "a body that is said not to be base64": lambda g: g.with_header(b64=False, crit=["b64"]),
}

OTHER_BODIES: dict[str, Forge] = {
    "another subject": lambda g: g.with_claims(sub="ida"),
    "another audience": lambda g: g.with_claims(aud="somebody-else"),
    "another issuer": lambda g: g.with_claims(iss="https://stranger.example"),
    "another day": lambda g: g.with_claims(exp=_now() + 86_400),
    "a role": lambda g: g.with_claims(roles=["admin"]),
    "nothing": lambda g: ".".join([g.parts[0], encoded(b""), g.parts[2]]),
    "an empty object": lambda g: ".".join([g.parts[0], encoded({}), g.parts[2]]),
    "a subject said twice": lambda g: _twice(g, sub="ida"),
    "an audience said twice": lambda g: _twice(g, aud="fortaler"),
    "spaces behind the object": lambda g: ".".join([
        g.parts[0], encoded(decoded(g.parts[1]) + b"  "), g.parts[2]
    ]),
    "a bit less in the head": lambda g: _flipped(g, 0, -3),
    "a bit less in the body": lambda g: _flipped(g, 1, -3),
}  # fmt: skip

OTHER_SIGNATURES: dict[str, Forge] = {
    "a bit less in the signature": lambda g: _flipped(g, 2, 5),
    "half of it": lambda g: g.with_signature(decoded(g.parts[2])[:32]),
    "without its last byte": lambda g: g.with_signature(decoded(g.parts[2])[:-1]),
    "with a byte more": lambda g: g.with_signature(decoded(g.parts[2]) + b"\x00"),
    "zeros": lambda g: g.with_signature(bytes(64)),
    "the order of the curve": lambda g: g.with_signature(ORDER.to_bytes(32) * 2),
    "in another notation": _der_signature,
    "nearly its twin": _twin_signature,
    "the halves changed": lambda g: g.with_signature(
        decoded(g.parts[2])[32:] + decoded(g.parts[2])[:32]
    ),
    "a stranger's": _by_a_stranger,
    "a stranger's under the name of the real key": lambda g: _by_a_stranger(g, kid=g.header["kid"]),
    "a stranger's, who brings the key": lambda g: _by_a_stranger(g, embedded=True),
    "a stranger's, who says where the key is": lambda g: _by_a_stranger(
        g, jku="http://127.0.0.1:9/keys"
    ),
    "by the public key as PEM": lambda g: g.by_secret(_as_pem(g, "ES256")),
    "by the public RSA key as PEM": lambda g: g.by_secret(
        _as_pem(g, "RS256"), kid=g.provider.key_of("RS256")["kid"]
    ),
    "by the public key as JSON": lambda g: g.by_secret(json.dumps(_public_of(g)).encode()),
    "by the public key, HS512": lambda g: g.by_secret(_as_pem(g, "ES256"), "HS512"),
    "by nothing": lambda g: g.by_secret(b""),
    "by a secret that both sides know": lambda g: g.by_secret(SECRET.encode()),
    "of another token": lambda g: f"{g.with_claims(jti='x').rsplit('.', 1)[0]}.{g.parts[2]}",
}

SAID_OTHERWISE: dict[str, Forge] = {
    "the audience is another": lambda g: g.by_the_provider(aud="somebody-else"),
    "the audience is a list of others": lambda g: g.by_the_provider(aud=["a", "b"]),
    "the audience is an object": lambda g: g.by_the_provider(aud={"fortaler": True}),
    "there is no audience": lambda g: g.by_the_provider(aud=None),
    "the issuer ends in a slash": lambda g: g.by_the_provider(iss=f"{g.claims['iss']}/"),
    "the issuer is in capitals": lambda g: g.by_the_provider(iss=g.claims["iss"].upper()),
    "there is no issuer": lambda g: g.by_the_provider(iss=None),
    "there is no subject": lambda g: g.by_the_provider(sub=None),
    "the subject is a list": lambda g: g.by_the_provider(sub=["ana"]),
    "the subject is half a character": lambda g: g.by_the_provider(sub="\ud800"),
    "there is no end": lambda g: g.by_the_provider(exp=None),
    "the end is past": lambda g: g.by_the_provider(exp=_now() - 31),
    "the end is a text": lambda g: g.by_the_provider(exp="2999-01-01T00:00:00Z"),
    "the end is true": lambda g: g.by_the_provider(exp=True),
    "the beginning is not yet": lambda g: g.by_the_provider(nbf=_now() + 3600),
    "it was issued tomorrow": lambda g: g.by_the_provider(iat=_now() + 86_400),
    "it is for signing out": lambda g: g.by_the_provider({"typ": "logout+jwt"}),
    "it is a proof of possession": lambda g: g.by_the_provider({"typ": "dpop+jwt"}),
    "it says what nobody knows and all must": lambda g: g.by_the_provider(
        {"crit": ["later"], "later": 1}
    ),
    "the end is said twice, last as past": lambda g: g.in_words(
        json.dumps(g.claims)[:-1] + f', "exp": {_now() - 3600}}}'
    ),
    "the end is Infinity": lambda g: g.in_words(
        json.dumps(g.claims).replace(str(g.claims["exp"]), "Infinity")
    ),
    "the body is a list": lambda g: g.in_words(json.dumps([g.claims])),
    "it is an id token without a nonce": lambda g: g.by_the_provider(
        {"typ": None}, client_id=None, scope=None, jti=None
    ),
    "it is an id token with a hash of the access token": lambda g: g.by_the_provider(
        {"typ": "JWT"}, at_hash="x" * 22
    ),
    "its body says that it is an id token": lambda g: g.by_the_provider({"typ": "JWT"}, typ="ID"),
    "its body says that it renews others": lambda g: g.by_the_provider(
        {"typ": "JWT"}, typ="Refresh"
    ),
    "its use is to say who somebody is": lambda g: g.by_the_provider(
        {"typ": "JWT"}, token_use="id"
    ),
    "it ends sessions": lambda g: g.by_the_provider({"typ": "JWT"}, events={"logout": {}}),
}
"""Signed by the provider's real key, as if it had been told to."""

SHAPES: dict[str, Forge] = {
    "cut off": lambda g: g.token[:-10],
    "without its signature": lambda g: ".".join(g.parts[:2]),
    "with a fourth part": lambda g: f"{g.token}.x",
    "as JSON": lambda g: json.dumps(
        {
            "payload": g.parts[1],
            "protected": g.parts[0],
            "signature": g.parts[2],
        }
    ),
    "twice": lambda g: f"{g.token}, {g.token}",
    "within quotes": lambda g: f'"{g.token}"',
    "in standard base64": lambda g: g.token.replace("-", "+").replace("_", "/") + "=",
    "in capitals": lambda g: g.token.upper(),
}

FORGERIES: dict[str, Forge] = {
    f"{family}: {name}": forge
    for family, forges in {
        "unsigned": UNSIGNED,
        "another head": OTHER_HEADS,
        "another body": OTHER_BODIES,
        "another signature": OTHER_SIGNATURES,
        "said otherwise": SAID_OTHERWISE,
        "another shape": SHAPES,
    }.items()
    for name, forge in forges.items()
}


async def _of_sign_in(provider: IdentityProvider, what: str, client: str = "hub") -> str:
    return (await provider.sign_in("ana", client))[what]


NOT_FOR_US: dict[str, Ask] = {
    "for another audience": lambda p: p.token("of-another"),
    "for nearly our audience": lambda p: p.token("nearly-ours"),
    "for our audience in capitals": lambda p: p.token("in-capitals"),
    "opaque": lambda p: p.token("opaque"),
    "signed by a secret": lambda p: p.token("hs256"),
    "encrypted": lambda p: p.token("encrypted"),
    "an id token": lambda p: _of_sign_in(p, "id_token"),
    "an id token for a client that is called as we are": lambda p: _of_sign_in(
        p, "id_token", p.audience
    ),
    "a refresh token": lambda p: _of_sign_in(p, "refresh_token"),
    "an authorization code": lambda p: _of_sign_in(p, "code"),
}
"""Made by the provider itself, for something else."""
