"""A company's identity provider that is not ours: oidc-provider, in a process of its own."""

import json
import secrets
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.jwk import ECKey, OKPKey, RSAKey

from fortaler.embedded.children import Child, spawn
from fortaler.embedded.ports import free_port
from tests.peers.npm_programs import NODE

SCRIPT = Path(__file__).with_name("provider.mjs")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
CALLBACK = "http://127.0.0.1:1/callback"
"""Nobody is there: the browser that would be sent there is the test."""

SECRET = "a secret of both sides: 32 bytes"
"""What a symmetric signature, or a symmetric encryption, would be made with."""


def api(name: str) -> str:
    """Answer the address under which a client asks for tokens of a kind (RFC 8707)."""
    return f"https://api.fortaler.example/{name}"


def new_keys() -> list[dict[str, Any]]:
    """Make a private key for each kind of signature."""
    made = [
        (ECKey.generate_key("P-256", auto_kid=True), "ES256"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "EdDSA"),
        (RSAKey.generate_key(2048, auto_kid=True), "PS256"),
        (RSAKey.generate_key(2048, auto_kid=True), "RS256"),
    ]
    return [
        {**key.as_dict(private=True), "alg": alg, "use": "sig"}  # type: ignore[attr-defined]
        for key, alg in made
    ]


@dataclass
class IdentityProvider:
    """One provider at one address; what it signs with may change between two starts."""

    programs: Path
    folder: Path
    audience: str
    port: int = field(default_factory=free_port)
    keys: list[dict[str, Any]] = field(default_factory=new_keys)
    _child: Child | None = None

    @property
    def issuer(self) -> str:
        """Answer who it says that it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def jwks_uri(self) -> str:
        """Answer where its public keys are."""
        return f"{self.issuer}/keys"

    def start(self) -> None:
        """Start it, and wait until it publishes its keys."""
        settings = self.folder / "provider.json"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps(self._settings()))
        self._child = spawn(
            "oidc-provider",
            [NODE, SCRIPT, settings],
            log=self.folder / "provider.log",
            death_signal=signal.SIGKILL,
        )
        self._child.wait_until(self._answers, timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it."""
        if self._child is not None:
            self._child.stop(signal.SIGTERM, timeout_s=STOP_TIMEOUT_S)

    def restart(self, keys: list[dict[str, Any]]) -> None:
        """Stop it, and start it with these keys in the place of its own."""
        self.stop()
        self.keys = keys
        self.start()

    def key_of(self, algorithm: str) -> dict[str, Any]:
        """Answer the private key that it signs with by an algorithm."""
        return next(key for key in self.keys if key["alg"] == algorithm)

    async def token(self, name: str = "es256", client: str = "ana") -> str:
        """Let a program fetch a token of a kind for itself; it is the token's subject."""
        async with AsyncOAuth2Client(client, _secret_of(client), trust_env=False) as web:
            answer = await web.fetch_token(
                f"{self.issuer}/token",
                grant_type="client_credentials",
                resource=api(name),
                scope="api",
            )
        return str(answer["access_token"])

    async def sign_in(self, subject: str, client: str = "hub") -> dict[str, str]:
        """Let a person sign in with a browser: authorization code and PKCE; answers all tokens."""
        verifier = secrets.token_urlsafe(48)
        async with AsyncOAuth2Client(
            client,
            _secret_of(client),
            redirect_uri=CALLBACK,
            scope="openid offline_access api",
            code_challenge_method="S256",
            trust_env=False,
        ) as web:
            address, _ = web.create_authorization_url(
                f"{self.issuer}/auth",
                code_verifier=verifier,
                resource=api("es256"),
                prompt="consent",
                nonce=secrets.token_urlsafe(16),
            )
            back = await self._say_yes(web, address, subject)
            told: dict[str, Any] = await web.fetch_token(
                f"{self.issuer}/token",
                authorization_response=back,
                code_verifier=verifier,
                resource=api("es256"),
            )
        code = parse_qs(urlsplit(back).query)["code"][0]
        return {"code": code, **{name: str(value) for name, value in told.items()}}

    async def _say_yes(self, web: AsyncOAuth2Client, address: str, subject: str) -> str:
        """Fill in both forms, as a browser; answers where it is sent back to."""
        answer = await web.request("GET", address, withhold_token=True)
        forms = iter(
            [
                {"prompt": "login", "login": subject, "password": "of no importance here"},
                {"prompt": "consent"},
            ]
        )
        while not (place := self._next_place(answer)).startswith(CALLBACK):
            answer = await web.request("GET", place, withhold_token=True)
            if not answer.is_redirect:
                answer = await web.request("POST", place, data=next(forms), withhold_token=True)
        return place

    def _next_place(self, answer: httpx2.Response) -> str:
        assert answer.is_redirect, answer.text
        return str(answer.url.join(answer.headers["location"]))

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.jwks_uri, timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _settings(self) -> dict[str, Any]:
        ours: dict[str, dict[str, Any]] = {
            api(algorithm.lower()): {"audience": self.audience, "alg": algorithm}
            for algorithm in ALGORITHMS
        }
        unfit: dict[str, dict[str, Any]] = {
            "of-another": {"audience": "somebody-else"},
            "nearly-ours": {"audience": f"{self.audience}/"},
            "in-capitals": {"audience": self.audience.upper()},
            "short": {"audience": self.audience, "lifetime_s": 1},
            "opaque": {"audience": self.audience, "format": "opaque"},
            "hs256": {"audience": self.audience, "alg": "HS256", "secret": SECRET},
            "encrypted": {"audience": self.audience, "encrypted": True, "secret": SECRET},
        }
        return {
            "program": str(self.programs / "oidc-provider" / "lib" / "index.js"),
            "port": self.port,
            "keys": self.keys,
            "clients": self._clients(),
            "resources": ours | {api(name): resource for name, resource in unfit.items()},
        }

    def _clients(self) -> Sequence[dict[str, Any]]:
        programs = [
            _client(name, grant_types=["client_credentials"], response_types=[], redirect_uris=[])
            for name in ("ana", "stranger")
        ]
        # The second is called as our audience is: its id tokens are addressed to that name, too.
        hubs = [
            _client(
                name,
                grant_types=["authorization_code", "refresh_token"],
                response_types=["code"],
                redirect_uris=[CALLBACK],
                id_token_signed_response_alg="ES256",
            )
            for name in ("hub", self.audience)
        ]
        return [*programs, *hubs]


@asynccontextmanager
async def running(programs: Path, folder: Path, audience: str) -> AsyncIterator[IdentityProvider]:
    """Run a provider, whose tokens are meant for an audience."""
    provider = IdentityProvider(programs, folder, audience)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def _client(name: str, **more: Any) -> dict[str, Any]:
    return {"client_id": name, "client_secret": _secret_of(name), **more}


def _secret_of(client: str) -> str:
    return f"{client}'s own secret"
