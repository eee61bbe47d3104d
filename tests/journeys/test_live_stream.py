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

    def until_opened(self, *campaign_ids: str) -> list[str]:
        """Answer all that is said until campaigns are open: other tests' news may come before."""
        said, awaited = [], {*campaign_ids}
        while awaited:
            kind, data = self.event()
            said.append(data)
            if kind == "fortaler.campaign.opened.v1":
                awaited.discard(json.loads(data)["data"]["campaign_id"])
        return said


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
        heard_here, heard_there = here.until_opened(campaign), there.until_opened(other)

    for strange in (other, played.theirs.tenant_id):
        assert not [said for said in heard_here if strange in said]
    for strange in (campaign, played.ours.tenant_id):
        assert not [said for said in heard_there if strange in said]


def test_what_was_missed_is_heard_on_coming_back(played: Played, client: httpx2.Client) -> None:
    signe = played.platform.stage().voice(played.ours.tenant, "signe")
    with reading(client, signe) as before:
        pass
    missed = [open_campaign(signe, name) for name in ("Nord", "Syd")]

    with reading(client, signe, last_event_id=before.last_id, subject="campaign") as after:
        said = after.until_opened(*missed)

    heard = [json.loads(one)["data"]["campaign_id"] for one in said]
    assert sorted(one for one in heard if one in missed) == sorted(missed)


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
