"""A body has a limit and comes unpacked: what does not is refused with a document, read or not."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.errors import Refusal
from chassis.problems import BODY_BYTES_MAX, answer, check_coding, too_large


class BodyLimit:
    """Refuses a body whose head says that it is too large; the framework would, in plain text.

    It stands outside of the framework, which replaces whatever is answered to such a request. A
    body that does not say so is counted by the framework; its 413 becomes the same document.
    """

    def __init__(
        self, app: ASGIApp, *, base: str, larger: Mapping[re.Pattern[str], int] | None = None
    ) -> None:
        self._app = app
        self._base = base
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            try:
                _check(Headers(scope=scope), self._bytes_max(scope["path"]))
            except Refusal as refusal:
                refused = answer(refusal, base=self._base, instance=scope["path"])
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _bytes_max(self, path: str) -> int:
        fitting = (most for door, most in self._larger.items() if door.fullmatch(path))
        return next(fitting, BODY_BYTES_MAX)


def _check(headers: Headers, bytes_max: int) -> None:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > bytes_max:
        raise too_large(bytes_max)
    check_coding(headers.get("content-encoding"))
