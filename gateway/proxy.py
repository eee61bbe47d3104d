"""Passing a request on: who calls is checked first, then both bodies flow as they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from starlette.types import Message, Receive, Scope, Send

from chassis.errors import Refusal
from chassis.observing import REQUEST_ID
from chassis.problems import MethodNotAllowed
from chassis.telemetry import current_traceparent, log
from gateway.answering import Refuser
from gateway.body import ClientLeft, RequestBody
from gateway.headers import (
    Framing,
    House,
    authorization_of,
    check_size,
    for_client,
    for_service,
    framing_of,
)
from gateway.quotas.admitting import Admission, Told
from gateway.refusals import (
    DeadlineMissed,
    PathUnknown,
    RequestMalformed,
    ServiceBroke,
    ServiceUnavailable,
)
from gateway.routing import Route, find_route, is_plain, public_methods, room_at
from gateway.settings import TARGET_BYTES_MAX, GatewaySettings
from gateway.upstream import Answer, Question

ROUTE = "fortaler.route"
"""Where in a scope the observing layer finds what may become a label."""


@dataclass(frozen=True)
class Target:
    """What a request is about, and whose that is."""

    path: str
    query: str
    route: Route


class Proxy:
    """Serves what belongs to a service by asking that service."""

    def __init__(self, settings: GatewaySettings, admission: Admission) -> None:
        self._admission = admission
        self._refuser = Refuser(settings.public_url)
        self._house = House.at(settings.public_url)
        self._deadline_s = settings.deadline_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer why not."""
        telling = _Telling(send)
        told: Told = []
        try:
            await self._serve(scope, receive, telling, told)
        except ClientLeft:
            log("gateway").info("gateway.client_left", route=scope.get(ROUTE))
        except Refusal as refusal:
            if telling.begun:
                # A head is out: only a broken connection can still say that the rest is missing.
                log("gateway").warning(
                    "gateway.broke_off", route=scope.get(ROUTE), reason=refusal.slug()
                )
                return
            await self._refuser.refuse(refusal, scope, receive, send, told)

    async def _serve(self, scope: Scope, receive: Receive, telling: "_Telling", told: Told) -> None:
        target = target_of(scope)
        scope[ROUTE] = target.route.prefix
        check_size(scope["headers"])
        room = room_at(target.path)
        framing = framing_of(scope["headers"], bytes_max=room.body_bytes_max)
        body = RequestBody(receive, expected=framing.has_body, bytes_max=room.body_bytes_max)
        async with _deadline(self._deadline_s + room.more_s, body):
            await self._admit(scope, target, told)
            question = Question(
                scope["method"],
                target.path,
                target.query,
                self._headers(scope, framing),
                body.pieces() if framing.has_body else None,
            )
            async with scope["state"]["upstreams"].ask(target.route.service, question) as heard:
                headers = for_client(heard.headers, private=target.path.startswith("/v1/"))
                await _tell(heard, telling, [*headers, *told])

    async def _admit(self, scope: Scope, target: Target, told: Told) -> None:
        authorization = authorization_of(scope["headers"])
        if _is_public(scope["method"], target.path):
            await self._admission.stranger(scope, told)
        else:
            verifier = scope["state"]["verifier"]
            await self._admission.caller(scope, verifier, authorization, told)

    def _headers(self, scope: Scope, framing: Framing) -> list[tuple[str, str]]:
        headers = for_service(
            scope["headers"],
            house=self._house,
            peer=self._admission.addresses.of(scope),
            length=framing.length,
        )
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        for name, value in ((REQUEST_ID, request_id), ("traceparent", current_traceparent())):
            if value is not None:
                headers.append((name, value))
        return headers


class _Telling:
    """Sends an answer, and remembers whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


async def _tell(heard: Answer, telling: _Telling, headers: Told) -> None:
    await telling({"type": "http.response.start", "status": heard.status, "headers": headers})
    more = True
    while more:
        # One piece at a time: a slow client makes the service wait, not us gather.
        piece = await heard.next_piece()
        more = bool(piece)
        await telling({"type": "http.response.body", "body": piece, "more_body": more})


@asynccontextmanager
async def _deadline(seconds: float, body: RequestBody) -> AsyncIterator[None]:
    """Give up when time is over or the client is gone.

    Raises DeadlineMissed, or what was wrong with the body if that is the reason.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            watching = asyncio.create_task(_end_when_left(body, limit))
            try:
                yield
            finally:
                watching.cancel()
    except (TimeoutError, ServiceBroke, ServiceUnavailable) as error:
        if body.trouble is not None:
            # The client takes a body that breaks off for its connection's trouble.
            raise body.trouble from error
        if isinstance(error, Refusal):
            raise
        raise DeadlineMissed(f"There was no answer within {seconds:g} seconds.") from error


async def _end_when_left(body: RequestBody, limit: asyncio.Timeout) -> None:
    await body.client_left()
    limit.reschedule(asyncio.get_running_loop().time())


def _is_public(method: str, path: str) -> bool:
    """Answer whether nobody asks for a token here; raises MethodNotAllowed at such a door."""
    methods = public_methods(path)
    if methods and method not in methods:
        raise MethodNotAllowed("This door is open for other methods.", allow=sorted(methods))
    return bool(methods)


def target_of(scope: Scope) -> Target:
    """Answer what a request is about, as it came; raises RequestMalformed and PathUnknown."""
    check_target(scope)
    raw_path, raw_query = scope["raw_path"], scope["query_string"]
    if not is_plain(raw_path):
        raise RequestMalformed("The path can be read in more than one way.")
    try:
        path, query = raw_path.decode("ascii"), raw_query.decode()
    except UnicodeDecodeError as error:
        raise RequestMalformed("The query is not text in UTF-8.") from error
    route = find_route(path)
    if route is None:
        raise PathUnknown("No service answers for this path; /docs tells which there are.")
    return Target(path, query, route)


def check_target(scope: Scope) -> None:
    """Check that path and query are not more than any request needs; raises RequestMalformed."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > TARGET_BYTES_MAX:
        raise RequestMalformed(f"Path and query may have {TARGET_BYTES_MAX:,} bytes at most.")
