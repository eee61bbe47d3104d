"""The hot path of a link: known codes are answered before all else, many times as fast."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import cast

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.service import Context
from chassis.telemetry import HTTP_DURATION
from services.metrics.redirect import robots
from services.metrics.redirect.cache import CachedLink, LinkCache
from services.metrics.redirect.clicks import Clicks
from services.metrics.redirect.spool import Spool
from services.metrics.settings import MetricsSettings

PREFIX = "/r/"
ROUTE = "/r/{code}"
METHODS = ("GET", "HEAD")

_NO_BODY: Message = {"type": "http.response.body", "body": b""}


class Redirects:
    """What following a link needs: whose it is, and where the click goes."""

    def __init__(self, links: LinkCache, clicks: Clicks) -> None:
        self.links = links
        self.clicks = clicks

    def record(self, link: CachedLink, method: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Note that a link was followed, by a person or by what looks like a robot."""
        robot = robots.suspected(method, headers)
        self.clicks.record(link.tenant_id, link.share_id, suspected_robot=robot)


@asynccontextmanager
async def open_redirects(context: Context) -> AsyncIterator[Redirects]:
    """Make what following a link needs; the disk is touched when Kafka is away, not before."""
    assert isinstance(context.settings, MetricsSettings)
    clicks = Clicks(Spool(context.settings.spool_dir), context.clock)
    yield Redirects(LinkCache(context.database), clicks)


async def send_clicks(context: Context) -> None:
    """Let clicks out to Kafka: the web process's own loop."""
    redirects: Redirects = context.resources
    await redirects.clicks.run(context.publisher)


class Front:
    """Answers links that are in memory, and gives everything else to what stands behind it.

    What it answers is counted, and neither logged nor traced: that would cost more than the rest.
    """

    def __init__(self, app: FastAPI, behind: ASGIApp) -> None:
        self._app = app
        self._behind = behind
        self._opened: Redirects | None = None
        self._took = {
            method: HTTP_DURATION.labels("metrics", ROUTE, method, "3xx") for method in METHODS
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._behind(scope, receive, send)
            return
        began = perf_counter()
        redirects = self._opened or self._open()
        link = redirects.links.kept(scope["path"][len(PREFIX) :])
        if link is None or scope["method"] not in METHODS:
            await self._behind(scope, receive, send)
            return
        redirects.record(link, scope["method"], scope["headers"])
        await send({"type": "http.response.start", "status": 302, "headers": link.headers})
        await send(_NO_BODY)
        self._took[scope["method"]].observe(perf_counter() - began)

    def _open(self) -> Redirects:
        # An app's state is dear to ask, and holds the same from the first request on.
        self._opened = redirects = cast(Redirects, self._app.state.resources)
        return redirects


def put_in_front(app: FastAPI, behind: ASGIApp) -> ASGIApp:
    """Put the hot path before an app and what stands around it."""
    return Front(app, behind)
