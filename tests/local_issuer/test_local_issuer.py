"""Tokens of the local issuers verify with what the issuers publish, and with nothing else."""

import stat
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from chassis.clock import SettableClock
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import OPERATOR, IssuerKeys, UnknownIssuer, issuer_url

BASE_URL = "http://issuer.test"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path) -> IssuerKeys:
    return IssuerKeys(tmp_path / "issuers")


@pytest.fixture
async def web(keys) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(base_url=BASE_URL, keys=keys, dev_secret="dev", now=SettableClock(NOW).now)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, trust_env=False
    ) as client:
        yield client


async def ask_for_token(
    web: httpx2.AsyncClient, name: str = "nordlys", **changes: str
) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_id": "anna@nordlys", "client_secret": "dev"}
    return await web.post(f"/issuers/{name}/token", data=form | changes)


async def published_keys(web: httpx2.AsyncClient, name: str = "nordlys") -> KeySet:
    configuration = (await web.get(f"/issuers/{name}/.well-known/openid-configuration")).json()
    return KeySet.import_key_set((await web.get(configuration["jwks_uri"])).json())


async def test_a_token_verifies_with_the_keys_that_discovery_leads_to(web):
    answer = (await ask_for_token(web, scope="sharing")).json()

    token = jwt.decode(answer["access_token"], await published_keys(web), algorithms=["ES256"])

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert token.header["typ"] == "at+jwt"
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": "http://issuer.test/issuers/nordlys",
        "sub": "anna@nordlys",
        "aud": "fortaler",
        "client_id": "anna@nordlys",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "scope": "sharing",
    }


async def test_the_issuer_in_discovery_is_the_one_in_the_token(web):
    configuration = (await web.get("/issuers/operator/.well-known/openid-configuration")).json()

    assert configuration["issuer"] == issuer_url(BASE_URL, OPERATOR)
    assert configuration["token_endpoint"] == "http://issuer.test/issuers/operator/token"


async def test_issuers_do_not_share_keys(web):
    token = (await ask_for_token(web, "nordlys")).json()["access_token"]
    others = await published_keys(web, "havblik")

    with pytest.raises((InvalidKeyIdError, ValueError)):
        jwt.decode(token, others, algorithms=["ES256"])


async def test_after_a_rotation_old_and_new_tokens_verify(web, keys):
    old = (await ask_for_token(web)).json()["access_token"]

    new_kid = keys.rotate("nordlys")

    new = (await ask_for_token(web)).json()["access_token"]
    published = await published_keys(web)
    assert jwt.decode(new, published, algorithms=["ES256"]).header["kid"] == new_kid
    assert jwt.decode(old, published, algorithms=["ES256"]).header["kid"] != new_kid


async def test_only_the_public_half_is_published(web):
    jwks = (await web.get("/issuers/nordlys/jwks.json")).json()

    assert [set(key) for key in jwks["keys"]] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]


async def test_only_the_newest_keys_stay_published(web, keys):
    kids = [keys.rotate("nordlys") for _ in range(6)]

    published = (await web.get("/issuers/nordlys/jwks.json")).json()["keys"]

    assert [key["kid"] for key in published] == kids[:0:-1]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"client_id": "x" * 256}, 400, "invalid_request"),
    ],
)
async def test_a_faulty_request_gets_no_token(web, changes, status, error):
    answer = await ask_for_token(web, **changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("name", ["Nordlys", "-x", "a" * 64, "..", "a.b"])
async def test_a_name_that_no_issuer_can_have_is_not_found(web, keys, name):
    quoted = name.replace(".", "%2E")

    answer = await web.get(f"/issuers/{quoted}/jwks.json")

    assert answer.status_code == 404
    with pytest.raises(UnknownIssuer):
        keys.signing_key(name)


def test_a_key_is_kept_for_its_owner_only_and_over_a_restart(keys, tmp_path):
    kid = keys.signing_key("nordlys").kid

    again = IssuerKeys(tmp_path / "issuers").signing_key("nordlys").kid

    (file,) = (tmp_path / "issuers" / "nordlys").iterdir()
    assert again == kid
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_many_who_need_the_first_key_at_once_get_the_same_one(keys):
    with ThreadPoolExecutor(8) as crowd:
        kids = set(crowd.map(lambda _: keys.signing_key("nordlys").kid, range(16)))

    assert len(kids) == 1


def test_a_test_can_sign_what_no_honest_issuer_would(keys):
    raw = keys.sign_access_token(
        "http://elsewhere.test",
        "nordlys",
        "anna",
        "other",
        now=NOW,
        lifetime=timedelta(seconds=-1),
        extra_claims={"sub": "bo", "jti": None},
        token_type="JWT",
    )

    token = jwt.decode(raw, keys.signing_key("nordlys"), algorithms=["ES256"])
    assert token.header["typ"] == "JWT"
    assert (token.claims["iss"], token.claims["sub"]) == ("http://elsewhere.test", "bo")
    assert token.claims["exp"] < NOW.timestamp()
    assert "jti" not in token.claims


def test_a_token_that_was_changed_does_not_verify(keys):
    raw = keys.sign_access_token("http://i.test", "nordlys", "anna", "fortaler", now=NOW)
    header, payload, signature = raw.split(".")
    other = keys.sign_access_token("http://i.test", "nordlys", "bo", "fortaler", now=NOW)

    forged = ".".join([header, other.split(".")[1], signature])

    with pytest.raises(BadSignatureError):
        jwt.decode(forged, keys.signing_key("nordlys"), algorithms=["ES256"])
    assert payload != forged.split(".")[1]
