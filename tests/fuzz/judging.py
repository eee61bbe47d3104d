"""What is wrong with an answer, in words: it must be one that the operation's document promises."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection

Document = dict[str, Any]

PROBLEM = "application/problem+json"
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "instance": str}

OF_ANY_ANSWER = frozenset({
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "x-request-id",
    "x-trace-id",
})  # fmt: skip
"""What HTTP itself adds, and what names a request to those who operate the platform."""

OF_A_STATUS = {
    401: {"www-authenticate"},
    405: {"allow"},
    415: {"accept-encoding"},
    429: {"retry-after"},
    503: {"retry-after"},
}
"""What HTTP itself asks for beside a status (RFC 9110): it must be there, and nowhere else."""

MEANT = {"link-not-ready": "A code that nobody has heard of may be one of a moment ago."}
"""What is away without any part of the platform being away."""

LEAKS = ("Traceback", "sqlalchemy", "asyncpg", "psycopg", ".py", "select ", "insert into", "0x7f")


def faults(
    answer: httpx2.Response, case: Case[Any], document: Document, *, untouched: bool
) -> Iterator[str]:
    """Answer what is wrong; `untouched` says that the request is as schemathesis made it."""
    definition: Any = case.operation.definition.raw
    declared = _resolved(definition["responses"], document)
    status = str(answer.status_code)
    if answer.status_code >= 500 and not _is_meant(answer):
        yield f"{status}: the server is at its end: {answer.text[:300]}"
    yield from _leaks(answer)
    yield from _of_headers(answer, declared)
    if answer.status_code >= 400:
        yield from _of_a_no(answer, declared)
    elif status not in declared:
        yield f"{status} is not documented."
    else:
        yield from _of_a_yes(answer, case, declared[status])
        if untouched and case.meta is not None and case.meta.generation.mode.is_negative:
            yield from _checked(case, answer)


def _is_meant(answer: httpx2.Response) -> bool:
    return answer.status_code == 503 and any(f"/problems/{slug}" in answer.text for slug in MEANT)


def _of_a_no(answer: httpx2.Response, declared: Document) -> Iterator[str]:
    if answer.headers.get("content-type") != PROBLEM:
        yield f"{answer.status_code} is no problem, but {answer.headers.get('content-type')}."
        return
    problem = _read(answer)
    if not isinstance(problem, dict):
        yield f"{answer.status_code} is no object."
        return
    for name, kind in MEMBERS.items():
        if not isinstance(problem.get(name), kind) or problem[name] == "":
            yield f"{answer.status_code}'s {name} is {problem.get(name)!r}."
    if problem.get("status") != answer.status_code:
        yield f"{answer.status_code} says that it is {problem.get('status')}."
    slug = str(problem.get("type")).rsplit("/", 1)[-1]
    if (slug, answer.status_code) not in set(_problems(declared)):
        yield f"{answer.status_code} {slug} is not documented."


def _problems(declared: Document) -> Iterator[tuple[str, int]]:
    for response in declared.values():
        for slug, example in (
            response.get("content", {}).get(PROBLEM, {}).get("examples", {}).items()
        ):
            yield slug, example["value"]["status"]


def _of_a_yes(answer: httpx2.Response, case: Case[Any], response: Document) -> Iterator[str]:
    wanted = set(response.get("content", {}))
    media = answer.headers.get("content-type")
    if not wanted:
        if answer.content:
            yield f"{answer.status_code} has a body of which nothing is said."
        return
    if media not in wanted:
        yield f"{answer.status_code} is {media}, not {', '.join(sorted(wanted))}."
    elif media == "application/json":
        _read(answer)
        try:
            case.operation.validate_response(answer, case=case)
        except (FailureGroup, AssertionError) as failure:
            yield f"{answer.status_code} does not fit its schema: {_told(failure)}"


def _checked(case: Case[Any], answer: httpx2.Response) -> Iterator[str]:
    try:
        case.validate_response(answer, checks=[negative_data_rejection])
    except (FailureGroup, AssertionError) as failure:
        yield f"{answer.status_code} to what the document does not allow: {_told(failure)}"


def _of_headers(answer: httpx2.Response, declared: Document) -> Iterator[str]:
    response = declared.get(str(answer.status_code)) or declared.get("default") or {}
    asked_for = OF_A_STATUS.get(answer.status_code, set())
    known = OF_ANY_ANSWER | asked_for | {name.lower() for name in response.get("headers", {})}
    for missing in asked_for - set(answer.headers):
        yield f"{answer.status_code} has no {missing}."
    if unknown := sorted(set(answer.headers) - known):
        yield f"{answer.status_code} has headers that are not documented: {', '.join(unknown)}."


def _leaks(answer: httpx2.Response) -> Iterator[str]:
    if answer.status_code >= 400:
        said = str(_read(answer)) if answer.headers.get("content-type") == PROBLEM else answer.text
        for leak in LEAKS:
            if leak in said:
                yield f"{answer.status_code} tells of our inner life: {leak!r} in {said[:300]}"


def _read(answer: httpx2.Response) -> Any:
    return json.loads(answer.content, parse_constant=_refused)


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _told(failure: BaseException) -> str:
    inner = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
    return " | ".join(" ".join(str(one).split())[:600] for one in inner)


def _resolved(responses: Mapping[str, Any], document: Document) -> Document:
    found: Document = {}
    for status, response in responses.items():
        while "$ref" in response:
            node: Any = document
            for step in response["$ref"].removeprefix("#/").split("/"):
                node = node[step]
            response = node
        found[str(status)] = response
    return found
