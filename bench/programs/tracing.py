"""Tracing one request in ten, as is the default, against none: on a route with a database."""

import asyncio
from collections.abc import Iterator

from bench.company import admit
from bench.comparing import Bar, Contest, Line, take_turns
from bench.house import Server, house
from bench.load import PER_CPU_S, Load, get, loader_name
from bench.settings import Effort
from fortaler.embedded.ports import HOST
from services.metrics.main import SERVICE

CONNECTIONS = 16
PATH = "/v1/metrics/people/me"
CONTEST = Contest(
    "tracing",
    f"GET {PATH} with 10 % of the requests traced, and their spans exported by OTLP",
    "the same, none traced",
    PER_CPU_S,
    Bar(">=", 0.70),
    f"load by {loader_name()}, {CONNECTIONS} connections",
)


def measure(effort: Effort) -> Iterator[Line]:
    """Compare by processor time, which the export takes as well."""
    with house(SERVICE) as at:
        company = admit(at, SERVICE)
        requests = [get(PATH, f"Authorization: Bearer {company.token}")]
        sink = f"http://{HOST}:{at.serve_peer('sink').port}"

        def serve(label: str, ratio: str) -> Server:
            told = {"FORTALER_TRACE_SAMPLE_RATIO": ratio, "FORTALER_OTLP_ENDPOINT": sink}
            return at.serve_ours("metrics", "--role", "web", label=label, **told)

        traced = Load(serve("traced", "0.1"), requests, CONNECTIONS, effort.seconds)
        untraced = Load(serve("untraced", "0"), requests, CONNECTIONS, effort.seconds)
        taken = asyncio.run(take_turns(effort.rounds, traced.measure, untraced.measure))
    yield CONTEST.told(taken.of(0, PER_CPU_S), taken.of(1, PER_CPU_S))
