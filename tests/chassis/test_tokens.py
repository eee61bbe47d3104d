"""Who calls: broken, borrowed and forged tokens are refused before any work, as problems."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.auth import TOKEN_BYTES_MAX, IssuerUnavailable, Jwks, TokenRefused, Verifier
from chassis.clock import SettableClock, SystemClock
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.issuers import Issuer, Issuers
from contracts.directory import TenantChanged
from tests.chassis.scratch_service.main import SERVICE
from tests.patience import until
from tests.world import OpenService, Tenant, World, problem_of, serving

CLOCK = SystemClock()


@pytest.fixture(scope="module")
async def counting(scratch_world: World) -> AsyncIterator[OpenService]:
    async with scratch_world.open(SERVICE) as service:
        yield service


@pytest.fixture(scope="module")
async def tenant(scratch_world: World, counting: OpenService) -> Tenant:
    admitted = scratch_world.new_tenant()
    await counting.hire(admitted, "ana")
    return admitted


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims(world: World, tenant: Tenant, **changed: Any) -> dict[str, Any]:
    usual = {
        "iss": tenant.issuer,
        "sub": "ana",
        "aud": world.settings.audience,
        "iat": now(),
        "exp": now() + 600,
    }
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def signed(world: World, tenant: Tenant, header: dict[str, Any], **changed: Any) -> str:
    """Sign with the tenant's real key, whatever the header says besides."""
    key = world.keys.signing_key(tenant.issuer_name)
    usual = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    told = {name: value for name, value in {**usual, **header}.items() if value is not None}
    head, body = part(told), part(claims(world, tenant, **changed))
    signature = key.get_op_key("sign")
    return f"{head}.{body}.{part(_es256(signature, f'{head}.{body}'.encode()))}"


def _es256(private_key: Any, message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = utils.decode_dss_signature(private_key.sign(message, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def by_a_stranger(world: World, tenant: Tenant, **header: Any) -> str:
    """Sign with a key of a stranger's, and offer it in the header."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    told = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **header}
    return jwt.encode(told, claims(world, tenant), key, algorithms=["ES256"])


def unsigned(world: World, tenant: Tenant, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'at+jwt'})}.{part(claims(world, tenant))}."


def by_the_public_key(world: World, tenant: Tenant) -> str:
    """Take the public key for a shared secret."""
    public = world.keys.signing_key(tenant.issuer_name)
    secret = public.as_pem(private=False)
    head = part({"alg": "HS256", "typ": "at+jwt", "kid": public.kid})
    message = f"{head}.{part(claims(world, tenant))}"
    return f"{message}.{part(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


def own_key(world: World, tenant: Tenant) -> dict[str, Any]:
    return ECKey.generate_key("P-256", auto_kid=True).as_dict(private=False)


def tampered(world: World, tenant: Tenant) -> str:
    head, _, signature = world.token(tenant, "ana").split(".")
    return f"{head}.{part(claims(world, tenant, sub='root'))}.{signature}"


def flipped(world: World, tenant: Tenant) -> str:
    head, body, signature = world.token(tenant, "ana").split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


Forge = Callable[[World, Tenant], str]


def now() -> int:
    return int(CLOCK.now().timestamp())


BROKEN: dict[str, Forge] = {
    "no signature (none)": lambda w, t: unsigned(w, t, "none"),
    "no signature (None)": lambda w, t: unsigned(w, t, "None"),
    "no signature though it says ES256": lambda w, t: unsigned(w, t, "ES256"),
    "HS256 with the public key": by_the_public_key,
    "HS256 with an empty key": lambda w, t: jwt.encode(
        {"alg": "HS256"}, claims(w, t), OctKey.import_key(b"\x00" * 32), algorithms=["HS256"]
    ),
    "a stranger's key": by_a_stranger,
    "a stranger's key under the known id": lambda w, t: by_a_stranger(
        w, t, kid=w.keys.signing_key(t.issuer_name).kid
    ),
    "a stranger's key given as jwk": lambda w, t: by_a_stranger(w, t, jwk=own_key(w, t)),
    "a stranger's key under jku": lambda w, t: by_a_stranger(w, t, jku="http://127.0.0.1:9/keys"),
    "a stranger's key under x5u": lambda w, t: by_a_stranger(w, t, x5u="http://127.0.0.1:9/keys"),
    "a key id that is a path": lambda w, t: by_a_stranger(w, t, kid="../../../dev/null"),
    "a key id that is SQL": lambda w, t: by_a_stranger(w, t, kid="' or 1=1 --"),
    "another body": tampered,
    "a flipped bit": flipped,
    "another algorithm in the header": lambda w, t: signed(w, t, {"alg": "RS256"}),
    "a critical header that nobody knows": lambda w, t: signed(
        w, t, {"crit": ["exp-soon"], "exp-soon": True}
    ),
    "a body that is said not to be base64": lambda w, t: signed(
        w, t, {"b64": False, "crit": ["b64"]}
    ),
    "another type": lambda w, t: signed(w, t, {"typ": "logout+jwt"}),
    "a type that is none": lambda w, t: signed(w, t, {"typ": ["at+jwt"]}),
    "an id token": lambda w, t: signed(w, t, {"typ": "JWT"}, azp="hub", nonce="n"),
    "an id token of few words": lambda w, t: signed(w, t, {"typ": None}),
    "an id token that says so": lambda w, t: signed(w, t, {"typ": "JWT"}, azp="hub", typ="ID"),
    "another audience": lambda w, t: signed(w, t, {}, aud="somebody-else"),
    "no audience": lambda w, t: signed(w, t, {}, aud=None),
    "an audience beside the point": lambda w, t: signed(w, t, {}, aud=["a", "b"]),
    "another issuer": lambda w, t: signed(w, t, {}, iss="https://stranger.example"),
    "no issuer": lambda w, t: signed(w, t, {}, iss=None),
    "an issuer that is a list": lambda w, t: signed(w, t, {}, iss=[t.issuer]),
    "an issuer with a slash": lambda w, t: signed(w, t, {}, iss=f"{t.issuer}/"),
    "the operator's issuer, the tenant's key": lambda w, t: signed(
        w, t, {}, iss=w.settings.operator_issuer
    ),
    "another tenant's issuer": lambda w, t: signed(w, t, {}, iss=w.new_tenant().issuer),
    "expired": lambda w, t: signed(w, t, {}, exp=now() - 600),
    "expired beyond the leeway": lambda w, t: signed(w, t, {}, exp=now() - 31),
    "no expiry": lambda w, t: signed(w, t, {}, exp=None),
    "an expiry that is text": lambda w, t: signed(w, t, {}, exp="never"),
    "an expiry that is no number": lambda w, t: signed(w, t, {}, exp=float("nan")),
    "an expiry without end": lambda w, t: signed(w, t, {}, exp=float("inf")),
    "an expiry beyond all floats": lambda w, t: signed(w, t, {}, exp=10**400),
    "not yet": lambda w, t: signed(w, t, {}, nbf=now() + 600),
    "issued in the future": lambda w, t: signed(w, t, {}, iat=now() + 600),
    "no subject": lambda w, t: signed(w, t, {}, sub=None),
    "an empty subject": lambda w, t: signed(w, t, {}, sub=""),
    "a subject that is a number": lambda w, t: signed(w, t, {}, sub=1),
    "a subject with NUL": lambda w, t: signed(w, t, {}, sub="ana\x00"),
    "half a character as subject": lambda w, t: signed(w, t, {}, sub="\ud800"),
    "truncated": lambda w, t: w.token(t, "ana")[:-8],
    "two parts": lambda w, t: w.token(t, "ana").rsplit(".", 1)[0],
    "five parts": lambda w, t: f"{w.token(t, 'ana')}.a.b",
    "huge": lambda w, t: w.token(t, "ana", padding="x" * TOKEN_BYTES_MAX),
    "not base64": lambda w, t: "!!!.???.###",
    "not JSON": lambda w, t: f"{part(b'nonsense')}.{part(b'nonsense')}.x",
    "JSON, but no objects": lambda w, t: f"{part([1])}.{part([2])}.x",
    "deep JSON": lambda w, t: f"{part(b'[' * 2000)}.{part({})}.x",
    "an empty word": lambda w, t: "..",
}


@pytest.mark.parametrize("forge", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_token_is_refused(
    scratch_world: World, counting: OpenService, tenant: Tenant, forge: Forge
) -> None:
    headers = {"authorization": f"Bearer {forge(scratch_world, tenant)}"}

    answer = await counting.client.get("/v1/me", headers=headers)

    assert (answer.status_code, problem_of(answer)) == (401, "token-refused")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic YW5hOmFuYQ==", "x"])
async def test_without_a_token_nobody_gets_in(counting: OpenService, authorization: str) -> None:
    answer = await counting.client.get("/v1/me", headers={"authorization": authorization})

    assert (answer.status_code, problem_of(answer)) == (401, "token-missing")


async def test_a_good_token_gets_in(
    scratch_world: World, counting: OpenService, tenant: Tenant
) -> None:
    for header, changed in (
        ({}, {}),
        ({"typ": "JWT"}, {"azp": "hub", "typ": "Bearer"}),
        ({"typ": "JWT"}, {"client_id": "hub", "token_use": "access"}),
        ({"typ": None}, {"cid": "hub", "aud": ["other", scratch_world.settings.audience]}),
        ({"kid": None}, {}),
        ({}, {"exp": now() - 1}),
    ):
        token = signed(scratch_world, tenant, header, **changed)
        answer = await counting.client.get("/v1/me", headers={"authorization": f"bearer {token}"})
        assert answer.status_code == 200, (header, changed, answer.text)


@pytest.mark.parametrize(
    ("who", "path", "expected"),
    [
        ("operator", "/v1/me", "person-unknown"),
        ("operator", "/v1/admin", "person-unknown"),
        ("ana", "/v1/operator", "operator-only"),
        ("ana", "/v1/admin", "role-missing"),
        ("nobody", "/v1/me", "person-unknown"),
    ],
)
async def test_a_good_token_opens_only_its_own_doors(
    counting: OpenService, tenant: Tenant, who: str, path: str, expected: str
) -> None:
    caller = counting.as_(None if who == "operator" else tenant, who)

    answer = await caller.get(path)

    assert (answer.status_code, problem_of(answer)) == (403, expected)


async def test_a_tenant_that_is_switched_off_is_refused_at_once(
    scratch_world: World, counting: OpenService
) -> None:
    tenant = scratch_world.new_tenant()
    await counting.hire(tenant, "ana")
    ana = counting.as_(tenant, "ana")
    assert (await ana.get("/v1/me")).status_code == 200

    off = scratch_world.registered(tenant).model_dump() | {"active": False}
    scratch_world.issuers.learn(TenantChanged(**off))

    answer = await ana.get("/v1/me")
    assert (answer.status_code, problem_of(answer)) == (401, "token-refused")


class Keys:
    """An issuer's published keys, and how it feels today."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.down = False
        self.asked = 0

    async def answer(self, _request: Request) -> Response:
        self.asked += 1
        return Response(status_code=500) if self.down else JSONResponse({"keys": self.published})

    def publish(self) -> ECKey:
        key = ECKey.generate_key("P-256", auto_kid=True)
        self.published.insert(0, key.as_dict(private=False))
        return key


class Door:
    """A verifier that trusts one issuer, and tokens of that issuer."""

    def __init__(self, client: httpx2.AsyncClient, keys: Keys, base: str, **jwks: float) -> None:
        self.keys = keys
        self.clock = SettableClock(CLOCK.now())
        issuer = Issuer("https://issuer.example", f"{base}/jwks.json", "fortaler", new_id())
        self.verifier = Verifier(Issuers(issuer), Jwks(client, **jwks), self.clock)

    async def enter(self, key: ECKey) -> str:
        until_s = int(self.clock.now().timestamp()) + 600
        said = {"iss": "https://issuer.example", "aud": "fortaler", "sub": "ana", "exp": until_s}
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        token = jwt.encode(header, said, key, algorithms=["ES256"])
        return (await self.verifier.verify(f"Bearer {token}")).subject


@pytest.fixture
async def door() -> AsyncIterator[Callable[..., Door]]:
    keys = Keys()
    app = Starlette(routes=[Route("/jwks.json", keys.answer)])
    async with serving(app) as base, new_client() as client:
        yield lambda **jwks: Door(client, keys, base, **jwks)


async def test_a_new_key_is_accepted_once_the_issuer_was_asked_again(
    door: Callable[..., Door],
) -> None:
    opened = door(refetch_s_min=0)
    old = opened.keys.publish()
    await opened.enter(old)
    new = opened.keys.publish()

    assert await opened.enter(new) == "ana"
    assert opened.keys.asked == 2


async def test_unknown_keys_do_not_make_us_a_flood(door: Callable[..., Door]) -> None:
    opened = door()
    await opened.enter(opened.keys.publish())

    for _ in range(5):
        with pytest.raises(TokenRefused):
            await opened.enter(ECKey.generate_key("P-256", auto_kid=True))

    assert opened.keys.asked == 1


async def test_known_keys_stay_good_while_the_issuer_is_down(door: Callable[..., Door]) -> None:
    opened = door(refetch_s_min=0)
    known = opened.keys.publish()
    await opened.enter(known)
    opened.keys.down = True

    with pytest.raises(TokenRefused):
        await opened.enter(opened.keys.publish())
    # Past the minute for which a verified token is remembered.
    opened.clock.advance(timedelta(minutes=2))

    assert await opened.enter(known) == "ana"


async def test_an_issuer_that_never_answered_is_unavailable(door: Callable[..., Door]) -> None:
    opened = door()
    opened.keys.down = True

    with pytest.raises(IssuerUnavailable):
        await opened.enter(opened.keys.publish())
    with pytest.raises(IssuerUnavailable):
        await opened.enter(opened.keys.publish())

    assert opened.keys.asked == 1


async def test_whoever_still_reads_whose_tokens_are_good_calls_none_of_them_bad(
    scratch_world: World, tenant: Tenant, unused_kafka: str
) -> None:
    settings = scratch_world.settings
    issuers = Issuers(
        Issuer(settings.operator_issuer, settings.operator_jwks_uri, settings.audience, None)
    )
    following = asyncio.create_task(issuers.follow(unused_kafka))

    async def has_begun() -> bool:
        return not issuers.complete

    await until(has_begun)
    async with new_client() as client:
        verifier = Verifier(issuers, Jwks(client), SystemClock())
        with pytest.raises(IssuerUnavailable):
            await verifier.verify(f"Bearer {scratch_world.token(tenant, 'ana')}")
    following.cancel()
    await asyncio.wait([following])


async def test_keys_of_unknown_kinds_are_passed_over(door: Callable[..., Door]) -> None:
    opened = door()
    key = opened.keys.publish()
    opened.keys.published += [{"kty": "lattice", "kid": "x"}, {"kid": "y"}, {"kty": "EC"}]

    assert await opened.enter(key) == "ana"


async def test_an_issuer_that_cannot_be_reached_is_answered_with_503(
    scratch_world: World, counting: OpenService
) -> None:
    tenant = scratch_world.new_tenant()
    away = scratch_world.registered(tenant).model_dump() | {"jwks_uri": "http://127.0.0.1:9/keys"}
    scratch_world.issuers.learn(TenantChanged(**away))

    answer = await counting.as_(tenant, "ana").get("/v1/me")

    assert (answer.status_code, problem_of(answer)) == (503, "issuer-unavailable")
    assert int(answer.headers["retry-after"]) > 0
