"""No input makes an operation fail, or answer what its document does not say."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import requests  # type: ignore[import-untyped]
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.fuzz.grounds import JSON, Grounds
from tests.fuzz.judging import faults
from tests.fuzz.oddities import ODDITIES, Oddity, with_raw_value
from tests.journeys.matrix import OPERATIONS, OPERATOR, PUBLIC

EXAMPLES = int(os.environ.get("FORTALER_FUZZ_EXAMPLES", "25"))
"""For each operation: half of them fit its document, the others do not."""

SEED = int(os.environ.get("FORTALER_FUZZ_SEED", "20261124"))
"""The same requests come every time, but for the ids of what is there."""

NOTHING_UNFITTING = frozenset({
    ("GET", "/r/{code}"),
    ("GET", "/v1/me"),
    ("GET", "/v1/consents"),
    ("GET", "/v1/programs/mine"),
    ("GET", "/v1/points/me"),
    ("GET", "/v1/board/settings"),
})  # fmt: skip
"""They take nothing, or anything. What is odd besides, they are sent all the same."""

TIMEOUT_S = 20
FAULTS_SHOWN_MAX = 5


@dataclass(frozen=True)
class Luck:
    """What is left to chance in an example besides its input."""

    caller: str
    oddity: Oddity
    known: int
    """Which of the known ids are taken; odd numbers take none for the path, every third none for
    anything else."""


@dataclass
class Found:
    """What an operation has answered, and what was wrong with it: each fault with one request."""

    answers: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def schema(grounds: Grounds) -> Any:
    """The merged document as schemathesis has it; who calls is ours to say."""
    operations = {
        path: {
            method: {name: value for name, value in operation.items() if name != "security"}
            for method, operation in item.items()
        }
        for path, item in grounds.document["paths"].items()
    }
    return schemathesis.openapi.from_dict({**grounds.document, "paths": operations})


@pytest.fixture(scope="session")
def client() -> Any:
    with httpx2.Client(timeout=TIMEOUT_S, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        (key, mode)
        for key in OPERATIONS
        for mode in GenerationMode
        if mode.is_positive or key not in NOTHING_UNFITTING
    ],
    ids=lambda one: one.value if isinstance(one, GenerationMode) else " ".join(one),
)
def test_an_operation_answers_as_its_document_says(
    grounds: Grounds,
    schema: Any,
    client: httpx2.Client,
    key: tuple[str, str],
    mode: GenerationMode,
    record_property: Any,
) -> None:
    operation, known, found = schema[key[1]][key[0]], grounds.known.snapshot(), Found()

    @seed(SEED)
    @settings(
        max_examples=-(-EXAMPLES // 2),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), _luck(key))
    def send(case: Case, luck: Luck) -> None:
        untouched = _name_what_is_there(case, known, luck)
        request = _request(grounds, case, luck)
        answer = client.send(request)
        found.answers[answer.status_code] += 1
        as_it_was = untouched and luck.oddity.is_none
        for fault in faults(answer, case, grounds.document, untouched=as_it_was):
            found.faults.setdefault(fault, _shown(request, luck))
        if answer.is_success and answer.headers.get("content-type") == JSON:
            grounds.known.learn(answer.json())

    send()

    record_property("answers", dict(sorted(found.answers.items())))
    shown = [f"{fault}\n  to {said}" for fault, said in found.faults.items()]
    assert shown[:FAULTS_SHOWN_MAX] == [], f"seed {SEED}: " + "\n".join(shown[:FAULTS_SHOWN_MAX])
    assert sum(found.answers.values()) > 0


def _luck(key: tuple[str, str]) -> st.SearchStrategy[Luck]:
    who = OPERATIONS[key].who
    best = "ops" if who == OPERATOR else "nobody" if who == PUBLIC else "alma"
    callers = st.sampled_from([best, best, best, best, "ana", "ana", "ida", "ops", "nobody"])
    return st.builds(Luck, caller=callers, oddity=ODDITIES, known=st.integers(0, 99))


def _name_what_is_there(case: Case, known: Mapping[str, tuple[str, ...]], luck: Luck) -> bool:
    """Put known ids into some of the input; answers whether it is as it was."""
    places = ["path_parameters"] if luck.known % 2 == 0 else []
    if luck.known % 3:
        places += ["query", "body"]
    untouched = True
    for place in places:
        given_ = getattr(case, place)
        if isinstance(given_, dict) and (fields := given_.keys() & known.keys()):
            # A new one: what a strategy has drawn may be drawn again.
            named = {name: known[name][luck.known % len(known[name])] for name in fields}
            setattr(case, place, {**given_, **named})
            untouched = False
    return untouched


def _request(grounds: Grounds, case: Case, luck: Luck) -> httpx2.Request:
    """Make the request as it goes over the wire, with what is odd about it."""
    base = grounds.address_of(case.operation.path)
    plain = requests.Request(**case.as_transport_kwargs(base_url=base)).prepare()
    headers = {name.lower(): _octets(value) for name, value in plain.headers.items()}
    headers.pop("content-length", None)
    token = grounds.token(luck.caller)
    if token is not None:
        headers["authorization"] = f"Bearer {token}".encode()
    body = plain.body.encode() if isinstance(plain.body, str) else plain.body
    target = str(plain.path_url)
    kind, value = luck.oddity.kind, luck.oddity.value
    if kind == "header":
        headers[value[0]] = _octets(value[1])
    elif kind == "media type" and body is not None:
        headers["content-type"] = _octets(value)
    elif kind == "body":
        body, headers["content-type"] = value, JSON.encode()
    elif kind == "value" and body is not None:
        body = with_raw_value(case.body, value, luck.known)
    elif kind == "query":
        target = f"{target}{'&' if '?' in target else '?'}{value}"
    elif kind == "segment":
        target = _with_segment(case, target, value)
    url = httpx2.URL(base).copy_with(raw_path=target.encode("ascii"))
    return httpx2.Request(str(plain.method), url, headers=list(headers.items()), content=body)


def _with_segment(case: Case, target: str, value: str) -> str:
    """Put something else in the place of the first thing that is named in a path."""
    template = case.operation.path.split("/")
    path, question, query = target.partition("?")
    segments = path.split("/")
    for place, name in enumerate(template):
        if name.startswith("{") and len(segments) == len(template):
            segments[place] = value
            return f"{'/'.join(segments)}{question}{query}"
    return target


def _octets(value: str | bytes) -> bytes:
    octets = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
    # Space round a header's value is not of it (RFC 9110, 5.5).
    return octets.strip(b" ")


def _shown(request: httpx2.Request, luck: Luck) -> str:
    target = request.url.raw_path.decode("ascii")[:300]
    odd = f"{luck.oddity.kind}: {str(luck.oddity.value)[:80]!r}"
    return f"{luck.caller}: {request.method} {target} {request.content[:600]!r} ({odd})"
