"""Bodies: limited on their way in, and never gathered, whichever way they go."""

import hashlib
import tracemalloc
from collections.abc import AsyncIterator

from chassis.problems import BODY_BYTES_MAX
from contracts.content import MEDIA_BYTES_MAX
from gateway.settings import DEADLINE_S
from tests.gateway.conftest import Gateway, OpenGateway
from tests.gateway.upstreams import PIECE, answers, answers_before_it_has_read, pours
from tests.patience import within
from tests.world import problem_of

SOON_S = DEADLINE_S / 2
"""Long before the deadline, by which the gateway would give up in any case."""

PIECES_NOBODY_KEEPS = 3200
"""200 MB: what the sockets on the way may keep is about ten."""
OTHERS_SERVED = 50
"""So many turns in which each connection that has something to give is read from."""


async def in_pieces(total: int) -> AsyncIterator[bytes]:
    """Send so many bytes without saying before how many there will be."""
    for start in range(0, total, 50_000):
        yield b"x" * min(50_000, total - start)


async def test_the_largest_body_passes_with_and_without_a_length(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(201))

    told = await gateway.client.post(
        "/v1/stories", content=b"x" * BODY_BYTES_MAX, headers=gateway.bearer
    )
    untold = await gateway.client.post(
        "/v1/stories", content=in_pieces(BODY_BYTES_MAX), headers=gateway.bearer
    )

    assert [told.status_code, untold.status_code] == [201, 201]
    seen = gateway.services["content"].seen
    assert [len(one.body) for one in seen] == [BODY_BYTES_MAX, BODY_BYTES_MAX]
    assert seen[1].all("transfer-encoding") == ["chunked"]


async def test_a_body_that_says_it_is_too_large_reaches_nobody(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())

    answer = await gateway.client.post(
        "/v1/stories", content=b"x" * (BODY_BYTES_MAX + 1), headers=gateway.bearer
    )

    assert (answer.status_code, problem_of(answer)) == (413, "body-too-large")
    assert answer.json()["bytes_max"] == BODY_BYTES_MAX
    assert gateway.services["content"].seen == []


async def test_a_chunked_body_is_refused_at_the_byte_too_much(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())

    answer = await gateway.client.post(
        "/v1/stories", content=in_pieces(BODY_BYTES_MAX + 1), headers=gateway.bearer
    )

    assert (answer.status_code, problem_of(answer)) == (413, "body-too-large")
    content = gateway.services["content"]
    await within(SOON_S, content.left_alone.wait())
    assert len(content.seen[0].body) <= BODY_BYTES_MAX


async def test_a_picture_passes_at_its_own_door_without_a_token(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(204))
    door = "/v1/media/objects/Ab3.x"

    passed = await gateway.client.put(door, content=in_pieces(MEDIA_BYTES_MAX))
    refused = await gateway.client.put(door, content=in_pieces(MEDIA_BYTES_MAX + 1))
    elsewhere = await gateway.client.put(
        "/v1/media/Ab3.x", content=in_pieces(BODY_BYTES_MAX + 1), headers=gateway.bearer
    )

    assert passed.status_code == 204
    assert (refused.status_code, refused.json()["bytes_max"]) == (413, MEDIA_BYTES_MAX)
    assert (elsewhere.status_code, elsewhere.json()["bytes_max"]) == (413, BODY_BYTES_MAX)


async def test_an_endless_chunked_body_is_answered_before_it_ends(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers())
    reader, writer = await gateway.connect()
    head = gateway.asks("POST /v1/stories", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    writer.write(head + chunk * 16)
    answer = await within(SOON_S, reader.readuntil(b"\r\n\r\n"))

    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_flows_to_the_service_while_it_is_being_sent(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(201))
    content = gateway.services["content"]

    async def slowly() -> AsyncIterator[bytes]:
        yield b"first"
        await within(SOON_S, content.reached.wait())
        yield b"second"

    answer = await gateway.client.post("/v1/stories", content=slowly(), headers=gateway.bearer)

    assert answer.status_code == 201
    assert content.seen[0].body == b"firstsecond"


async def test_a_client_that_asks_first_is_told_to_go_on(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers(201))
    reader, writer = await gateway.connect()

    writer.write(gateway.asks("POST /v1/stories", "Content-Length: 4", "Expect: 100-continue"))
    go_on = await within(SOON_S, reader.readuntil(b"\r\n\r\n"))
    writer.write(b"body")
    answer = await within(SOON_S, reader.readuntil(b"\r\n\r\n"))

    writer.close()
    assert go_on == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert gateway.services["content"].seen[0].body == b"body"


async def test_a_service_may_answer_before_it_has_read_everything(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=answers_before_it_has_read)

    answered = [
        await gateway.client.post(
            "/v1/stories", content=in_pieces(BODY_BYTES_MAX), headers=gateway.bearer
        )
        for _ in range(5)
    ]

    assert [answer.status_code for answer in answered] == [422] * 5
    assert [answer.content for answer in answered] == [b"no need"] * 5


async def test_twenty_megabytes_pass_in_little_memory(gateway_to: OpenGateway) -> None:
    pieces = 320
    gateway = await gateway_to(content=pours(pieces))
    expected = hashlib.sha256()
    for _ in range(pieces):
        expected.update(PIECE)

    heard, size = hashlib.sha256(), 0
    tracemalloc.start()
    try:
        async with gateway.client.stream("GET", "/v1/stories", headers=gateway.bearer) as answer:
            async for piece in answer.aiter_raw():
                heard.update(piece)
                size += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size == pieces * len(PIECE) == 20_971_520
    assert heard.digest() == expected.digest()
    assert peak < 5_000_000


async def test_a_service_sends_no_faster_than_the_client_reads(gateway_to: OpenGateway) -> None:
    gateway = await gateway_to(content=pours(PIECES_NOBODY_KEEPS), sharing=answers())
    reader, writer = await gateway.connect()

    writer.write(gateway.asks("GET /v1/stories"))
    await within(SOON_S, reader.readuntil(b"\r\n\r\n"))
    sent = await pieces_sent_until_it_stalls(gateway)

    writer.close()
    assert 0 < sent < PIECES_NOBODY_KEEPS / 2


async def pieces_sent_until_it_stalls(gateway: Gateway) -> int:
    """Answer how many pieces were sent when others are served, and this answer does not move.

    Others go through the same gateway and the same loop: on a slow machine they are as slow, so
    what stands still while they pass is being held up.
    """
    content = gateway.services["content"]
    before = -1
    while content.pieces_sent != before:
        before = content.pieces_sent
        for _ in range(OTHERS_SERVED):
            other = await gateway.client.get("/v1/feed", headers=gateway.bearer)
            assert other.status_code == 200
    return before
