"""The service's API document: FastAPI's, with our refusals in the place of its own."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chassis.auth import IssuerUnavailable, TokenMissing, TokenRefused
from chassis.callers import OperatorOnly, PersonUnknown, RoleMissing
from chassis.problems import MEDIA_TYPE, refuses

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")


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
        for operation in path.values():
            _complete(operation, service)
    schemas = built.get("components", {}).get("schemas", {})
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    return built


def _complete(operation: dict[str, Any], service: str) -> None:
    operation.setdefault("tags", [service])
    if operation.get("security"):
        _add_refusals(operation)
    for response in operation["responses"].values():
        content = response.get("content", {})
        # FastAPI documents a declared model as JSON too; a refusal only ever is a problem.
        if MEDIA_TYPE in content:
            schema = content.pop("application/json", {}).get("schema")
            content[MEDIA_TYPE].setdefault(
                "schema", schema or {"$ref": "#/components/schemas/Problem"}
            )


def _add_refusals(operation: dict[str, Any]) -> None:
    common = refuses(TokenMissing, TokenRefused, PersonUnknown, RoleMissing, OperatorOnly)
    common["responses"] |= refuses(IssuerUnavailable)["responses"]
    for status, response in common["responses"].items():
        response.pop("model")
        known = operation["responses"].setdefault(str(status), response)
        if known is not response and MEDIA_TYPE in known.get("content", {}):
            examples = known["content"][MEDIA_TYPE].setdefault("examples", {})
            for name, example in response["content"][MEDIA_TYPE]["examples"].items():
                examples.setdefault(name, example)
