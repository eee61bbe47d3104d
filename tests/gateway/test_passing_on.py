"""What reaches a service, and what of its answer reaches the client: as it was said."""

import pytest

from tests.gateway.conftest import OpenGateway
from tests.gateway.upstreams import answers, goes_on_when_told
from tests.world import problem_of


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_method_stays_what_it_is(gateway_to: OpenGateway, method: str) -> None:
    gateway = await gateway_to(content=answers(200, body=b"done"))

    answer = await gateway.client.request(method, "/v1/stories/1", headers=gateway.bearer)

    assert (answer.status_code, answer.content) == (200, b"done")
    assert [seen.method for seen in gateway.services["content"].seen] == [method]


async def test_path_and_query_arrive_byte_for_byte(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    target = "/v1/stories/a%20b%C3%A6?q=%41+%2F..%2f&&a=1;b='x'&%zz=[]|{}&x=%C3%B8?/"

    answer = await gateway.say(gateway.asks(f"GET {target}", "Connection: close"))

    assert answer.startswith(b"HTTP/1.1 200 ")
    seen = gateway.services["content"].seen[0]
    assert seen.raw_path == b"/v1/stories/a%20b%C3%A6"
    assert seen.query == b"q=%41+%2F..%2f&&a=1;b='x'&%zz=[]|{}&x=%C3%B8?/"


async def test_a_body_arrives_whole_and_with_its_length(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(201))
    body = bytes(range(256)) * 1000

    answer = await gateway.client.post(
        "/v1/stories", content=body, headers={**gateway.bearer, "content-type": "x/y"}
    )

    assert answer.status_code == 201
    seen = gateway.services["content"].seen[0]
    assert seen.body == body
    assert seen.all("content-length") == [str(len(body))]
    assert seen.all("content-type") == ["x/y"]


async def test_an_empty_body_stays_empty(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(200))

    await gateway.client.post("/v1/stories/1/submit", headers=gateway.bearer)

    seen = gateway.services["content"].seen[0]
    assert (seen.all("content-length"), seen.body) == (["0"], b"")


async def test_a_client_that_says_little_is_not_made_to_say_more(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())

    await gateway.say(gateway.asks("GET /v1/stories", "Connection: close"))

    assert gateway.services["content"].seen[0].names() == {
        "authorization",
        "host",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-request-id",
        "traceparent",
    }


async def test_keys_versions_and_what_is_said_of_them_pass_both_ways(
    gateway_to: OpenGateway,
) -> None:
    said = {"etag": '"v2"', "idempotent-replayed": "true", "retry-after": "1"}
    gateway = await gateway_to(content=answers(200, said))
    asked = {"idempotency-key": '"one"', "if-match": '"v1", W/"v0"', "if-none-match": "*"}

    answer = await gateway.client.post("/v1/stories", headers={**gateway.bearer, **asked})

    seen = gateway.services["content"].seen[0]
    assert {name: seen.all(name) for name in asked} == {
        name: [value] for name, value in asked.items()
    }
    assert {name: answer.headers[name] for name in said} == said


async def test_two_keys_stay_two(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(400))
    lines = ("Idempotency-Key: one", "Idempotency-Key: two", "Connection: close")

    await gateway.say(gateway.asks("POST /v1/stories", *lines))

    assert gateway.services["content"].seen[0].all("idempotency-key") == ["one", "two"]


async def test_an_answer_that_nothing_has_changed_has_no_body(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(304, {"etag": '"v1"'}))

    answer = await gateway.say(gateway.asks("GET /v1/stories/1", "Connection: close"))

    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 304 ")
    assert b'etag: "v1"' in head
    assert b"transfer-encoding" not in head.lower()
    assert body == b""


async def test_a_request_keeps_its_id_and_its_trace(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    sent = {"x-request-id": "order-7", "traceparent": f"00-{trace_id}-b7ad6b7169203331-00"}

    answer = await gateway.client.get("/v1/stories", headers={**gateway.bearer, **sent})

    seen = gateway.services["content"].seen[0]
    assert seen.all("x-request-id") == ["order-7"] == answer.headers.get_list("x-request-id")
    assert [one[3:35] for one in seen.all("traceparent")] == [trace_id]
    assert seen.all("traceparent") != [sent["traceparent"]]
    assert answer.headers.get_list("x-trace-id") == [trace_id]


async def test_a_request_without_an_id_gets_one_and_both_sides_learn_it(
    gateway_to: OpenGateway,
) -> None:
    gateway = await gateway_to(content=answers(200, {"x-request-id": "not-this"}))

    answer = await gateway.client.get("/v1/stories", headers=gateway.bearer)

    seen = gateway.services["content"].seen[0]
    assert seen.all("x-request-id") == answer.headers.get_list("x-request-id")
    assert len(answer.headers["x-request-id"]) == 36


async def test_nobody_can_name_a_tenant_or_an_origin_from_outside(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    forged = {
        "X-Tenant-Id": "somebody-else",
        "X-Fortaler-Tenant": "somebody-else",
        "CE-Tenant": "somebody-else",
        "Forwarded": "for=192.0.2.1;host=evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "192.0.2.1",
        "Cookie": "session=1",
    }

    await gateway.client.get("/v1/stories", headers={**gateway.bearer, **forged})

    seen = gateway.services["content"].seen[0]
    assert seen.all("authorization") == [gateway.bearer["authorization"]]
    assert not {name.lower() for name in forged} & (seen.names() - {"x-forwarded-host"})
    assert seen.all("host") == seen.all("x-forwarded-host") == ["fortaler.example"]
    assert seen.all("x-forwarded-proto") == ["https"]


async def test_what_concerns_one_connection_stays_on_it(gateway_to: OpenGateway) -> None:
    theirs = {
        "connection": "x-inner",
        "x-inner": "secret",
        "keep-alive": "timeout=5",
        "proxy-authenticate": "Basic",
        "trailer": "x",
        "set-cookie": "session=1",
        "x-story": "kept",
    }
    gateway = await gateway_to(content=answers(200, theirs, b"ok"))
    ours = {"connection": "keep-alive, x-hop", "x-hop": "1", "te": "trailers", "x-kept": "2"}

    answer = await gateway.client.get("/v1/stories", headers={**gateway.bearer, **ours})

    seen = gateway.services["content"].seen[0]
    assert not {"x-hop", "te", "connection"} & seen.names()
    assert seen.all("x-kept") == ["2"]
    assert not (set(theirs) - {"x-story"}) & set(answer.headers)
    assert answer.headers["x-story"] == "kept"
    assert answer.content == b"ok"


async def test_head_answers_the_length_and_no_body(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(200, {"content-length": "4321"}))

    answer = await gateway.client.head("/v1/stories/1", headers=gateway.bearer)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "4321"
    assert gateway.services["content"].seen[0].method == "HEAD"


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_has_none(gateway_to: OpenGateway, status: int) -> None:
    gateway = await gateway_to(content=answers(status, {"etag": '"1"'}))

    answer = await gateway.say(gateway.asks("GET /v1/stories/1", "Connection: close"))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b'etag: "1"' in head
    assert b"transfer-encoding" not in head
    assert body == b""


async def test_a_redirect_is_the_clients_to_follow(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(307, {"location": "http://10.0.0.1/inside"}))

    answer = await gateway.client.get("/v1/stories/1", headers=gateway.bearer)

    assert answer.status_code == 307
    assert answer.headers["location"] == "http://10.0.0.1/inside"
    assert len(gateway.services["content"].seen) == 1


async def test_a_compressed_answer_stays_compressed(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(200, {"content-encoding": "gzip"}, b"\x1f\x8bnot"))

    answer = await gateway.say(gateway.asks("GET /v1/stories", "Connection: close"))

    assert b"content-encoding: gzip" in answer
    assert b"\x1f\x8bnot" in answer


async def test_an_answer_flows_while_it_is_being_made(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=goes_on_when_told)

    heard = []
    async with gateway.client.stream("GET", "/v1/stories", headers=gateway.bearer) as answer:
        async for piece in answer.aiter_raw():
            heard.append(piece)
            gateway.services["content"].go_on.set()

    assert heard == [b"first", b"second"]


async def test_private_answers_are_stored_nowhere(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(), metrics=answers(302))

    private = await gateway.client.get("/v1/stories", headers=gateway.bearer)
    public = await gateway.client.get("/r/Ab3")

    assert private.headers["cache-control"] == "no-store"
    assert private.headers["x-content-type-options"] == "nosniff"
    assert "cache-control" not in public.headers
    assert public.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v1/shares2", "/v1/nothing", "/v1", "/admin", "/docs/x"])
async def test_an_unknown_path_is_a_problem_document(gateway_to: OpenGateway, path: str) -> None:
    gateway = await gateway_to(sharing=answers())

    answer = await gateway.client.get(path, headers=gateway.bearer)

    assert (answer.status_code, problem_of(answer)) == (404, "path-unknown")
    assert answer.json()["type"] == "https://fortaler.example/problems/path-unknown"
    assert answer.headers["x-request-id"]
    assert gateway.services["sharing"].seen == []
