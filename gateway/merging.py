"""One API document out of the services': names made distinct, references led along."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chassis.problems import Problem
from gateway.refusals import documented
from gateway.routing import find_route

Document = dict[str, Any]

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
AT_THE_DOOR = "RefusedAtTheDoor"
_SHARED = "Problem"
"""The one schema that is everybody's, as long as it is the same everywhere."""


class DocumentsClash(Exception):
    """Two services claim one path, or give one name two meanings: one of them must change."""


def merge(
    documents: Mapping[str, Document], *, public_url: str, unavailable: Sequence[str] = ()
) -> Document:
    """Merge the services' OpenAPI documents; raises DocumentsClash.

    A service may only document paths that are routed to it, so no two ever share one.
    `unavailable` names those whose document could not be read.
    """
    merged: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fortaler",
            "version": "1",
            "description": "Employee advocacy: all services behind one door.",
        },
        "servers": [{"url": public_url}],
        "tags": [],
        "paths": {},
        "components": {
            "schemas": {_SHARED: Problem.model_json_schema()},
            "responses": {AT_THE_DOOR: documented()},
        },
        "x-unavailable": list(unavailable),
    }
    for service, document in documents.items():
        _add(merged, service, document)
    return merged


def operations_of(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Answer every operation of a document with its method and path."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def _add(merged: Document, service: str, document: Document) -> None:
    names = _new_names(merged, service, document)
    led = _led_along(document, {_place(*old): _place(old[0], new) for old, new in names.items()})
    for path, item in led.get("paths", {}).items():
        _claim(merged, service, path)
        merged["paths"][path] = item
    for _, _, operation in operations_of(led):
        _complete(operation, service, led)
    for (kind, old), new in names.items():
        component = led["components"][kind][old]
        if kind == "schemas" and "title" in component:
            # Swagger shows titles: the name without its prefix would be anybody's.
            component["title"] = new
        _take(merged["components"].setdefault(kind, {}), new, component)
    info = led.get("info", {})
    merged["tags"].append({"name": service, "description": info.get("description", service)})


def _claim(merged: Document, service: str, path: str) -> None:
    route = find_route(path)
    if route is None or route.service != service:
        owner = route.service if route else "nobody"
        raise DocumentsClash(f"{service} documents {path}, which belongs to {owner}.")
    if path in merged["paths"]:
        raise DocumentsClash(f"{path} is documented twice.")


def _complete(operation: Document, service: str, document: Document) -> None:
    operation["tags"] = [service]
    if "operationId" in operation:
        operation["operationId"] = f"{service}_{operation['operationId']}"
    if "security" in document:
        operation.setdefault("security", document["security"])
    operation.setdefault("responses", {}).setdefault(
        "default", {"$ref": f"#/components/responses/{AT_THE_DOOR}"}
    )


def _new_names(merged: Document, service: str, document: Document) -> dict[tuple[str, str], str]:
    prefix = "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", service))
    names: dict[tuple[str, str], str] = {}
    for kind, components in document.get("components", {}).items():
        for name, component in components.items():
            shared = kind == "securitySchemes" or (
                (kind, name) == ("schemas", _SHARED)
                and component == merged["components"]["schemas"][_SHARED]
            )
            names[kind, name] = name if shared else prefix + name
    return names


def _take(taken: dict[str, Any], name: str, component: object) -> None:
    if taken.setdefault(name, component) != component:
        raise DocumentsClash(f"The component {name} means two things.")


def _place(kind: str, name: str) -> str:
    return f"#/components/{kind}/{name}"


def _led_along(node: Any, places: Mapping[str, str]) -> Any:
    """Copy a document with every reference, and every discriminator's, led to its new place."""
    if isinstance(node, dict):
        return {key: _led_along(value, places) for key, value in node.items()}
    if isinstance(node, list):
        return [_led_along(value, places) for value in node]
    return places.get(node, node) if isinstance(node, str) else node
