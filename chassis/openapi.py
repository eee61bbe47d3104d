"""The service's API document: FastAPI's, with our refusals in the place of its own."""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chassis import idempotency, preconditions
from chassis.auth import IssuerUnavailable, TokenMissing, TokenRefused
from chassis.callers import OperatorOnly, PersonUnknown, RoleMissing
from chassis.errors import Refusal
from chassis.problems import MEDIA_TYPE, refuses

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")

_WHERE_CALLERS_ARE_KNOWN = (
    TokenMissing,
    TokenRefused,
    PersonUnknown,
    RoleMissing,
    OperatorOnly,
    IssuerUnavailable,
)

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "A key of your own making, a new one for each thing that you want done; in quotes (a "
        "structured string) or without. Sent again with the same key within 24 hours, the same "
        "request is answered as the first time, with `idempotent-replayed: true`, and not done "
        "again. Only what was done is remembered: after a refusal the key is free."
    ),
    "schema": {"type": "string", "pattern": f"^{idempotency.PLAIN}$"},
    "example": "0197f3a4-7c1e-7d5b-9a57-2f1c6b0f8e11",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version that your change is made for, or `*` for any.",
    "schema": {"type": "string", "pattern": f"^({preconditions.TAGS})$"},
    "example": "*",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the version that you have: 304 says that it is still the newest.",
    "schema": {"type": "string"},
}
_REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true`: this was answered before, and nothing was done this time.",
        "schema": {"type": "string"},
    }
}
_NOT_MODIFIED = {"description": "What you have is the newest.", "headers": preconditions.ETAG}


def install(app: FastAPI, service: str) -> None:
    """Let `app` answer our document at /openapi.json."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, service)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI, service: str) -> dict[str, Any]:
    built = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for path in built.get("paths", {}).values():
        for method, operation in path.items():
            _complete(method, operation, service)
    schemas = built.get("components", {}).get("schemas", {})
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    return built


def _complete(method: str, operation: dict[str, Any], service: str) -> None:
    operation.setdefault("tags", [service])
    _tell_manners(method, operation)
    if operation.get("security"):
        _add_refusals(operation, *_WHERE_CALLERS_ARE_KNOWN)
    for response in operation["responses"].values():
        content = response.get("content", {})
        # FastAPI documents a declared model as JSON too; a refusal only ever is a problem.
        if MEDIA_TYPE in content:
            schema = content.pop("application/json", {}).get("schema")
            content[MEDIA_TYPE].setdefault(
                "schema", schema or {"$ref": "#/components/schemas/Problem"}
            )


def _tell_manners(method: str, operation: dict[str, Any]) -> None:
    """Tell of the headers that chassis/routing.py gives every operation."""
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if method == "post":
        needed = idempotency.IdempotencyKeyMissing.slug() in _refused(responses.get("400", {}))
        parameters.append(_KEY | {"required": needed})
        _add_refusals(operation, *idempotency.REFUSALS)
        for status, response in responses.items():
            if status.startswith("2"):
                response["headers"] = {**response.get("headers", {}), **_REPLAYED}
    if preconditions.PreconditionMissing.slug() in _refused(responses.get("428", {})):
        parameters.append(_IF_MATCH)
    if method == "get" and responses.get("200", {}).get("headers") == preconditions.ETAG:
        parameters.append(_IF_NONE_MATCH)
        responses["304"] = _NOT_MODIFIED
    if not parameters:
        del operation["parameters"]


def _refused(response: dict[str, Any]) -> Collection[str]:
    """Answer which problems a response may be, by name."""
    examples: Collection[str] = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    return examples


def _add_refusals(operation: dict[str, Any], *refusals: type[Refusal]) -> None:
    for status, response in refuses(*refusals)["responses"].items():
        response.pop("model")
        known = operation["responses"].setdefault(str(status), response)
        if known is not response and MEDIA_TYPE in known.get("content", {}):
            told = known["content"][MEDIA_TYPE].setdefault("examples", {})
            examples = response["content"][MEDIA_TYPE]["examples"]
            new = {name: one for name, one in examples.items() if name not in told}
            told.update(new)
            known["description"] = "; ".join([known["description"], *(f"`{name}`" for name in new)])
