"""Every POST of the public API takes an Idempotency-Key: its form is checked, a repeat is known."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from chassis.ids import new_id
from fortaler.demo.stage import Voice, problem_of
from tests.journeys.conftest import Played
from tests.journeys.matrix import OPERATIONS, OPERATOR, ids_of

REPLAYED = "idempotent-replayed"
POSTS = [key for key in OPERATIONS if key[0] == "POST"]
WITH_THE_STORY: Mapping[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("POST", "/v1/people"): ("ida", {"subject": "ebbe", "display_name": "Ebbe Holst"}),
    ("POST", "/v1/teams"): ("ida", {"name": "Drift"}),
    ("POST", "/v1/campaigns"): ("signe", {"name": "Vinter", "purpose": "traffic"}),
    ("POST", "/v1/programs"): ("signe", {"name": "Nye stemmer"}),
    ("POST", "/v1/rules"): ("signe", {"trigger": "comment", "name": "Ja!", "points": 3}),
    ("POST", "/v1/accounts"): ("ana", {"network": "sandbox"}),
    ("POST", "/v1/stories"): ("freja", {"title": "Storm", "body": "Det blæser.", "language": "da"}),
}
"""What can be made in a company in which the story was played, and by whom."""


@pytest.mark.parametrize("key", POSTS, ids=" ".join)
def test_every_post_refuses_a_key_that_is_none(key: tuple[str, str], played: Played) -> None:
    voice = played.platform.stage().voice(played.ours.tenant, "ida")

    answer = _post(played, key[1], voice, None, "one, two")

    assert (answer.status_code, problem_of(answer)) == (400, "idempotency-key-unusable")


@pytest.mark.parametrize("key", POSTS, ids=" ".join)
def test_a_key_is_needed_where_the_document_says_so(key: tuple[str, str], played: Played) -> None:
    document = played.platform.client.get(f"{played.platform.public_url}/openapi.json").json()
    [told] = [
        one
        for one in document["paths"][key[1]]["post"]["parameters"]
        if one["name"] == "Idempotency-Key"
    ]
    # Of all people one who may do little: whether a key is there is asked before the rest.
    voice = played.platform.stage().voice(played.theirs.tenant, "ana")

    answer = _post(played, key[1], voice, None, None)

    assert (problem_of(answer) == "idempotency-key-missing") == told["required"]
    assert told["required"] == (key == ("POST", "/v1/shares"))


@pytest.mark.parametrize("key", WITH_THE_STORY, ids=" ".join)
def test_what_is_asked_for_twice_with_one_key_is_made_once(
    key: tuple[str, str], played: Played
) -> None:
    who, body = WITH_THE_STORY[key]
    voice = played.platform.stage().voice(played.theirs.tenant, who)
    own = str(new_id())

    first, again = (_post(played, key[1], voice, body, own) for _ in range(2))
    other = _post(played, key[1], voice, body | {"more": "of it"}, own)

    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (201, first.content)
    assert (REPLAYED in first.headers, again.headers.get(REPLAYED)) == (False, "true")
    assert again.headers.get("etag") == first.headers.get("etag")
    assert other.status_code == 422


def test_a_company_is_admitted_once_for_its_key(played: Played) -> None:
    operation, own = OPERATIONS["POST", "/v1/tenants"], str(new_id())
    assert (operation.who, operation.body is not None) == (OPERATOR, True)
    operator = played.platform.stage().voice("operator", "ops")
    body = {
        "slug": f"c-{own[-12:]}",
        "name": "Solvind",
        "issuer": f"https://login-{own[-12:]}.example",
        "jwks_uri": "https://login.example/jwks.json",
        "country": "DK",
        "language": "da",
        "time_zone": "Europe/Copenhagen",
        "first_admin": {"subject": "ib", "display_name": "Ib"},
    }

    first, again = (_post(played, "/v1/tenants", operator, body, own) for _ in range(2))
    with_another = _post(played, "/v1/tenants", operator, body, str(new_id()))

    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers[REPLAYED] == "true"
    assert (with_another.status_code, problem_of(with_another)) == (409, "tenant-taken")


def _post(
    played: Played, path: str, voice: Voice, body: object, key: str | None
) -> httpx2.Response:
    # Of what the story has not made, nothing has this id.
    ids = dict.fromkeys(re.findall(r"{(\w+)}", path), str(new_id()))
    headers = {"authorization": f"Bearer {voice.token}", "content-type": "application/json"}
    return played.platform.client.post(
        played.platform.public_url + path.format(**{**ids, **ids_of(played.ours)}),
        content=None if body is None else json.dumps(body),
        headers=headers | ({} if key is None else {"idempotency-key": key}),
    )
