"""No input makes an operation fail, or answer what its document does not say."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.fuzz.conftest import Tally
from tests.fuzz.grounds import JSON, STORIES_THAT_ARE, Grounds, Known
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
    ("GET", "/v1/approval_policies/settings"),
    ("GET", "/v1/approval_policies/settings/changes"),
    ("GET", "/v1/calendar/feeds"),
    ("GET", "/v1/calendar/feeds/{token}.ics"),
})  # fmt: skip
"""They take nothing, or anything. What is odd besides, they are sent all the same."""

DONE_TO = {
    "{story_id}": "draft",
    "submit": "draft",
    "review": "in_review",
    "publish": "approved",
    "revise": "live",
}
"""What a story must be before something is done to it, or it would only ever be refused."""

TIMEOUT_S = 20
FAULTS_SHOWN_MAX = 5


@dataclass(frozen=True)
class Luck:
    """What is left to chance in an example besides its input."""

    caller: str
    oddity: Oddity
    body: Literal["as drawn", "fitting", "nearly fitting"]
    """Nearly: but for one field, which is as it was drawn."""
    known: int
    """Which of the known ids are taken; every fourth takes none for the path, every third none
    for anything else."""

    def one_of(self, values: Sequence[str]) -> str:
        """Answer one of some values."""
        return values[self.known % len(values)]


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
        for key, documented in OPERATIONS.items()
        for mode in GenerationMode
        # A stream does not end, and is no service's: tests/gateway/stream asks for it.
        if not documented.streams and (mode.is_positive or key not in NOTHING_UNFITTING)
    ],
    ids=lambda one: one.value if isinstance(one, GenerationMode) else " ".join(one),
)
def test_an_operation_answers_as_its_document_says(
    grounds: Grounds,
    schema: Any,
    client: httpx2.Client,
    key: tuple[str, str],
    mode: GenerationMode,
    tally: Tally,
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
    def send(case: Case[Any], luck: Luck) -> None:
        untouched = _name_what_is_there(case, known, luck)
        untouched &= _make_it_fit(case, grounds.known, luck)
        request = _request(grounds, case, luck)
        answer = client.send(request)
        found.answers[answer.status_code] += 1
        answer.request = _in_plain_words(request)
        as_it_was = untouched and luck.oddity.is_none
        for fault in faults(answer, case, grounds.document, untouched=as_it_was):
            found.faults.setdefault(fault, _shown(request, luck))
        if answer.is_success and answer.content and answer.headers["content-type"] == JSON:
            grounds.known.learn(answer.json())

    send()

    tally[" ".join(key)] = tally.get(" ".join(key), Counter()) + found.answers
    shown = [f"{fault}\n  to {said}" for fault, said in found.faults.items()]
    assert shown[:FAULTS_SHOWN_MAX] == [], f"seed {SEED}: " + "\n".join(shown[:FAULTS_SHOWN_MAX])
    assert sum(found.answers.values()) > 0


def _luck(key: tuple[str, str]) -> st.SearchStrategy[Luck]:
    who = OPERATIONS[key].who
    best = "ops" if who == OPERATOR else "nobody" if who == PUBLIC else "alma"
    if best == "alma":
        callers = st.sampled_from(["alma", "rosa", "ana"] * 3 + ["ida", "ops", "nobody"])
    else:
        callers = st.sampled_from([best] * 5 + ["ana", "ops", "nobody"])
    bodies = st.sampled_from(["as drawn", "fitting", "nearly fitting"])
    return st.builds(Luck, caller=callers, oddity=ODDITIES, body=bodies, known=st.integers(0, 999))


def _name_what_is_there(case: Case[Any], known: Mapping[str, tuple[str, ...]], luck: Luck) -> bool:
    """Put known ids into some of the input; answers whether it is as it was."""
    places = ["path_parameters"] if luck.known % 4 else []
    if luck.known % 3:
        places += ["query", "body"]
    untouched = True
    for place in places:
        given_ = getattr(case, place)
        if isinstance(given_, dict) and (fields := given_.keys() & known.keys()):
            # A new one: what a strategy has drawn may be drawn again.
            named = {name: luck.one_of(known[name]) for name in fields}
            verb = case.operation.path.rsplit("/", 1)[-1]
            if "story_id" in named and (fit := known.get(f"{STORIES_THAT_ARE}{DONE_TO.get(verb)}")):
                named["story_id"] = luck.one_of(fit)
            setattr(case, place, {**given_, **named})
            untouched = False
    return untouched


def _make_it_fit(case: Case[Any], known: Known, luck: Luck) -> bool:
    """Take a body that a journey would send, perhaps but for a field; answers whether none is."""
    fitting = OPERATIONS[case.operation.method.upper(), case.operation.path].body
    if fitting is None or luck.body == "as drawn":
        return True
    ids = {name: luck.one_of(values) for name, values in known.snapshot().items()}
    if live := known.snapshot().get(f"{STORIES_THAT_ARE}live"):
        ids["story_id"] = luck.one_of(live)
    body = fitting(ids)
    if "content_hash" in body:
        story_id = str(case.path_parameters.get("story_id"))
        body["content_hash"] = known.hashes.get(story_id, body["content_hash"])
    if luck.body == "nearly fitting" and isinstance(case.body, dict) and case.body:
        name = luck.one_of(sorted(case.body))
        body[name] = case.body[name]
    case.body = body
    return False


def _request(grounds: Grounds, case: Case[Any], luck: Luck) -> httpx2.Request:
    """Make the request as it goes over the wire, with what is odd about it."""
    base = grounds.address_of(case.operation.path)
    wanted = case.as_transport_kwargs(base_url=base)
    drawn = wanted.pop("headers")
    plain = requests.Request(**wanted).prepare()
    headers = {
        name.lower(): _octets(value) for name, value in [*plain.headers.items(), *drawn.items()]
    }
    headers.pop("content-length", None)
    token = grounds.token(luck.caller)
    if token is not None:
        headers["authorization"] = f"Bearer {token}".encode()
    body: Any = plain.body.encode() if isinstance(plain.body, str) else plain.body
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


def _in_plain_words(request: httpx2.Request) -> httpx2.Request:
    """Answer a request without the headers that schemathesis could not read when it judges."""
    plain = [(name, value) for name, value in request.headers.raw if value and value.isascii()]
    return httpx2.Request(request.method, request.url, headers=plain, content=request.content)


def _with_segment(case: Case[Any], target: str, value: str) -> str:
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
