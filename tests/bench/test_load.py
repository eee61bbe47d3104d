"""The load: what was answered is counted, and failures are no answers."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from bench.load import get, outcome_of, post
from bench.loader import Outcome, Task, UnexpectedAnswer, ask_once, drive
from tests.world import serving

CONNECTIONS = 4
LONG = b"x" * 300_000
WRK = """Running 2s test @ http://127.0.0.1:8000/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.23ms  456.00us  10.00ms   90.00%
  Latency Distribution
     50%    1.10ms
     75%    1.40ms
     90%    2.00ms
     99%  980.00us
  99020 requests in 2.01s, 13.03MB read
"""


class Listening:
    """An app that counts what it is asked, and answers it at some length."""

    def __init__(self, status: int = 200, body: bytes = LONG) -> None:
        self.paths: list[str] = []
        self._status = status
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        self.paths.append(scope["path"])
        head = [(b"content-length", str(len(self._body)).encode())]
        await send({"type": "http.response.start", "status": self._status, "headers": head})
        await send({"type": "http.response.body", "body": self._body})


async def driven(app: Listening, requests: list[bytes]) -> Outcome:
    async with serving(app) as base:
        task = Task(int(base.rsplit(":", 1)[1]), requests, CONNECTIONS, 0.1)
        return await asyncio.to_thread(drive, task)


async def test_every_answer_is_counted_and_every_request_is_answered() -> None:
    app = Listening()

    outcome = await driven(app, [get("/one"), post("/two", b"{}")])

    assert outcome.answered == len(app.paths) >= CONNECTIONS
    assert set(app.paths) == {"/one", "/two"}
    assert 0 < outcome.p50_ms <= outcome.p99_ms <= outcome.seconds * 1000


async def test_a_measurement_of_failures_is_none() -> None:
    with pytest.raises(UnexpectedAnswer, match="503"):
        await driven(Listening(503, b""), [get("/one")])


async def test_everything_is_asked_once() -> None:
    app = Listening(302, b"")

    async with serving(app) as base:
        port = int(base.rsplit(":", 1)[1])
        await asyncio.to_thread(ask_once, port, [get("/one"), get("/two"), get("/three")])

    assert app.paths == ["/one", "/two", "/three"]


def test_what_wrk_tells_is_understood() -> None:
    outcome = outcome_of(WRK)

    assert outcome == Outcome(answered=99020, seconds=2.01, p50_ms=1.1, p99_ms=0.98)


@pytest.mark.parametrize(
    "trouble",
    [
        "  Non-2xx or 3xx responses: 12\n",
        "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
    ],
)
def test_failures_that_wrk_tells_of_end_a_measurement(trouble: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        outcome_of(WRK + trouble)
