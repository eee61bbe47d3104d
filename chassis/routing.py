"""What a service's routes hang on, so that each keeps HTTP's manners without doing anything."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from chassis import idempotency, preconditions, queries


class Route(APIRoute):
    """A route: its query is taken as it is documented, a POST is done once for a key, and a GET is
    not answered twice with the same.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        if "POST" in (declared.get("methods") or ()):
            endpoint = idempotency.beginning_once(endpoint)
        if declared.get("response_class") is preconditions.Versioned:
            told = {declared.get("status_code") or 200: {"headers": preconditions.ETAG}}
            declared["responses"] = {**(declared.get("responses") or {}), **told}
        super().__init__(path, endpoint, **declared)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer what turns a request into an answer."""
        handle = queries.reading_as_documented(super().get_route_handler(), self.dependant)
        methods = self.methods or ()
        if "POST" in methods:
            return idempotency.answering_once(handle)
        if "GET" in methods:
            return preconditions.answering_news(handle)
        return handle


class Router(APIRouter):
    """A service's router; `Service.routers` takes no other."""

    def __init__(self, *, prefix: str = "") -> None:
        super().__init__(prefix=prefix, route_class=Route)
