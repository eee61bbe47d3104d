"""One document out of many: whose names are whose, and what is refused."""

import copy
from typing import Any

import pytest
from openapi_spec_validator import validate

from chassis.problems import Problem
from chassis.service import document_app
from chassis.settings import ServiceSettings
from fortaler import services
from gateway.explaining import ANY, explain
from gateway.merging import DocumentsClash, merge
from gateway.routing import find_route

PUBLIC_URL = "https://fortaler.example"


def a_document(*paths: str, **schemas: Any) -> dict[str, Any]:
    """Write a document by hand, in which every path answers a page of lines."""
    line = {"type": "object", "title": "Line", "properties": {"id": {"type": "string"}}}
    page = {
        "type": "object",
        "title": "Page[Line]",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
            "one": {
                "oneOf": [{"$ref": "#/components/schemas/Line"}],
                "discriminator": {
                    "propertyName": "id",
                    "mapping": {"line": "#/components/schemas/Line"},
                },
            },
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Page_Line_"}}}
    read = {
        "operationId": "list_lines",
        "tags": ["theirs"],
        "responses": {"200": {"description": "A page.", "content": content}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lines", "version": "1", "description": "All lines."},
        "paths": {path: {"get": copy.deepcopy(read)} for path in paths},
        "components": {"schemas": {"Line": line, "Page_Line_": page, **schemas}},
    }


def test_names_that_two_services_share_are_told_apart() -> None:
    merged = merge(
        {"content": a_document("/v1/stories"), "sharing": a_document("/v1/feed")},
        public_url=PUBLIC_URL,
    )

    validate(merged)
    schemas = merged["components"]["schemas"]
    assert set(schemas) == {
        "Problem",
        "ContentLine",
        "ContentPage_Line_",
        "SharingLine",
        "SharingPage_Line_",
    }
    page = schemas["SharingPage_Line_"]
    assert page["title"] == "SharingPage_Line_"
    assert page["properties"]["items"]["items"] == {"$ref": "#/components/schemas/SharingLine"}
    assert page["properties"]["one"]["discriminator"]["mapping"] == {
        "line": "#/components/schemas/SharingLine"
    }
    feed = merged["paths"]["/v1/feed"]["get"]
    assert feed["operationId"] == "sharing_list_lines"
    assert feed["tags"] == ["sharing"]
    assert [tag["name"] for tag in merged["tags"]] == ["content", "sharing"]


def test_problem_is_everybodys_as_long_as_it_is_the_same() -> None:
    same = a_document("/v1/stories", Problem=Problem.model_json_schema())
    other = a_document("/v1/feed", Problem={"type": "object", "title": "Problem"})

    merged = merge({"content": same, "sharing": other}, public_url=PUBLIC_URL)

    schemas = merged["components"]["schemas"]
    assert {"Problem", "SharingProblem"} <= set(schemas)
    assert "ContentProblem" not in schemas


def test_merging_leaves_the_services_documents_alone() -> None:
    theirs = a_document("/v1/stories")
    before = copy.deepcopy(theirs)

    merge({"content": theirs}, public_url=PUBLIC_URL)

    assert theirs == before


@pytest.mark.parametrize("path", ["/v1/stories", "/v1/nothing", "/v1/feeding", "/"])
def test_a_path_that_is_not_a_services_own_is_refused(path: str) -> None:
    with pytest.raises(DocumentsClash, match="sharing documents"):
        merge({"sharing": a_document(path)}, public_url=PUBLIC_URL)


def test_two_meanings_of_one_way_to_prove_who_one_is_are_refused() -> None:
    bearer, basic = a_document("/v1/stories"), a_document("/v1/feed")
    bearer["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    basic["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "basic"}}

    with pytest.raises(DocumentsClash, match="token"):
        merge({"content": bearer, "sharing": basic}, public_url=PUBLIC_URL)


def test_every_service_documents_only_what_is_routed_to_it() -> None:
    settings = ServiceSettings.model_validate({"database_password": "unused"})
    documents = {
        name: document_app(services.load(name), settings).openapi() for name in services.NAMES
    }

    merged = merge(documents, public_url=PUBLIC_URL)

    validate(merged)
    assert "/v1/me" in merged["paths"]
    owners = {path: route.service for path in merged["paths"] if (route := find_route(path))}
    assert set(owners) == set(merged["paths"])
    problems = explain(merged, base=f"{PUBLIC_URL}/problems")
    assert "GET /v1/people/{person_id}" in problems["person-not-found"].operations
    assert problems["deadline-missed"].operations == [ANY]
