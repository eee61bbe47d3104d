"""The live stream of the whole platform: what a company does is heard there, and only there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import pytest

from fortaler.demo.stage import Voice, problem_of
from tests.journeys.conftest import Played

PATH = "/v1/events/stream"
TIMEOUT_S = 60


@dataclass
class Reader:
    """Reads a stream, and remembers where it is."""

    lines: Iterator[str]
    last_id: str = ""

    def block(self) -> dict[str, str]:
        """Answer the fields up to the next empty line."""
        fields: dict[str, str] = {}
        for line in self.lines:
            if line == "":
                break
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        self.last_id = fields.get("id", self.last_id)
        return fields

    def event(self) -> tuple[str, str]:
        """Answer the next event: its type, and what it says."""
        while "data" not in (fields := self.block()):
            pass
        return fields["event"], fields["data"]


@pytest.fixture(scope="module")
def client(played: Played) -> Iterator[httpx2.Client]:
    base = played.platform.public_url
    with httpx2.Client(base_url=base, timeout=TIMEOUT_S, trust_env=False) as client:
        yield client


@contextmanager
def reading(client: httpx2.Client, voice: Voice, **query: str) -> Iterator[Reader]:
    headers = {"authorization": f"Bearer {voice.token}"}
    with client.stream("GET", PATH, headers=headers, params=query) as answer:
        assert answer.status_code == 200, answer.read()
        reader = Reader(answer.iter_lines())
        assert reader.block()["id"]
        yield reader


def open_campaign(voice: Voice, name: str) -> str:
    campaign = voice.post("/v1/campaigns", {"name": name, "purpose": "traffic"})
    return str(campaign["campaign_id"])


def test_what_a_company_does_is_heard_in_its_stream_alone(
    played: Played, client: httpx2.Client
) -> None:
    stage = played.platform.stage()
    ours, theirs = (
        stage.voice(played.ours.tenant, "signe"),
        stage.voice(played.theirs.tenant, "signe"),
    )

    with reading(client, ours) as here, reading(client, theirs) as there:
        campaign, other = open_campaign(ours, "Vores"), open_campaign(theirs, "Deres")
        heard_here, heard_there = here.event(), there.event()

    assert [heard_here[0], heard_there[0]] == ["fortaler.campaign.opened.v1"] * 2
    assert json.loads(heard_here[1])["data"]["campaign_id"] == campaign
    assert json.loads(heard_there[1])["data"]["campaign_id"] == other
    assert played.ours.tenant_id not in heard_there[1]


def test_what_was_missed_is_heard_on_coming_back(played: Played, client: httpx2.Client) -> None:
    signe = played.platform.stage().voice(played.ours.tenant, "signe")
    with reading(client, signe) as before:
        pass
    missed = [open_campaign(signe, name) for name in ("Nord", "Syd")]

    with reading(client, signe, last_event_id=before.last_id, subject="campaign") as after:
        heard = [json.loads(after.event()[1])["data"]["campaign_id"] for _ in missed]

    assert sorted(heard) == sorted(missed)


def test_another_companys_cursor_is_none(played: Played, client: httpx2.Client) -> None:
    stage = played.platform.stage()
    ours, theirs = (
        stage.voice(played.ours.tenant, "signe"),
        stage.voice(played.theirs.tenant, "signe"),
    )
    with reading(client, ours) as here:
        pass

    answer = client.get(
        PATH,
        params={"last_event_id": here.last_id},
        headers={"authorization": f"Bearer {theirs.token}"},
    )

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


def test_a_filter_that_is_none_is_refused(played: Played, client: httpx2.Client) -> None:
    signe = played.platform.stage().voice(played.ours.tenant, "signe")

    answer = client.get(
        PATH,
        params={"types": "fortaler.consent.given.v1"},
        headers={"authorization": f"Bearer {signe.token}"},
    )

    assert (answer.status_code, problem_of(answer)) == (422, "type-not-public")
