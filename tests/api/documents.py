"""What is wrong with an API document, in words: the rules that the tests hold documents to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MEDIA_TYPE = "application/problem+json"
METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
EVERYWHERE = ("422", "503")
"""Wrong input, and a database in trouble: any route may answer these."""
WHERE_CALLERS_ARE_KNOWN = ("401", "403")

OF_A_KEY = {
    "400": "idempotency-key-unusable",
    "409": "request-under-way",
    "422": "idempotency-key-reused",
}
"""What any POST may answer to its Idempotency-Key."""
OF_A_VERSION = {"412": "precondition-failed", "428": "precondition-missing"}
"""What an edit may answer to its If-Match."""

NEEDS_NO_VERSION = {
    "PUT /v1/media/objects/{token}": "The bytes that whoever sends them has announced.",
    "PUT /v1/consents/{purpose}": "A yes to one text, which it names; there is nothing to lose.",
}
"""What is put in place without overwriting what somebody else has written."""

Document = dict[str, Any]


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    """Answer every operation with its name, such as `POST /v1/teams`."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def faults(document: Document) -> list[str]:
    """Answer what is wrong with a document, one sentence each; an empty list is well."""
    found: list[str] = []
    for name, operation in operations(document):
        found += _of(name, operation)
        found += _of_what_is_left_out(name, operation, document)
    ids = Counter(operation.get("operationId") for _, operation in operations(document))
    return sorted(found + [f"{id_} names {n} operations." for id_, n in ids.items() if n > 1])


def _of(name: str, operation: Document) -> Iterator[str]:
    responses = operation.get("responses", {})
    if not operation.get("operationId"):
        yield f"{name} has no operationId."
    if not operation.get("description"):
        yield f"{name} has no description."
    if not any(status.startswith(("2", "3")) for status in responses):
        yield f"{name} never says yes."
    wanted = EVERYWHERE + (WHERE_CALLERS_ARE_KNOWN if operation.get("security") else ())
    for status in wanted:
        if status not in responses:
            yield f"{name} does not declare {status}."
    yield from _of_questions(name, operation)
    yield from _of_manners(name, operation)
    for status, response in responses.items():
        yield from _of_response(f"{name} {status}", status, response)


def _of_questions(name: str, operation: Document) -> Iterator[str]:
    for one in operation.get("parameters", ()):
        if one["in"] == "query" and not one.get("description"):
            yield f"{name} does not say what ?{one['name']} is for."


def _of_manners(name: str, operation: Document) -> Iterator[str]:
    """A POST takes a key, an edit needs a version, and what has versions says so when read."""
    told = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "header"}
    responses = operation.get("responses", {})
    match name.split()[0]:
        case "POST":
            yield from _of_wanted(name, responses, OF_A_KEY)
            if not told.get("Idempotency-Key", {}).get("description"):
                yield f"{name} does not tell of its Idempotency-Key."
        case "PATCH" | "PUT" if name not in NEEDS_NO_VERSION:
            yield from _of_wanted(name, responses, OF_A_VERSION)
            if not told.get("If-Match", {}).get("required"):
                yield f"{name} does not ask for If-Match."
        case "GET" if "ETag" in responses.get("200", {}).get("headers", {}):
            if "304" not in responses or "If-None-Match" not in told:
                yield f"{name} has an ETag that nobody can ask with."


def _of_wanted(name: str, responses: Document, wanted: Mapping[str, str]) -> Iterator[str]:
    for status, slug in wanted.items():
        content = responses.get(status, {}).get("content", {})
        if slug not in content.get(MEDIA_TYPE, {}).get("examples", {}):
            yield f"{name} does not declare {slug}."


def _of_response(name: str, status: str, response: Document) -> Iterator[str]:
    content = response.get("content", {})
    if status.startswith("2"):
        yield from _of_a_yes(name, status, content)
    elif status.startswith(("4", "5")):
        yield from _of_a_no(name, int(status), content)


def _of_a_yes(name: str, status: str, content: Document) -> Iterator[str]:
    schemas = [one.get("schema") for media, one in content.items() if media == "application/json"]
    if status != "204" and not content:
        yield f"{name} does not say what it answers."
    # FastAPI's schema of a route without a response model is empty: it promises nothing.
    if any(not schema for schema in schemas):
        yield f"{name} answers JSON of no shape."


def _of_what_is_left_out(name: str, operation: Document, document: Document) -> Iterator[str]:
    """A field that is always there is never optional (style 22): readers need not ask for it."""
    for status, response in operation.get("responses", {}).items():
        schemas = [one.get("schema") for one in response.get("content", {}).values()]
        for shape in _objects(schemas if status.startswith("2") else (), document):
            if unsure := shape["properties"].keys() ^ set(shape.get("required", ())):
                yield f"{name} {status} may leave out {', '.join(sorted(unsure))}."


def _objects(schemas: Iterable[Any], document: Document) -> Iterator[Document]:
    """Answer every object that these schemas speak of, however deep, and behind every `$ref`."""
    waiting, followed = list(schemas), set()
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, list):
            waiting += schema
        elif isinstance(schema, dict):
            waiting += schema.values()
            if "properties" in schema:
                yield schema
            if (reference := schema.get("$ref")) and reference not in followed:
                followed.add(reference)
                waiting.append(document["components"]["schemas"][reference.rsplit("/", 1)[-1]])


def _of_a_no(name: str, status: int, content: Document) -> Iterator[str]:
    if list(content) != [MEDIA_TYPE]:
        yield f"{name} is declared as {', '.join(content) or 'nothing'}, not as a problem."
        return
    if content[MEDIA_TYPE].get("schema") != {"$ref": "#/components/schemas/Problem"}:
        yield f"{name} has no Problem for a schema."
    examples = content[MEDIA_TYPE].get("examples", {})
    if not examples:
        yield f"{name} names no problem."
    for slug, example in examples.items():
        value = example.get("value", {})
        if value.get("type") != f"/problems/{slug}" or value.get("status") != status:
            yield f"{name} gives an example of another problem than {slug}."
