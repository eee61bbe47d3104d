"""HTTP load on a server: by wrk where this machine has it, else by our own small loader."""

import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bench.comparing import Sample
from bench.house import Server
from bench.loader import Outcome, Task, UnexpectedAnswer, ask_once
from bench.processes import on_path, output_of, python
from fortaler.embedded.ports import HOST

PER_CPU_S = "requests per second of the server's processor time"
PER_S = "requests per second"


def get(path: str, *headers: str) -> bytes:
    """Answer a request as bytes."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {HOST}", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """Answer a request with a body of JSON as bytes."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def loader_name() -> str:
    """Answer whose load it is."""
    return "wrk" if on_path("wrk") else "our own loader"


@dataclass(frozen=True)
class Load:
    """What a server is asked: these requests in turn, on so many connections."""

    server: Server
    requests: Sequence[bytes]
    connections: int
    seconds: float
    by_ours: bool = False
    """Take our own loader even beside wrk, which forgets what is under way at the end: much, where
    a request takes long."""
    settle_s: float = 0
    """How long a server may still work on what it has answered, before its time is read."""

    async def measure(self) -> Sample:
        """Answer the requests answered, per second and per second of the server's own time."""
        outcome, cpu_s = self._driven()
        return {
            PER_S: outcome.answered / outcome.seconds,
            PER_CPU_S: outcome.answered / cpu_s,
            "answered": outcome.answered,
            "p50_ms": outcome.p50_ms,
            "p99_ms": outcome.p99_ms,
        }

    def warm_up(self) -> None:
        """Ask everything once, so that what is kept in memory is there before the first turn."""
        ask_once(self.server.port, self.requests)

    def _driven(self) -> tuple[Outcome, float]:
        self.server.process.check()
        task = Task(self.server.port, list(self.requests), self.connections, self.seconds)
        before = self.server.process.cpu_s()
        outcome = _by_ours(task) if self.by_ours or not on_path("wrk") else _by_wrk(task)
        time.sleep(self.settle_s)
        return outcome, max(self.server.process.cpu_s() - before, 0.001)


def _by_ours(task: Task) -> Outcome:
    told = output_of(python("bench.loader"), msgspec.json.encode(task))
    return msgspec.json.decode(told, type=Outcome)


def _by_wrk(task: Task) -> Outcome:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_lua(task.requests))
        script.flush()
        seconds = max(1, round(task.seconds))
        options = [f"-d{seconds}s", "-t1", f"-c{task.connections}", "--latency", "-s", script.name]
        told = output_of([on_path("wrk") or "", *options, f"http://{HOST}:{task.port}/"]).decode()
    return outcome_of(told)


def outcome_of(told: str) -> Outcome:
    """Read what wrk tells; raises UnexpectedAnswer when something failed."""
    if failed := re.search(r"Non-2xx.*|Socket errors.*", told):
        raise UnexpectedAnswer(failed.group())
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)\b", told)
    if total is None:
        raise UnexpectedAnswer(told)
    return Outcome(
        answered=int(total.group(1)),
        seconds=_milliseconds(total.group(2), total.group(3)) / 1000,
        p50_ms=_percentile(told, 50),
        p99_ms=_percentile(told, 99),
    )


def _percentile(told: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", told)
    return _milliseconds(found.group(1), found.group(2)) if found else float("nan")


def _milliseconds(figure: str, unit: str) -> float:
    return float(figure) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]


def _lua(requests: Sequence[bytes]) -> str:
    quoted = ",\n".join('"' + "".join(f"\\{byte:03d}" for byte in one) + '"' for one in requests)
    return (
        f"local requests = {{{quoted}}}\nlocal turn = 0\n"
        "request = function()\n  turn = turn % #requests + 1\n  return requests[turn]\nend\n"
    )
