"""A sandbox network, in process or on a real socket, and people who let a client post for them."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from chassis.clock import SettableClock
from fortaler.sandbox_network.app import create_app
from fortaler.sandbox_network.clients import Client
from tests.patience import PATIENCE_S
from tests.world import serving

CALLBACK = "http://localhost:8080/v1/accounts/callback"
VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
CREDENTIALS = {"client_id": "fortaler", "client_secret": "hush"}
OPERATOR = {"Authorization": "Bearer let-me-in"}


@dataclass
class Session:
    """What a client holds and does for somebody who let it."""

    web: httpx2.AsyncClient
    tokens: dict[str, str]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def post(self, text: str = "Hej", key: str | None = None, **more) -> httpx2.Response:
        headers = self.bearer | ({"Idempotency-Key": key} if key else {})
        return await self.web.post("/api/posts", json={"text": text, **more}, headers=headers)

    async def get(self, path: str, **params) -> httpx2.Response:
        return await self.web.get(path, params=params, headers=self.bearer)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.web.delete(path, headers=self.bearer)

    async def refresh(self) -> httpx2.Response:
        form = CREDENTIALS | {
            "grant_type": "refresh_token",
            "refresh_token": self.tokens["refresh_token"],
        }
        return await self.web.post("/oauth/token", data=form)


@dataclass
class Visitor:
    """A client of the network that is nobody yet."""

    web: httpx2.AsyncClient
    authorization: dict[str, str] = field(
        default_factory=lambda: {
            "client_id": "fortaler",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": "s-1",
            "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
            .rstrip(b"=")
            .decode(),
            "code_challenge_method": "S256",
        }
    )

    async def authorize(self, **changes: str) -> httpx2.Response:
        params = self.authorization | {"prompt": "none", "login_hint": "anna_holm"} | changes
        return await self.web.get("/oauth/authorize", params=params)

    async def get_code(self, **changes: str) -> str:
        return answer_of(await self.authorize(**changes))["code"]

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        form = CREDENTIALS | {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return await self.web.post("/oauth/token", data=form | changes)

    async def log_in(self, handle: str = "anna_holm", scope: str = "") -> Session:
        answer = await self.redeem(await self.get_code(login_hint=handle, scope=scope))
        return Session(self.web, answer.raise_for_status().json())


@dataclass
class Operator:
    """Who runs the network and can spoil it."""

    web: httpx2.AsyncClient

    async def misbehave(self, kind: str, **more) -> None:
        body = {"kind": kind, **more}
        answer = await self.web.post("/sandbox/misbehaviours", json=body, headers=OPERATOR)
        assert answer.status_code == 201, answer.text

    async def waiting(self) -> list[dict[str, Any]]:
        answer = await self.web.get("/sandbox/misbehaviours", headers=OPERATOR)
        faults: list[dict[str, Any]] = answer.json()["items"]
        return faults

    async def has_nothing_waiting(self) -> bool:
        return not await self.waiting()

    async def behave(self) -> None:
        await self.web.delete("/sandbox/misbehaviours", headers=OPERATOR)

    async def posted(self) -> list[dict[str, Any]]:
        answer = await self.web.get("/sandbox/posts", headers=OPERATOR)
        posts: list[dict[str, Any]] = answer.json()["items"]
        return posts

    async def forget_posts(self) -> None:
        await self.web.delete("/sandbox/posts", headers=OPERATOR)


def answer_of(redirect: httpx2.Response) -> dict[str, str]:
    """What a redirect tells the client."""
    assert redirect.status_code == 303, redirect.text
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(redirect.headers["location"]).query).items()
    }


def a_network(store_path: str, clock: SettableClock) -> FastAPI:
    return create_app(
        public_url="http://sandbox.test",
        clients=[Client("fortaler", "hush", ("http://localhost:8080/v1/accounts/",))],
        store_path=store_path,
        operator_secret="let-me-in",
        now=clock.now,
    )


@asynccontextmanager
async def visited(network: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Visit a network that no server serves; its file is closed afterwards."""
    transport = httpx2.ASGITransport(network)
    try:
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://sandbox.test", trust_env=False
        ) as client:
            yield client
    finally:
        network.state.network.store.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))


@pytest.fixture
async def web(clock) -> AsyncIterator[httpx2.AsyncClient]:
    async with visited(a_network(":memory:", clock)) as client:
        yield client


@pytest.fixture
async def served_web(clock) -> AsyncIterator[httpx2.AsyncClient]:
    """The network behind a real server, for what only a socket can show."""
    async with (
        serving(a_network(":memory:", clock)) as base_url,
        httpx2.AsyncClient(base_url=base_url, trust_env=False, timeout=PATIENCE_S) as client,
    ):
        yield client


@pytest.fixture
def visitor(web) -> Visitor:
    return Visitor(web)


@pytest.fixture
async def anna(visitor: Visitor) -> Session:
    return await visitor.log_in("anna_holm")


@pytest.fixture
def operator(web) -> Operator:
    return Operator(web)


@pytest.fixture
async def served_anna(served_web) -> Session:
    return await Visitor(served_web).log_in("anna_holm")


@pytest.fixture
def served_operator(served_web) -> Operator:
    return Operator(served_web)


@pytest.fixture
def read_redirect():
    return answer_of


@pytest.fixture
async def restarted(tmp_path, clock):
    """Gives a visitor to the same network after each further start."""
    async with AsyncExitStack() as stack:

        async def start() -> Visitor:
            await stack.aclose()
            network = a_network(str(tmp_path / "sandbox.sqlite3"), clock)
            return Visitor(await stack.enter_async_context(visited(network)))

        yield start
