"""What the gateway itself says no to."""

from typing import Any

from chassis.auth import IssuerUnavailable, TokenMissing, TokenRefused
from chassis.connections import HeadTooLarge, RequestTooSlow, RequestUnreadable, ServerFull
from chassis.errors import Refusal
from chassis.problems import (
    MEDIA_TYPE,
    STATUS_OF,
    BodyTooLarge,
    ContentCodingUnknown,
    MethodNotAllowed,
)
from gateway.quotas.policies import QuotaExceeded
from gateway.settings import RETRY_AFTER_S


class RequestMalformed(Refusal):
    """The request can be read in more than one way, so nobody is asked to read it."""

    kind = "malformed"
    title = "Request is malformed"


class PathUnknown(Refusal):
    """No service answers for this path."""

    kind = "not_found"
    title = "Nothing is behind this path"


class ProblemUnknown(Refusal):
    """No operation that is documented at this moment answers with a problem of this name."""

    kind = "not_found"
    title = "Problem is not known"


class ServiceUnavailable(Refusal):
    """The service cannot be reached; nothing was done, the same request may be sent again."""

    kind = "unavailable"
    title = "Service is unavailable"
    retry_after_s = RETRY_AFTER_S


class ServiceBroke(Refusal):
    """The service broke off before it answered; whether anything was done is not known."""

    kind = "broken_behind"
    title = "Service broke off"


class DeadlineMissed(Refusal):
    """The service did not answer in time; whether anything was done is not known."""

    kind = "late_behind"
    title = "Service did not answer in time"


OWN: tuple[type[Refusal], ...] = (
    RequestMalformed,
    RequestUnreadable,
    TokenMissing,
    TokenRefused,
    PathUnknown,
    ProblemUnknown,
    MethodNotAllowed,
    RequestTooSlow,
    BodyTooLarge,
    ContentCodingUnknown,
    HeadTooLarge,
    QuotaExceeded,
    ServerFull,
    IssuerUnavailable,
    ServiceUnavailable,
    ServiceBroke,
    DeadlineMissed,
)

_OF_THE_FRAMEWORK = (
    ("bad-request", "Bad Request", 400, "The body is nothing that can be read."),
    ("not-found", "Not Found", 404, "The service has no such path."),
    ("internal-error", "Internal error", 500, "Something went wrong on our side."),
)


def documented() -> dict[str, Any]:
    """Answer the OpenAPI response for what any operation may be refused with at the door."""
    known = [(one.slug(), one.title, STATUS_OF[one.kind], one.__doc__ or "") for one in OWN]
    examples = {
        slug: {
            "summary": summary,
            "value": {
                "type": f"/problems/{slug}",
                "title": title,
                "status": status,
                "detail": summary,
                "instance": "/v1/...",
            },
        }
        for slug, title, status, summary in (*known, *_OF_THE_FRAMEWORK)
    }
    return {
        "description": "What any operation may be refused with, whatever it does.",
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
        },
    }
