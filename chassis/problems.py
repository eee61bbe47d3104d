"""Refusals become RFC 9457 problem documents here, and nowhere else."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

import orjson  # isort: skip

from chassis.database import is_trouble
from chassis.errors import Kind, Refusal
from chassis.telemetry import log

MEDIA_TYPE = "application/problem+json"

STATUS_OF: Mapping[Kind, int] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_unknown": 405,
    "too_slow": 408,
    "conflict": 409,
    "gone": 410,
    "precondition_failed": 412,
    "too_large": 413,
    "coding_unknown": 415,
    "invalid": 422,
    "precondition_missing": 428,
    "too_many": 429,
    "head_too_large": 431,
    "unavailable": 503,
    "broken_behind": 502,
    "late_behind": 504,
}

BODY_BYTES_MAX = 1_000_000
"""The largest sensible body is a batch of 1,000 engagements: a third of this."""

RETRY_AFTER_S = 2
"""What a caller is told to wait when a database or broker is in trouble."""


class Problem(BaseModel):
    """A refusal as RFC 9457 wants it. `type` names the rule; further members explain it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str


class ValidationFailed(Refusal):
    """The request does not have the documented shape; `errors` points at each place."""

    kind = "invalid"
    title = "The request does not have the right shape"


class BodyTooLarge(Refusal):
    """The body of the request is larger than any operation takes."""

    kind = "too_large"
    title = "Body is too large"


class ContentCodingUnknown(Refusal):
    """Bodies are taken as they are: nothing here unpacks one, so no small one becomes large."""

    kind = "coding_unknown"
    title = "Content coding is not known"


class MethodNotAllowed(Refusal):
    """The path does not know this method; `allow` says which it knows."""

    kind = "method_unknown"
    title = "Method is not allowed"

    def __init__(self, detail: str, *, allow: Sequence[str]) -> None:
        super().__init__(detail, allow=list(allow))
        self.allow = allow


class TemporarilyUnavailable(Refusal):
    """A database or broker is in trouble. The same request, with its key, may be sent again."""

    kind = "unavailable"
    title = "Temporarily unavailable"
    retry_after_s = RETRY_AFTER_S


COMMON: tuple[type[Refusal], ...] = (ValidationFailed, TemporarilyUnavailable)
"""What any route may answer."""


def refuses(*refusals: type[Refusal]) -> dict[str, Any]:
    """Declare which refusals a route may answer: `@router.get("/", **refuses(StoryNotFound))`."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for refusal in (*refusals, *COMMON):
        status = STATUS_OF[refusal.kind]
        response = by_status.setdefault(
            status, {"description": "", "content": {MEDIA_TYPE: {"examples": {}}}, "model": Problem}
        )
        response["description"] = "; ".join(
            part for part in (response["description"], f"`{refusal.slug()}`") if part
        )
        response["content"][MEDIA_TYPE]["examples"][refusal.slug()] = _example(refusal, status)
    return {"responses": by_status}


def install(app: FastAPI, public_url: str) -> None:
    """Let every refusal of `app`, and every failure, leave as a problem document."""
    base = f"{public_url}/problems"

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return answer(refusal, base=base, instance=request.url.path)

    @app.exception_handler(RequestValidationError)
    async def misshapen(request: Request, error: RequestValidationError) -> Response:
        refusal = ValidationFailed("Some of the input cannot be used.", errors=_places(error))
        return answer(refusal, base=base, instance=request.url.path)

    @app.exception_handler(HTTPException)
    async def refused_by_the_framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return answer(too_large(), base=base, instance=request.url.path)
        return _by_status(error, base, request.url.path)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return _failure(error, base, request.url.path)


def answer(refusal: Refusal, *, base: str, instance: str) -> Response:
    """Answer a refusal as its document; `base` is the address that explains problems."""
    status = STATUS_OF[refusal.kind]
    body = body_of(refusal, base=base, instance=instance)
    return document(body, status, _headers_of(refusal, status))


def body_of(refusal: Refusal, *, base: str, instance: str) -> dict[str, object]:
    """Answer what a refusal's document says, also where it stands within a larger answer."""
    pointer = {} if refusal.field is None else {"pointer": refusal.field}
    return {
        **refusal.members,
        **pointer,
        "type": f"{base}/{refusal.slug()}",
        "title": refusal.title,
        "status": STATUS_OF[refusal.kind],
        "detail": refusal.detail,
        "instance": instance,
    }


def check_coding(content_encoding: str | None) -> None:
    """Check that a body is what it looks like; raises ContentCodingUnknown."""
    if content_encoding is not None and content_encoding.strip().lower() not in {"", "identity"}:
        raise ContentCodingUnknown("Send the body without a Content-Encoding.")


def too_large(bytes_max: int = BODY_BYTES_MAX) -> BodyTooLarge:
    """Answer the refusal of a body that is beyond the limit."""
    return BodyTooLarge(f"A body may have {bytes_max:,} bytes at most.", bytes_max=bytes_max)


def document(
    body: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer a problem document made elsewhere."""
    return Response(orjson.dumps(body, default=str), status, headers=headers, media_type=MEDIA_TYPE)


def _headers_of(refusal: Refusal, status: int) -> dict[str, str]:
    headers = {}
    if refusal.retry_after_s is not None:
        headers["retry-after"] = str(refusal.retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer error="invalid_token"'
    if isinstance(refusal, MethodNotAllowed):
        headers["allow"] = ", ".join(refusal.allow)
    if isinstance(refusal, ContentCodingUnknown):
        # RFC 9110 15.5.16: what would have been taken.
        headers["accept-encoding"] = "identity"
    return headers


def _by_status(error: HTTPException, base: str, instance: str) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    body = {
        "type": f"{base}/{phrase.lower().replace(' ', '-')}",
        "title": phrase,
        "status": error.status_code,
        "detail": str(error.detail),
        "instance": instance,
    }
    return document(body, error.status_code, error.headers)


def _failure(error: Exception, base: str, instance: str) -> Response:
    if is_trouble(error):
        log("problems").warning("request.trouble", error=type(error).__name__)
        refusal = TemporarilyUnavailable("A part of the system is in trouble. Please try again.")
        return answer(refusal, base=base, instance=instance)
    # What went wrong is for the log; a stranger learns only that it did.
    log("problems").error("request.failed", exc_info=error)
    body = {
        "type": f"{base}/internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": "Something went wrong on our side. It has been noted.",
        "instance": instance,
    }
    return document(body, 500)


def _places(error: RequestValidationError) -> list[dict[str, object]]:
    return [
        {
            **_place(one["loc"], of_text=one["type"] == "json_invalid"),
            # pydantic's own words before ours would tell of Python, not of the rule.
            "detail": one["msg"].removeprefix("Value error, "),
            "rule": one["type"],
        }
        for one in error.errors()
    ]


def _place(location: Sequence[str | int], *, of_text: bool) -> dict[str, object]:
    """Point into the body as refusals do (RFC 6901), or name the parameter that is to blame.

    Of a body that is no JSON there is only a text to point into: by its character.
    """
    if of_text:
        return {"pointer": "", "character": location[-1]}
    # Which of several shapes was read stands in brackets, and not in the body.
    where, *rest = (part for part in map(str, location) if not part.startswith("<"))
    if where == "body":
        return {"pointer": "".join(f"/{part}" for part in rest)}
    return {"parameter": "/".join(rest)}


def _example(refusal: type[Refusal], status: int) -> dict[str, Any]:
    summary = (refusal.__doc__ or refusal.title).strip().split("\n")[0]
    return {
        "summary": summary,
        "value": {
            "type": f"/problems/{refusal.slug()}",
            "title": refusal.title,
            "status": status,
            "detail": summary,
            "instance": "/v1/...",
        },
    }
