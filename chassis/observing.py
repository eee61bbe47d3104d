"""The outermost layer of every HTTP process: a trace, a request id, a duration and a log line."""

import re
from time import perf_counter

import structlog
from opentelemetry.trace import SpanKind, format_trace_id
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.ids import new_id
from chassis.telemetry import HTTP_DURATION, current_traceparent, log, span

REQUEST_ID = "x-request-id"
_FIT_FOR_LOGS = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STREAM = "text/event-stream"
_QUIET = ("/live", "/ready", "/metrics")


class Observed:
    """Wraps an ASGI app. Paths are logged as routes, so that no id or code becomes a label."""

    def __init__(self, app: ASGIApp, *, service: str, sample_ratio: float) -> None:
        self._app = app
        self._service = service
        self._sample_ratio = sample_ratio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and tell how it went."""
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get(REQUEST_ID, "")
        if not _FIT_FOR_LOGS.fullmatch(request_id):
            request_id = str(new_id())
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            span(
                "http.server",
                traceparent=headers.get("traceparent"),
                kind=SpanKind.SERVER,
                sample_ratio=self._sample_ratio,
                method=scope["method"],
            ) as current,
        ):
            trace_id = format_trace_id(current.get_span_context().trace_id)
            status = await self._serve(scope, receive, send, request_id, trace_id)
            if current.is_recording():
                current.set_attribute("http.response.status_code", status)
                current.set_attribute("http.route", _route(scope))

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, trace_id: str
    ) -> int:
        status = 500
        complete = False
        duration_s: float | None = None
        began = perf_counter()

        async def send_known(message: Message) -> None:
            nonlocal status, complete, duration_s
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers["x-trace-id"] = trace_id
                if headers.get("content-type", "").startswith(_STREAM):
                    # How long somebody listened is no slowness of ours.
                    duration_s = perf_counter() - began
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body")

        try:
            await self._app(scope, receive, send_known)
        except Exception:
            # The framework raises again what it has answered as a problem and told in the log.
            if not complete:
                raise
        finally:
            self._tell(scope, status, duration_s or perf_counter() - began)
        return status

    def _tell(self, scope: Scope, status: int, duration_s: float) -> None:
        route = _route(scope)
        HTTP_DURATION.labels(self._service, route, scope["method"], f"{status // 100}xx").observe(
            duration_s
        )
        log("http").info(
            "http.served",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(duration_s * 1000, 1),
            traceparent=current_traceparent(),
        )


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", None) or scope.get("fortaler.route", "none"))
