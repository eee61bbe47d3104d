"""Every service's API document is valid, honest about its refusals, and changed on purpose only."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import SecretStr

from chassis.service import build_app, operator_issuers
from chassis.settings import ServiceSettings
from fortaler import services
from tests.api import freeze
from tests.api.documents import MEDIA_TYPE, faults

NAMES = services.NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_document_changes_only_on_purpose(name: str) -> None:
    path = freeze.FROZEN / f"{name}.json"

    assert path.exists(), "A new service? `make freeze`."
    assert json.loads(path.read_text()) == freeze.document_of(name), "Meant? `make freeze`."


def test_no_document_outlives_its_service() -> None:
    assert {path.stem for path in freeze.FROZEN.glob("*.json")} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_what_a_service_serves_is_its_document(name: str) -> None:
    service = services.load(name)
    settings = ServiceSettings(database_password=SecretStr("unused: nothing is connected"))
    app = build_app(service, settings, issuers=operator_issuers(settings))

    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://served") as client:
        answer = await client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == freeze.document_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_openapi_3_1(name: str) -> None:
    document = freeze.document_of(name)

    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_says_what_it_does_answers_and_refuses(name: str) -> None:
    assert faults(freeze.document_of(name)) == []


def test_nothing_of_the_frameworks_own_refusals_is_left() -> None:
    for name in NAMES:
        assert "HTTPValidationError" not in json.dumps(freeze.document_of(name))


def test_freezing_writes_every_service_and_forgets_those_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")

    freeze.freeze(tmp_path)

    assert sorted(path.stem for path in tmp_path.glob("*.json")) == sorted(NAMES)


NO = f"responses/409/content/{MEDIA_TYPE.replace('/', '~')}"

PLANTED: dict[str, tuple[str, Any, str]] = {
    "no description": ("description", None, "has no description"),
    "no name": ("operationId", None, "has no operationId"),
    "the name of another": ("operationId", "list_teams", "list_teams names 2 operations"),
    "no yes": ("responses/201", None, "never says yes"),
    "a yes without a shape": (
        "responses/201/content/application~json/schema",
        {},
        "201 answers JSON of no shape",
    ),
    "a field that may be left out": (
        "responses/201/content/application~json/schema",
        {"type": "object", "properties": {"team_id": {}, "name": {}}, "required": ["team_id"]},
        "POST /v1/teams 201 may leave out name",
    ),
    "a field that may be left out within a list": (
        "responses/201/content/application~json/schema",
        {"type": "array", "items": {"type": "object", "properties": {"name": {}}}},
        "POST /v1/teams 201 may leave out name",
    ),
    "a yes without content": ("responses/201/content", {}, "does not say what it answers"),
    "no word about wrong input": ("responses/422", None, "does not declare 422"),
    "no word about trouble": ("responses/503", None, "does not declare 503"),
    "no word about tokens": ("responses/401", None, "does not declare 401"),
    "no word about roles": ("responses/403", None, "does not declare 403"),
    "a no as plain JSON": (
        "responses/409/content",
        {"application/json": {"schema": {}}},
        "409 is declared as application/json, not as a problem",
    ),
    "a no without a word": ("responses/409/content", None, "declared as nothing"),
    "a no without a name": (
        f"{NO}/examples",
        {},
        "409 names no problem",
    ),
    "a no without a shape": (
        f"{NO}/schema",
        {"type": "object"},
        "409 has no Problem for a schema",
    ),
    "no word about what is asked for": (
        "parameters",
        [{"in": "query", "name": "q", "schema": {"type": "string"}}],
        "POST /v1/teams does not say what ?q is for",
    ),
    "no word about a key": ("parameters", [], "does not tell of its Idempotency-Key"),
    "no word about a key that is taken": (
        f"{NO}/examples/request-under-way",
        None,
        "does not declare request-under-way",
    ),
    "an example of another status": (
        f"{NO}/examples/team-name-taken/value/status",
        400,
        "409 gives an example of another problem than team-name-taken",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_each_rule_for_documents_finds_a_planted_fault(case: str) -> None:
    path, value, told = PLANTED[case]
    document = deepcopy(freeze.document_of("directory"))
    *steps, last = [step.replace("~", "/") for step in path.split("/")]
    place = document["paths"]["/v1/teams"]["post"]
    for step in steps:
        place = place[step]

    if value is None:
        del place[last]
    else:
        place[last] = value

    assert [fault for fault in faults(document) if told in fault] != []


@pytest.mark.parametrize(
    ("method", "path", "value", "told"),
    [
        ("patch", "parameters", [], "PATCH /v1/teams/{team_id} does not ask for If-Match."),
        ("patch", "responses/412", {}, "does not declare precondition-failed."),
        ("patch", "responses/428", {}, "does not declare precondition-missing."),
        ("get", "parameters", [], "has an ETag that nobody can ask with."),
    ],
)
def test_each_rule_for_versions_finds_a_planted_fault(
    method: str, path: str, value: Any, told: str
) -> None:
    document = deepcopy(freeze.document_of("directory"))
    *steps, last = path.split("/")
    place = document["paths"]["/v1/teams/{team_id}"][method]
    for step in steps:
        place = place[step]

    place[last] = value

    assert [fault for fault in faults(document) if told in fault] != []


def test_a_field_that_an_inner_shape_may_leave_out_is_found_wherever_it_is_answered() -> None:
    document = deepcopy(freeze.document_of("directory"))
    document["components"]["schemas"]["TeamView"]["required"].remove("name")

    found = faults(document)

    assert "GET /v1/teams 200 may leave out name." in found
    assert "POST /v1/teams 201 may leave out name." in found
