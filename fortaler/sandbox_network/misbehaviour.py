"""The ways in which a network lets its clients down, switched on by the operator's door."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fortaler.sandbox_network import grants
from fortaler.sandbox_network.errors import SandboxRefusal, refusal_document

if TYPE_CHECKING:
    from fortaler.sandbox_network.network import Network

Kind = Literal[
    "lose_answer",
    "hang",
    "server_error_after",
    "server_error_before",
    "rate_limited",
    "revoke_token",
    "expire_token",
    "show_late",
]
Route = Literal[
    "POST /api/posts",
    "GET /api/posts",
    "GET /api/posts/{id}",
    "DELETE /api/posts/{id}",
    "GET /api/me",
    "POST /oauth/token",
    "POST /oauth/revoke",
]
# An interim status (RFC 9110 section 15.2) is no answer. A server that starts with it and stops
# there has to drop the connection, which is the only way to lose an answer from within ASGI.
INTERIM_STATUS = 100


@dataclass(slots=True)
class Misbehaviour:
    """One fault that waits for its next `times` requests on a route."""

    kind: Kind
    route: Route
    seconds: float
    times: int


@dataclass(slots=True)
class Misbehaviours:
    """The faults that wait, oldest first, and what the requests that hang wait for."""

    waiting: list[Misbehaviour] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, method: str, path: str) -> Misbehaviour | None:
        """Take the oldest fault that waits for this request, and count it down by one."""
        for fault in self.waiting:
            if _matches(fault.route, method, path):
                fault.times -= 1
                self.waiting = [other for other in self.waiting if other.times > 0]
                return fault
        return None

    def end(self) -> None:
        """Forget every fault, and let the requests that hang be answered."""
        self.waiting = []
        self.over.set()
        self.over = asyncio.Event()


def _matches(route: Route, method: str, path: str) -> bool:
    wanted_method, _, template = route.partition(" ")
    return method == wanted_method and bool(
        re.fullmatch(re.escape(template).replace(re.escape("{id}"), "[^/]+"), path)
    )


class MisbehavingMiddleware:
    """Stands between the server and the network, and spoils the requests that a fault waits for."""

    def __init__(self, app: ASGIApp, network: "Network") -> None:
        self._app = app
        self._network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        fault = None
        if scope["type"] == "http":
            fault = self._network.misbehaviours.take(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in {"rate_limited", "server_error_before"}:
            await refusal_document(_refusal(fault))(scope, receive, send)
        elif fault.kind in {"lose_answer", "hang", "server_error_after"}:
            await self._spoil_answer(fault, scope, receive, send)
        else:
            self._prepare(fault, scope)
            await self._app(scope, receive, send)

    async def _spoil_answer(
        self, fault: Misbehaviour, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer: list[Message] = []
        # Asked for before the work, during which all may be told to be well again.
        over = self._network.misbehaviours.over

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        if fault.kind == "lose_answer":
            await send({"type": "http.response.start", "status": INTERIM_STATUS, "headers": []})
        elif fault.kind == "server_error_after":
            await refusal_document(_refusal(fault))(scope, receive, send)
        else:
            await _hang(receive, fault.seconds, over)
            for message in answer:
                await send(message)

    def _prepare(self, fault: Misbehaviour, scope: Scope) -> None:
        """Do what goes wrong before the request is served as usual."""
        if fault.kind == "show_late":
            scope.setdefault("state", {})["late_s"] = fault.seconds
            return
        end: Callable[..., None] = (
            grants.revoke_by_token if fault.kind == "revoke_token" else grants.expire_access_token
        )
        token = Headers(scope=scope).get("authorization", "").partition(" ")[2]
        with self._network.store.transaction() as connection:
            end(connection, token, self._network.epoch_s)


async def _hang(receive: Receive, seconds: float, over: asyncio.Event) -> None:
    """Wait that long, but not for a client that has given up, nor when all is to be well again."""
    ends = [asyncio.create_task(_gone(receive)), asyncio.create_task(over.wait())]
    try:
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _refusal(fault: Misbehaviour) -> SandboxRefusal:
    if fault.kind == "rate_limited":
        wait = {"Retry-After": str(max(1, round(fault.seconds)))}
        return SandboxRefusal(429, "rate_limited", "Too many requests. Slow down.", wait)
    if fault.kind == "server_error_before":
        return SandboxRefusal(503, "temporarily_unavailable", "The network is busy.")
    return SandboxRefusal(500, "server_error", "Something broke on our side.")
