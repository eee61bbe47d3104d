"""The gateway, wired."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import health, problems
from chassis.auth import Jwks, Verifier
from chassis.clock import Clock, SystemClock
from chassis.http_client import new_client
from chassis.issuers import Issuers
from chassis.observing import Observed
from chassis.service import operator_issuers
from gateway import documents
from gateway.documents import Documents
from gateway.headers import with_safeguards
from gateway.proxy import Proxy
from gateway.quotas.admitting import Admission
from gateway.routing import OWNERS, STREAM, is_own, is_plain
from gateway.settings import GatewaySettings
from gateway.stream.door import StreamDoor
from gateway.upstream import Upstreams


class State(TypedDict):
    """What a running gateway holds; the server hands it to every request."""

    verifier: Verifier
    upstreams: Upstreams
    documents: Documents


def build_gateway(
    settings: GatewaySettings, *, clock: Clock | None = None, issuers: Issuers | None = None
) -> ASGIApp:
    """Build the gateway. Given issuers are taken as they are; else Kafka is followed."""
    following = issuers is None
    admission = Admission(settings, clock or SystemClock())
    stream = StreamDoor(settings, admission)
    known = issuers or operator_issuers(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        async with (
            new_client() as client,
            Upstreams.open(settings.service_urls) as upstreams,
            asyncio.TaskGroup() as tasks,
        ):
            running = [tasks.create_task(stream.fanout.tail.run())]
            if following:
                running.append(tasks.create_task(known.follow(settings.kafka_bootstrap_servers)))
            yield {
                "verifier": Verifier(known, Jwks(client), clock or SystemClock()),
                "upstreams": upstreams,
                "documents": Documents(upstreams, _services(), settings.public_url),
            }
            for task in running:
                task.cancel()

    async def issuers_known() -> bool:
        return known.caught_up.is_set() or not following

    app = FastAPI(
        title="Fortaler",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app, settings.public_url)
    documents.install(app)
    health.install(app, {"issuers": issuers_known})
    door = Door(app, Proxy(settings, admission), stream)
    return Observed(door, service="gateway", sample_ratio=settings.trace_sample_ratio)


class Door:
    """Tells what the gateway answers itself from what it passes on."""

    def __init__(self, own: ASGIApp, proxy: ASGIApp, stream: ASGIApp) -> None:
        self._own = own
        self._proxy = proxy
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, by whoever has to."""
        if scope["type"] == "http":
            raw_path: bytes = scope["raw_path"]
            if raw_path == STREAM.encode():
                await self._stream(scope, receive, send)
                return
            if not (is_own(raw_path.decode("latin-1")) and is_plain(raw_path)):
                await self._proxy(scope, receive, send)
                return
        await self._own(scope, receive, _safeguarded(send))


def _safeguarded(send: Send) -> Send:
    async def send_with_safeguards(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = with_safeguards(message["headers"], private=False)
            message = {**message, "headers": headers}
        await send(message)

    return send_with_safeguards


def _services() -> list[str]:
    return list(dict.fromkeys(OWNERS.values()))
