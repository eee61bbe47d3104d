"""Every operation answers a stranger, a wrong role and wrong input with the right problem."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from chassis.ids import new_id
from fortaler.demo.stage import Voice, problem_of
from fortaler.demo.story import Outcome
from tests.journeys.conftest import Played
from tests.journeys.matrix import (
    ANYBODY,
    OPERATIONS,
    OPERATOR,
    PUBLIC,
    Operation,
    a_delegation,
    a_lesson,
    a_policy,
    ids_of,
)

pytestmark = pytest.mark.own_servers

ALL_ROLES = [
    "employee",
    "author",
    "reviewer",
    "program_manager",
    "analyst",
    "works_council",
    "privacy_officer",
    "admin",
]
RESTRICTED = [
    key for key, operation in OPERATIONS.items() if not operation.who & (ANYBODY | PUBLIC)
]
WITH_A_TOKEN = [key for key, operation in OPERATIONS.items() if operation.who != PUBLIC]
WITH_AN_ID = [key for key, operation in OPERATIONS.items() if operation.stranger]
WITH_A_BODY = [key for key, operation in OPERATIONS.items() if operation.body]
LISTS = [
    key
    for key in WITH_A_TOKEN
    if key[0] == "GET" and "{" not in key[1] and not OPERATIONS[key].streams
]


@dataclass
class Company:
    """A company in which the story was played, and two more people in it."""

    voices: dict[str, Voice]
    ids: dict[str, str]
    canaries: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def ours(played: Played) -> Company:
    return _company(played, played.ours)


@pytest.fixture(scope="module")
def theirs(played: Played) -> Company:
    return _company(played, played.theirs)


@pytest.fixture(scope="module")
def client(played: Played) -> Iterator[httpx2.Client]:
    base = played.platform.public_url
    with httpx2.Client(base_url=base, timeout=20, trust_env=False) as client:
        yield client


def test_every_operation_that_is_served_is_in_the_matrix(client: httpx2.Client) -> None:
    document = client.get("/openapi.json").json()

    served = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith(("/v1/", "/r/"))
    }
    assert document["x-unavailable"] == []
    assert served == set(OPERATIONS)


@pytest.mark.parametrize("key", WITH_A_TOKEN, ids=" ".join)
def test_without_a_token_nobody_comes_in(
    key: tuple[str, str], ours: Company, client: httpx2.Client
) -> None:
    answer = _call(client, key, ours.ids, None, OPERATIONS[key])

    assert (answer.status_code, problem_of(answer)) == (401, "token-missing")


@pytest.mark.parametrize("key", RESTRICTED, ids=" ".join)
def test_without_the_role_nobody_may_do_it(
    key: tuple[str, str], ours: Company, client: httpx2.Client
) -> None:
    operation = OPERATIONS[key]
    voice = "ida" if operation.who == OPERATOR else "ana"
    if "employee" in operation.who:
        voice = "kim"

    answer = _call(client, key, ours.ids, ours.voices[voice], operation)

    expected = "operator-only" if operation.who == OPERATOR else "role-missing"
    assert (answer.status_code, problem_of(answer)) == (403, expected)


@pytest.mark.parametrize("key", [key for key in WITH_A_TOKEN if OPERATIONS[key].who != OPERATOR])
def test_the_operator_is_nobody_in_a_company(
    key: tuple[str, str], played: Played, ours: Company, client: httpx2.Client
) -> None:
    operator = played.platform.stage().voice("operator", "ops")

    answer = _call(client, key, ours.ids, operator, OPERATIONS[key])

    assert (answer.status_code, problem_of(answer)) == (403, "person-unknown")


@pytest.mark.parametrize("key", WITH_AN_ID, ids=" ".join)
def test_another_companys_id_is_the_id_of_nothing(
    key: tuple[str, str], ours: Company, theirs: Company, client: httpx2.Client
) -> None:
    answer = _call(client, key, ours.ids, theirs.voices["alma"], OPERATIONS[key])

    assert (answer.status_code, problem_of(answer)) == (404, OPERATIONS[key].stranger)
    asked_for = set(ours.ids.values())
    assert [canary for canary in ours.canaries - asked_for if canary in answer.text] == []


@pytest.mark.parametrize("key", LISTS, ids=" ".join)
def test_no_list_shows_anything_of_another_company(
    key: tuple[str, str], ours: Company, theirs: Company, client: httpx2.Client
) -> None:
    answer = _call(client, key, theirs.ids, theirs.voices["alma"], OPERATIONS[key])

    assert answer.status_code == (403 if OPERATIONS[key].who == OPERATOR else 200)
    assert [canary for canary in ours.canaries if canary in answer.text] == []


@pytest.mark.parametrize(
    ("key", "body", "problem"),
    [
        (("POST", "/v1/stories"), {"campaign_id": "campaign_id"}, "campaign-unknown"),
        (("POST", "/v1/people"), {"team_id": "team_id"}, "team-unknown"),
        (("POST", "/v1/shares"), {"story_id": "story_id"}, "story-not-found"),
        (("POST", "/v1/shares"), {"account_id": "account_id"}, "account-not-found"),
    ],
    ids=[
        "a campaign in a story",
        "a team in a person",
        "a story in a share",
        "an account in a share",
    ],
)
def test_another_companys_id_in_a_body_is_the_id_of_nothing(
    key: tuple[str, str],
    body: dict[str, str],
    problem: str,
    ours: Company,
    theirs: Company,
    client: httpx2.Client,
) -> None:
    operation = OPERATIONS[key]
    assert operation.body is not None
    fitting = operation.body(theirs.ids) | {name: ours.ids[what] for name, what in body.items()}

    # Ana is an advocate, so it is not that which stops her; only an admin lets people in.
    voice = theirs.voices["alma" if key[1] == "/v1/people" else "ana"]
    answer = _call(client, key, theirs.ids, voice, Operation(body=lambda ids: fitting))

    assert problem_of(answer) == problem


def test_another_companys_share_takes_no_engagement(
    ours: Company, theirs: Company, client: httpx2.Client
) -> None:
    key = ("POST", "/v1/engagements:batch")

    answer = _call(client, key, ours.ids, theirs.voices["alma"], OPERATIONS[key])

    assert answer.status_code == 202
    assert answer.json()["items"] == [{"id": "1", "outcome": "refused", "reason": "share-unknown"}]


@pytest.mark.parametrize("key", WITH_A_BODY, ids=" ".join)
@pytest.mark.parametrize(
    "garbage",
    [b"{", b"[]", b'"text"', b"null", b'{"not_a_field": 1}'],
    ids=["cut off", "a list", "a text", "null", "an unknown field"],
)
def test_a_body_that_does_not_fit_is_refused(
    key: tuple[str, str], garbage: bytes, played: Played, ours: Company, client: httpx2.Client
) -> None:
    answer = client.request(
        key[0],
        key[1].format(**ours.ids),
        content=garbage,
        headers=_headers(_allowed(played, ours, OPERATIONS[key]))
        | _manners(key)
        | {"content-type": "application/json"},
    )

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed"), answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("key", [key for key in WITH_A_TOKEN if "_id}" in key[1]], ids=" ".join)
def test_an_id_that_is_none_is_refused(
    key: tuple[str, str], played: Played, ours: Company, client: httpx2.Client
) -> None:
    nonsense = dict.fromkeys(ours.ids, "not-an-id")

    answer = _call(
        client, key, nonsense, _allowed(played, ours, OPERATIONS[key]), OPERATIONS[key], ours.ids
    )

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


@pytest.mark.parametrize("key", LISTS, ids=" ".join)
@pytest.mark.parametrize(
    ("query", "status"),
    [({"limit": "0"}, 422), ({"limit": "1000000000"}, 422), ({"cursor": "no\u2603"}, 400)],
    ids=["no item", "a billion items", "no cursor of ours"],
)
def test_a_page_that_cannot_be_is_refused(
    key: tuple[str, str],
    query: dict[str, str],
    status: int,
    played: Played,
    ours: Company,
    client: httpx2.Client,
) -> None:
    headers = _headers(_allowed(played, ours, OPERATIONS[key]))
    parameters = _parameters(client, key)

    answer = client.get(key[1], params=query, headers=headers)

    if set(query) <= parameters:
        assert answer.status_code == status
        assert problem_of(answer) in {"validation-failed", "cursor-unreadable"}
    else:
        assert answer.status_code == 200


def _company(played: Played, outcome: Outcome) -> Company:
    stage = played.platform.stage()
    ida = stage.voice(outcome.tenant, "ida")
    for subject, roles in (("alma", ALL_ROLES), ("kim", ["works_council"])):
        if not [one for one in ida.get("/v1/people")["items"] if one["subject"] == subject]:
            person = {"subject": subject, "display_name": subject.title(), "roles": roles}
            ida.post("/v1/people", person)
    subjects = ("ida", "alma", "kim", "ana", "signe")
    voices = {subject: stage.voice(outcome.tenant, subject) for subject in subjects}
    for path in ("/v1/stories", "/v1/programs", "/v1/points/me", "/v1/metrics/people/me"):
        for voice in voices.values():
            voice.get(path)
    people = ida.get("/v1/people", limit=100)["items"]
    ana = next(one for one in people if one["subject"] == "ana")
    program = voices["ana"].get("/v1/programs")["items"][0]
    rule = voices["ana"].get("/v1/rules")["items"][0]
    pause = voices["alma"].post("/v1/pauses", {"reason": "Et uheld på værket."})
    voices["alma"].post(f"/v1/pauses/{pause['pause_id']}/lift")
    lesson = voices["alma"].post("/v1/lessons", a_lesson())
    voices["alma"].post(f"/v1/lessons/{lesson['lesson_id']}/publish")
    guideline = voices["alma"].post("/v1/guidelines", {"name": "Sådan taler vi om os"})
    ids = ids_of(
        outcome,
        guideline_id=guideline["guideline_id"],
        **_plans(voices, outcome, ana["person_id"]),
        person_id=ana["person_id"],
        team_id=ana["team_id"],
        program_id=program["program_id"],
        rule_id=rule["rule_id"],
        pause_id=pause["pause_id"],
        lesson_id=lesson["lesson_id"],
        source_id=_source_of(voices["alma"]),
        **_pictures(voices["alma"]),
        **_approval(voices, outcome, ana["person_id"]),
        text_version=voices["ana"].get("/v1/consents")["items"][0]["text_version"],
    )
    canaries = {one["person_id"] for one in people} | {
        value for name, value in ids.items() if name not in {"purpose", "text_version", "version"}
    }
    return Company(voices, ids, canaries)


def _approval(voices: dict[str, Voice], outcome: Outcome, person_id: str) -> dict[str, str]:
    """Answer the ids of what approval knows in a company."""
    alma, ids = voices["alma"], {"person_id": person_id}
    comment = {"pointer": "/title", "text": "Er det sådan?"}
    made = {
        "policy_id": alma.post("/v1/approval_policies", a_policy(ids)),
        "delegation_id": alma.post("/v1/delegations", a_delegation(ids)),
        "comment_id": alma.post(f"/v1/stories/{outcome.story_id}/comments", comment),
    }
    return {name: one[name] for name, one in made.items()}


def _plans(voices: dict[str, Voice], outcome: Outcome, person_id: str) -> dict[str, str]:
    """Answer the ids of what is planned in a company; Ana is asked to take part."""
    campaign = f"/v1/campaigns/{outcome.campaign_id}"
    voices["alma"].post(f"{campaign}/contributors", {"person_id": person_id})
    invitation = voices["ana"].get("/v1/campaigns/invitations/mine")["items"][0]
    idea = {"title": "Nattevagten", "text": "Ingen ser os.", "language": "da"}
    item = {"title": "Nattevagten", "planned_on": "2031-05-04"}
    feed = voices["ana"].post("/v1/calendar/feeds", {"name": "Redaktionen"})
    return {
        "invitation_id": invitation["invitation_id"],
        "idea_id": voices["ana"].post("/v1/ideas", idea)["idea_id"],
        "item_id": voices["alma"].post("/v1/calendar/items", item)["item_id"],
        "feed_id": feed["feed_id"],
        "token": feed["address"].rsplit("/", 1)[1].removesuffix(".ics"),
    }


def _pictures(voice: Voice) -> dict[str, str]:
    """Answer the ids of a picture that was begun, of a permission for it, and of a colour."""
    picture = {
        "content_type": "image/png",
        "bytes": 1000,
        "alt_texts": {"da": "En montør"},
        "origin": {"kind": "own_photo"},
        "people_shown": 1,
    }
    media_id = voice.post("/v1/media", picture)["media"]["media_id"]
    given = {"outside_name": "Karen Bek", "purposes": ["internal"], "how_given": "På mail"}
    permission = voice.post(f"/v1/media/{media_id}/permissions", given)
    colour = {"kind": "colour", "name": "Nordlys", "colour": {"hex": "#00684a"}}
    return {
        "media_id": media_id,
        "permission_id": permission["permission_id"],
        "brand_asset_id": voice.post("/v1/brand_assets", colour)["brand_asset_id"],
    }


def _source_of(voice: Voice) -> str:
    # Read once for a company, however often this is asked.
    known = voice.get("/v1/sources")["items"]
    feed = {"name": "Nyt", "url": "https://news.nordlys.example/feed", "language": "da"}
    source = known[0] if known else voice.post("/v1/sources", feed)
    return str(source["source_id"])


def _allowed(played: Played, company: Company, operation: Operation) -> Voice:
    if operation.who == OPERATOR:
        return played.platform.stage().voice("operator", "ops")
    return company.voices["alma"]


def _headers(voice: Voice | None) -> dict[str, str]:
    return {} if voice is None else {"authorization": f"Bearer {voice.token}"}


def _call(
    client: httpx2.Client,
    key: tuple[str, str],
    ids: dict[str, str],
    voice: Voice | None,
    operation: Operation,
    body_ids: dict[str, str] | None = None,
) -> httpx2.Response:
    method, path = key
    body: Any = operation.body(body_ids or ids) if operation.body else None
    return client.request(
        method,
        path.format(**ids),
        content=None if body is None else json.dumps(body),
        headers=_headers(voice)
        | _manners(key)
        | ({"content-type": "application/json"} if body else {}),
    )


def _manners(key: tuple[str, str]) -> dict[str, str]:
    """Answer what an operation must be told besides its body."""
    if key[0] in {"PATCH", "PUT"}:
        return {"if-match": "*"}
    return {"idempotency-key": str(new_id())} if key == ("POST", "/v1/shares") else {}


def _parameters(client: httpx2.Client, key: tuple[str, str]) -> set[str]:
    document = client.get("/openapi.json").json()
    operation = document["paths"][key[1]][key[0].lower()]
    return {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
