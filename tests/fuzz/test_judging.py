"""The judge of the fuzz finds each fault that is planted in an answer, and none in a good one."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import schemathesis
from schemathesis import Case

from tests.api.freeze import document_of
from tests.fuzz.judging import PROBLEM, faults

TEAM: dict[str, Any] = {"team_id": "01a20d93-520e-7414-a964-4709fd525564", "name": "Drift"}
NO: dict[str, Any] = {
    "type": "https://fortaler.example/problems/team-name-taken",
    "title": "Team exists",
    "status": 409,
    "detail": "There is one.",
    "instance": "/v1/teams",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return document_of("directory")


@pytest.fixture(scope="module")
def case(document: dict[str, Any]) -> Case[Any]:
    operation = schemathesis.openapi.from_dict(document)["/v1/teams"]["POST"]
    made: Case[Any] = operation.Case(body={"name": "Drift"}, media_type="application/json")
    return made


def told(case: Case[Any], document: dict[str, Any], answer: httpx2.Response) -> list[str]:
    answer.elapsed = timedelta()
    answer.request = httpx2.Request("POST", "http://fortaler.example/v1/teams")
    return list(faults(answer, case, document, untouched=True))


def no(answered: int = 409, media: str = PROBLEM, **changed: Any) -> httpx2.Response:
    return httpx2.Response(answered, json=NO | changed, headers={"content-type": media})


@pytest.mark.parametrize(
    "answer", [httpx2.Response(201, json=TEAM), no()], ids=["a yes", "a documented no"]
)
def test_a_good_answer_has_no_fault(
    case: Case[Any], document: dict[str, Any], answer: httpx2.Response
) -> None:
    assert told(case, document, answer) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(500, text="Traceback"), "the server is at its end"),
        (httpx2.Response(500, text="Traceback"), "tells of our inner life"),
        (httpx2.Response(202, json=TEAM), "202 is not documented"),
        (httpx2.Response(201, json={"team_id": 1}), "does not fit its schema"),
        (httpx2.Response(201, text="{}"), "201 is text/plain"),
        (httpx2.Response(201, json=TEAM, headers={"x-mood": "1"}), "not documented: x-mood"),
        (no(media="application/json"), "409 is no problem"),
        (no(type="/problems/of-another"), "409 of-another is not documented"),
        (no(404), "404 says that it is 409"),
        (no(detail=""), "409's detail is ''"),
        (no(title=None), "409's title is None"),
        (no(401, type="/problems/token-missing", status=401), "401 has no www-authenticate"),
        (no(detail="asyncpg.DataError"), "tells of our inner life"),
    ],
)
def test_a_planted_fault_is_found(
    case: Case[Any], document: dict[str, Any], answer: httpx2.Response, expected: str
) -> None:
    found = told(case, document, answer)

    assert [fault for fault in found if expected in fault] != [], found
