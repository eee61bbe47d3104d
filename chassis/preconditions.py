"""Nobody overwrites what they have not read: ETag, If-Match and If-None-Match (RFC 9110 13)."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chassis.errors import Refusal

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = rf"\*|{_TAG}(?:[ \t]*,[ \t]*{_TAG})*"
"""What the two headers hold: tags, or a star."""

_TAGS = re.compile(TAGS)
_EACH = re.compile(_TAG)


class PreconditionMissing(Refusal):
    """A change says which version it was made for: `If-Match` with the ETag that was read, or *."""

    kind = "precondition_missing"
    title = "If-Match is missing"


class PreconditionFailed(Refusal):
    """Somebody else has changed it since you read it. Nothing was done; read it again."""

    kind = "precondition_failed"
    title = "It has been changed meanwhile"


class PreconditionUnreadable(Refusal):
    """`If-Match` holds ETags as they were answered, in their quotes, or a star."""

    kind = "malformed"
    title = "If-Match cannot be read"


REFUSALS = (PreconditionMissing, PreconditionFailed, PreconditionUnreadable)
"""What a route may answer that asks for an `IfMatch`."""


ETAG = {
    "ETag": {
        "description": "Which version this is; for `If-Match` and `If-None-Match`.",
        "schema": {"type": "string"},
        "example": '"2c26b46b68ffc68ff99b453c1d304134"',
    }
}
"""How an API document tells of it."""


class Versioned(JSONResponse):
    """The JSON of a resource with its strong ETag, which is a hash of exactly these bytes."""

    def render(self, content: Any) -> bytes:
        """Answer the bytes of what is plain enough for JSON."""
        return orjson.dumps(content)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set the headers, and the tag of what is answered."""
        super().init_headers(headers)
        self.headers["etag"] = f'"{sha256(self.body).hexdigest()[:32]}"'


def tag_of(shown: BaseModel) -> str:
    """Answer the tag that a resource has when it is answered like this."""
    return Versioned(shown.model_dump(mode="json", by_alias=True)).headers["etag"]


@dataclass(frozen=True)
class IfMatch:
    """Which versions a change was made for; None is whichever there is."""

    tags: frozenset[str] | None
    show: Callable[[Any], BaseModel]

    def check(self, current: object) -> None:
        """Refuse a change that was made for another version than this; raises PreconditionFailed.

        Ask while its row is locked, and after whatever else may refuse the change (RFC 9110
        13.2.1): of two who write at once one is told.
        """
        if self.tags is not None and tag_of(self.show(current)) not in self.tags:
            raise PreconditionFailed("Read it again, and make your change for what it is now.")


def if_match(show: Callable[[Any], BaseModel]) -> Any:
    """Answer the dependency that reads `If-Match`; `show` is how the resource is answered."""

    async def read(request: Request) -> IfMatch:
        return IfMatch(expected(request.headers.getlist("if-match")), show)

    return Depends(read)


def expected(headers: Sequence[str]) -> frozenset[str] | None:
    """Read `If-Match`; raises PreconditionMissing or PreconditionUnreadable.

    Weak tags are no one's here: they do not say that every byte is the same.
    """
    if not headers:
        raise PreconditionMissing("Send If-Match with the ETag that you have read, or a star.")
    written = ", ".join(headers).strip(" \t")
    if not _TAGS.fullmatch(written):
        raise PreconditionUnreadable("Send the ETag as it was answered, with its quotes.")
    return None if written == "*" else frozenset(_EACH.findall(written))


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def answering_news(handle: Handler) -> Handler:
    """Let a handler of requests answer 304 to whoever has the version that there is."""

    async def answer(request: Request) -> Response:
        response = await handle(request)
        asked = request.headers.getlist("if-none-match")
        if asked and "etag" in response.headers and _has(response.headers["etag"], asked):
            return Response(status_code=304, headers={"etag": response.headers["etag"]})
        return response

    return answer


def _has(tag: str, headers: Sequence[str]) -> bool:
    # Compared weakly, as reading wants it (RFC 9110 13.1.2). What cannot be read asks nothing.
    written = ", ".join(headers).strip(" \t")
    if not _TAGS.fullmatch(written):
        return False
    return written == "*" or tag in {one.removeprefix("W/") for one in _EACH.findall(written)}
