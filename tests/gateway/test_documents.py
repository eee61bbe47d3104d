"""What the gateway tells of the platform: the API document, its pages, and every problem."""

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from contracts.catalogue import EVENTS
from fortaler.embedded.ports import free_port
from gateway.routing import STREAM
from gateway.settings import DOCUMENT_BYTES_MAX
from services.directory.main import SERVICE
from tests.api.documents import faults
from tests.gateway.conftest import OpenGateway
from tests.gateway.test_merging import a_document
from tests.gateway.upstreams import answers, documents
from tests.world import World, problem_of

PAGE = {"accept": "text/html,application/xhtml+xml;q=0.9"}


async def test_the_document_tells_of_all_services_and_is_valid(
    world: World, own_gateway_to: OpenGateway
) -> None:
    async with world.open(SERVICE) as directory:
        gateway = await own_gateway_to(
            directory=str(directory.client.base_url), content=documents(a_document("/v1/stories"))
        )

        merged = (await gateway.client.get("/openapi.json")).json()

    validate(merged)
    assert {"/v1/me", "/v1/stories", STREAM} <= set(merged["paths"])
    assert merged["servers"] == [{"url": "https://fortaler.example"}]
    assert merged["paths"]["/v1/me"]["get"]["operationId"] == "directory_read_me"


async def test_the_stream_is_documented_as_every_operation_is(own_gateway_to: OpenGateway) -> None:
    gateway = await own_gateway_to()

    merged = (await gateway.client.get("/openapi.json")).json()
    problems = (await gateway.client.get("/problems")).json()["items"]

    stream = merged["paths"][STREAM]["get"]
    assert faults({**merged, "paths": {STREAM: {"get": stream}}}) == []
    assert list(stream["responses"]["200"]["content"]) == ["text/event-stream"]
    types = next(one for one in stream["parameters"] if one["name"] == "types")
    public = {name for name, event in EVENTS.items() if event.public}
    assert set(types["schema"]["items"]["enum"]) == public
    operations = {one["slug"]: one["operations"] for one in problems}
    assert operations["streams-too-many"] == [f"GET {STREAM}"]
    assert "any operation" in operations["quota-exceeded"]


async def test_a_service_that_is_away_is_named_and_left_out(own_gateway_to: OpenGateway) -> None:
    gateway = await own_gateway_to(
        content=documents(a_document("/v1/stories")),
        sharing=f"http://127.0.0.1:{free_port()}",
        metrics=answers(500, body=b"broken"),
        recognition=answers(200, body=b"no document"),
        directory=documents(["no", "document"]),
    )

    merged = (await gateway.client.get("/openapi.json")).json()

    validate(merged)
    assert list(merged["paths"]) == ["/v1/stories", STREAM]
    assert merged["x-unavailable"] == ["directory", "sharing", "metrics", "recognition"]


async def test_a_document_without_end_is_not_gathered(own_gateway_to: OpenGateway) -> None:
    endless = {**a_document("/v1/stories"), "x-filling": "x" * DOCUMENT_BYTES_MAX}
    gateway = await own_gateway_to(content=documents(endless))

    merged = (await gateway.client.get("/openapi.json")).json()

    assert list(merged["paths"]) == [STREAM]
    assert "content" in merged["x-unavailable"]


async def test_services_are_not_asked_for_their_document_again_at_once(
    own_gateway_to: OpenGateway,
) -> None:
    gateway = await own_gateway_to(content=documents(a_document("/v1/stories")))

    first = (await gateway.client.get("/openapi.json")).json()
    second = (await gateway.client.get("/openapi.json")).json()

    assert first == second
    seen = gateway.services["content"].seen
    assert [one.raw_path for one in seen] == [b"/openapi.json"]
    assert seen[0].all("authorization") == []


async def test_the_page_of_the_document_loads_nothing_from_elsewhere(
    gateway_to: OpenGateway,
) -> None:
    gateway = await gateway_to()

    page = await gateway.client.get("/docs")

    assert page.status_code == 200
    assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", page.text)
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert assets == ["/docs/static/swagger-ui.css", "/docs/static/swagger-ui-bundle.js"]
    for asset in assets:
        found = await gateway.client.get(asset)
        assert found.status_code == 200
        assert len(found.content) > 100_000
    assert '"validatorUrl": null' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_newcomer_is_led_to_the_documents(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to()

    answer = await gateway.client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_a_problems_type_leads_to_what_it_means(own_gateway_to: OpenGateway) -> None:
    document = a_document("/v1/stories")
    document["paths"]["/v1/stories"]["get"]["responses"]["409"] = a_refusal("story-<taken>")
    gateway = await own_gateway_to(content=documents(document))

    listed = (await gateway.client.get("/problems")).json()["items"]
    problem = (await gateway.client.get("/problems/story-<taken>")).json()
    page = await gateway.client.get("/problems/story-<taken>", headers=PAGE)
    pages = await gateway.client.get("/problems", headers=PAGE)

    assert problem == {
        "slug": "story-<taken>",
        "type": "https://fortaler.example/problems/story-<taken>",
        "title": "Taken & gone",
        "status": 409,
        "summary": "Somebody <else> has it.",
        "operations": ["GET /v1/stories"],
    }
    assert problem in listed
    assert {"deadline-missed", "body-too-large", "bad-request", "internal-error"} <= {
        x["slug"] for x in listed
    }
    assert page.headers["content-type"].startswith("text/html")
    assert "Taken &amp; gone" in page.text
    assert "<taken>" not in page.text
    assert "<else>" not in page.text + pages.text


async def test_every_refusal_of_the_gateway_leads_to_its_explanation(
    gateway_to: OpenGateway,
) -> None:
    gateway = await gateway_to()
    refused = await gateway.client.get("/v1/me")

    explained = await gateway.client.get(f"/problems/{problem_of(refused)}")

    assert explained.status_code == 200
    assert explained.json()["type"] == refused.json()["type"]


async def test_an_unknown_problem_is_a_problem(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to()

    answer = await gateway.client.get("/problems/no-such-thing")

    assert (answer.status_code, problem_of(answer)) == (404, "problem-unknown")


async def test_the_gateways_own_doors_refuse_other_methods(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to()

    answer = await gateway.client.post("/openapi.json")

    assert (answer.status_code, problem_of(answer)) == (405, "method-not-allowed")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "says"), [("/live", "true"), ("/ready", "issuers"), ("/metrics", "fortaler_http")]
)
async def test_orchestrators_and_operators_have_their_doors(
    gateway_to: OpenGateway, path: str, says: str
) -> None:
    gateway = await gateway_to()

    answer = await gateway.client.get(path)

    assert answer.status_code == 200
    assert says in answer.text


def a_refusal(slug: str) -> dict[str, Any]:
    value = {
        "type": f"/problems/{slug}",
        "title": "Taken & gone",
        "status": 409,
        "detail": "x",
        "instance": "/v1/...",
    }
    examples = {slug: {"summary": "Somebody <else> has it.", "value": value}}
    return {
        "description": "no",
        "content": {"application/problem+json": {"examples": examples}},
    }
