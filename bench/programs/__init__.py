"""The programs: each measures one promise, and answers its lines."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module

from bench.comparing import Line
from bench.settings import Effort

Program = Callable[[Effort], Iterable[Line]]

NAMES: Mapping[str, str] = {
    "redirect": "the tracked redirect, counted",
    "consumer": "batches against one transaction per message",
    "relay": "the outbox on its way to Kafka",
    "rls": "row-level security on against off",
    "ingest": "reported engagement against the bare produce loop",
    "gateway": "the gateway's hop",
    "latency": "from commit to consumed",
    "search": "finding a story among many, against reading one",
    "tracing": "one request in ten traced, against none",
    "footprint": "start, memory and idling of the whole platform",
}


def load(name: str) -> Program:
    """Answer a program by its name; raises KeyError for one that is none."""
    if name not in NAMES:
        raise KeyError(name)
    program: Program = import_module(f"bench.programs.{name}").measure
    return program
