"""Where the fuzz takes place: a platform of its own, on which a story was played, its people."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import psutil

from fortaler.demo.stage import Stage, Voice
from fortaler.demo.story import Story
from gateway.routing import find_route
from tests.journeys.platform import Platform, up
from tests.journeys.test_every_operation import ALL_ROLES

KNOWN_FIRST, KNOWN_LAST = 20, 10
"""So many ids of a kind are remembered, the first and the newest; an example takes one of them."""

VICTIMS = 6
"""People and companies of whom the fuzz may make what it likes."""

STORIES_PER_STATE = 3
STORIES_THAT_ARE = "story_id when "
"""Under this and a state, the stories in it are known once more."""

JSON = "application/json"

A_STORY = {"title": "En dag i møllen", "body": "Der er højt til loftet.", "language": "da"}


@dataclass
class Known:
    """Ids and other values that name something that is there, by the name of their field."""

    values: dict[str, list[str]] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()
    """Those without whom nothing would go on: the callers, and their company."""
    hashes: dict[str, str] = field(default_factory=dict)
    """What each story said last: whoever reviews it has to name that."""

    def learn(self, document: Any) -> None:
        """Take in whatever an answer names."""
        if isinstance(document, list):
            for one in document:
                self.learn(one)
        elif isinstance(document, dict):
            if {"story_id", "content_hash", "state"} <= document.keys():
                self.hashes[document["story_id"]] = document["content_hash"]
                self._move(document["story_id"], document["state"])
            for name, value in document.items():
                if name == "authorization_url":
                    # What a network would bring back from there.
                    self.learn({"state": parse_qs(urlsplit(value).query)["state"][0]})
                elif isinstance(value, str) and _names_something(name):
                    self._add(name, value)
                else:
                    self.learn(value)

    def snapshot(self) -> Mapping[str, tuple[str, ...]]:
        """Answer what is known now."""
        return {name: tuple(values) for name, values in self.values.items() if values}

    def _move(self, story_id: str, state: str) -> None:
        for name, values in self.values.items():
            if name.startswith(STORIES_THAT_ARE) and story_id in values:
                values.remove(story_id)
        self._add(f"{STORIES_THAT_ARE}{state}", story_id)

    def _add(self, name: str, value: str) -> None:
        known = self.values.setdefault(name, [])
        if value not in known and value not in self.protected:
            known.append(value)
            del known[KNOWN_FIRST:-KNOWN_LAST]


@dataclass
class Grounds:
    """A platform, who calls on it, what is known of it, and how each service is reached."""

    platform: Platform
    stage: Stage
    company: str
    document: dict[str, Any]
    addresses: Mapping[str, str]
    known: Known

    def token(self, caller: str) -> str | None:
        """Answer a token of somebody who calls: of the company, of the operator, or of nobody."""
        if caller == "nobody":
            return None
        company = "operator" if caller == "ops" else self.company
        return self.stage.voice(company, caller).token

    def address_of(self, path: str) -> str:
        """Answer where the service is that owns a path."""
        route = find_route(path)
        assert route is not None, path
        return self.addresses[route.service]


@contextmanager
def prepared(folder: Path) -> Iterator[Grounds]:
    """Start a platform, play the story, and let there be people to whom anything may happen."""
    with up(folder, "--no-story") as platform:
        stage = platform.stage()
        outcome = Story(stage).play()
        admin = stage.voice(outcome.tenant, "ida")
        for subject in ("alma", "rosa"):
            admin.post("/v1/people", _person(subject, ALL_ROLES))
        people = admin.get("/v1/people", limit=100)["items"]
        known = Known(
            protected=frozenset({one["person_id"] for one in people} | {outcome.tenant_id})
        )
        for number in range(VICTIMS):
            known.learn(admin.post("/v1/people", _person(f"victim-{number}", ["employee"])))
            known.learn(stage.voice("operator", "ops").post("/v1/tenants", _company(number)))
        _write_stories(
            stage.voice(outcome.tenant, "alma"), stage.voice(outcome.tenant, "rosa"), known
        )
        for subject in ("alma", "rosa", "ana", "ida"):
            _look_round(stage.voice(outcome.tenant, subject), known)
        known.learn({"code": outcome.code, "purpose": "photo"})
        document = platform.client.get(f"{platform.public_url}/openapi.json").json()
        addresses = _addresses(platform)
        yield Grounds(platform, stage, outcome.tenant, document, addresses, known)


def _write_stories(author: Voice, reviewer: Voice, known: Known) -> None:
    """Let there be stories in every state, so that whatever may be done with one finds one."""
    for steps in (0, 1, 2, 3) * STORIES_PER_STATE:
        story = author.post("/v1/stories", A_STORY)
        path = f"/v1/stories/{story['story_id']}"
        verdict = {"decision": "approve", "content_hash": story["content_hash"]}
        todo = ((author, "submit", None), (reviewer, "review", verdict), (author, "publish", None))
        for voice, verb, body in todo[:steps]:
            story = voice.post(f"{path}/{verb}", body)
        known.learn(story)


def _look_round(voice: Voice, known: Known) -> None:
    for path in (
        *("/v1/teams", "/v1/stories", "/v1/campaigns", "/v1/programs", "/v1/consents"),
        *("/v1/accounts", "/v1/feed", "/v1/shares", "/v1/rules"),
    ):
        known.learn(voice.get(path))


def _names_something(name: str) -> bool:
    return name.endswith("_id") or name in {"code", "state", "text_version", "purpose"}


def _person(subject: str, roles: list[str]) -> dict[str, Any]:
    return {"subject": subject, "display_name": subject.title(), "roles": roles}


def _company(number: int) -> dict[str, Any]:
    slug = f"victim-{number}"
    address = f"https://{slug}.example"
    return {
        "slug": slug,
        "name": f"Victim {number}",
        "issuer": address,
        "jwks_uri": f"{address}/jwks.json",
        "country": "DK",
        "language": "da",
        "time_zone": "Europe/Copenhagen",
        "first_admin": {"subject": "ib", "display_name": "Ib"},
    }


def _addresses(platform: Platform) -> Mapping[str, str]:
    """Find each service behind the gateway: by its port, and by the paths it documents."""
    ports: set[int] = set()
    for child in psutil.Process(platform.process.pid).children():
        # Others of them are no services: those may be somebody else's to look at, or end.
        with suppress(psutil.Error):
            ports |= {
                connection.laddr.port
                for connection in child.net_connections(kind="tcp4")
                if connection.status == psutil.CONN_LISTEN
            }
    found: dict[str, str] = {}
    for port in sorted(ports - {platform.port}):
        address = f"http://127.0.0.1:{port}"
        routes = [find_route(path) for path in _documented_paths(platform.client, address)]
        found |= {route.service: address for route in routes if route is not None}
    return found


def _documented_paths(client: httpx2.Client, address: str) -> list[str]:
    # PostgreSQL and Kafka listen, too, and answer nothing that is HTTP.
    try:
        answer = client.get(f"{address}/openapi.json")
        return list(answer.json()["paths"]) if answer.is_success else []
    except (httpx2.HTTPError, ValueError, KeyError):
        return []
