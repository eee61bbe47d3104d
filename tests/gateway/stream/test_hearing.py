"""What a company's stream carries: its own public events, as CloudEvents, and nothing else."""

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from chassis.ids import new_id
from chassis.messages import Message
from contracts.catalogue import EVENTS
from contracts.content import CampaignOpened, StorySubmitted
from contracts.directory import TeamCreated
from tests.envelopes import envelope_of
from tests.gateway.stream.conftest import Door, OpenDoor, ids, unreadable, withdrawn
from tests.patience import PATIENCE_S
from tests.world import problem_of


def opened() -> CampaignOpened:
    return CampaignOpened(
        campaign_id=new_id(), name="Efterår", purpose="traffic", starts_at=None, ends_at=None
    )


async def test_an_event_reaches_the_stream_of_its_company_as_a_cloud_event(
    open_door: OpenDoor,
) -> None:
    # However long the event is on its way, no heartbeat comes before it.
    door, event = await open_door(stream_heartbeat_s=2 * PATIENCE_S), opened()

    async with door.hearing() as listener:
        (event_id,) = await door.announce(event)
        (heard,) = await listener.hear(1)

    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert listener.answer.headers["cache-control"] == "no-store"
    assert (listener.comments, listener.retry_ms) == (1, 3_000)
    assert heard.name == "fortaler.campaign.opened.v1"
    assert heard.data["id"] == event_id
    assert heard.data["subject"] == f"campaign/{event.campaign_id}"
    assert heard.data["tenant"] == str(door.tenant.tenant_id)
    assert CampaignOpened.model_validate(heard.data["data"]) == event


async def test_somebody_elses_library_reads_the_event(door: Door) -> None:
    import orjson

    async with door.hearing() as listener:
        await door.announce(opened())
        (heard,) = await listener.hear(1)

    event = from_structured_event(
        HTTPMessage({"content-type": "application/cloudevents+json"}, orjson.dumps(heard.data))
    )
    assert event.get_type() == heard.name
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("tenant") == str(door.tenant.tenant_id)


async def test_companies_hear_nothing_of_each_other(door: Door) -> None:
    theirs = door.world.new_tenant()

    async with door.hearing() as ours, door.hearing(door.token(theirs)) as other:
        here = await door.announce(withdrawn(), withdrawn())
        there = await door.announce(withdrawn(), tenant=theirs)
        heard_here, heard_there = await ours.hear(2), await other.hear(1)
        here += await door.announce(withdrawn())
        heard_here += await ours.hear(1)

    assert set(ids(heard_here)) == set(here)
    assert ids(heard_there) == there


async def test_internal_events_stay_inside(door: Door) -> None:
    internal = StorySubmitted(story_id=new_id(), version=1, author_id=new_id(), content_hash="0")

    async with door.hearing() as listener:
        # Of one key, so that the one that is heard comes after the one that is not.
        await door.announce(internal, withdrawn(internal.story_id))
        (heard,) = await listener.hear(1)

    assert heard.name == "fortaler.story.withdrawn.v1"


async def test_what_cannot_be_read_is_passed_over(door: Door) -> None:
    envelope = envelope_of(withdrawn(), door.tenant.tenant_id)
    stranger = envelope_of(withdrawn(), new_id())
    team = envelope_of(TeamCreated(team_id=new_id(), name="Drift"), door.tenant.tenant_id)
    bad = [
        unreadable(door.tenant, ce_id=None),
        unreadable(door.tenant, ce_time=b"yesterday"),
        unreadable(door.tenant, ce_tenant=str(new_id()).encode()),
        Message("fortaler.content", envelope.key, b"{", envelope.headers()),
        Message("fortaler.content", envelope.key, None, envelope.headers()),
        Message("fortaler.content", envelope.key, stranger.data, stranger.headers()),
        Message("fortaler.sharing", envelope.key, envelope.data, envelope.headers()),
        Message("fortaler.content", team.key, team.data, team.headers()),
        Message("fortaler.content", b"", b"", []),
    ]

    async with door.hearing() as listener:
        await door.publisher.publish(bad)
        (event_id,) = await door.announce(withdrawn(envelope.aggregate_id))
        heard = await listener.hear(1)

    assert ids(heard) == [event_id]


async def test_a_field_that_is_newer_than_the_gateway_is_not_lost(door: Door) -> None:
    envelope = envelope_of(withdrawn(), door.tenant.tenant_id)
    newer = b'{"story_id": "%s",\n "later": [1, "\xc3\xa6"]}' % str(envelope.aggregate_id).encode()

    async with door.hearing() as listener:
        await door.publisher.publish(
            [Message("fortaler.content", envelope.key, newer, envelope.headers())]
        )
        (heard,) = await listener.hear(1)

    assert heard.data["data"] == {"story_id": str(envelope.aggregate_id), "later": [1, "æ"]}


@pytest.mark.parametrize(
    "query",
    [
        {"types": "fortaler.campaign.opened.v1"},
        {"types": "fortaler.campaign.opened.v1,fortaler.campaign.closed.v1"},
        {"types": ["fortaler.campaign.opened.v1", "fortaler.campaign.closed.v1"]},
        {"subject": "campaign"},
    ],
)
async def test_a_stream_is_filtered_by_type_and_by_kind(door: Door, query: dict[str, str]) -> None:
    async with door.hearing(**query) as listener:
        await door.announce(withdrawn())
        wanted = await door.announce(opened(), opened())
        heard = await listener.hear(2)

    assert set(ids(heard)) == set(wanted)


async def test_a_stream_is_filtered_by_one_thing(door: Door) -> None:
    story = new_id()

    async with door.hearing(subject=f"story/{story}") as listener:
        await door.announce(withdrawn(), opened(), withdrawn())
        wanted = await door.announce(withdrawn(story))
        heard = await listener.hear(1)

    assert ids(heard) == wanted


@pytest.mark.parametrize(
    ("query", "problem", "names"),
    [
        ({"types": "fortaler.story.submitted.v1"}, "type-not-public", "types"),
        ({"types": "fortaler.story.published.v1,nothing"}, "type-not-public", "types"),
        ({"types": ""}, "type-not-public", "types"),
        ({"subject": "person"}, "subject-unknown", "subject"),
        ({"subject": "story/none"}, "subject-unknown", "subject"),
        ({"subject": ["story", "campaign"]}, "subject-unknown", "subject"),
        ({"type": "fortaler.story.published.v1"}, "parameter-unknown", "type"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused(
    door: Door, query: dict[str, str], problem: str, names: str
) -> None:
    answer = await door.ask(**query)

    assert (answer.status_code, problem_of(answer)) == (422, problem)
    assert answer.json()["parameter"] == names
    if problem == "type-not-public":
        public = {name for name, event in EVENTS.items() if event.public}
        assert set(answer.json()["types"]) == public


async def test_only_reading_is_possible(door: Door) -> None:
    answer = await door.client.post("/v1/events/stream", headers={"authorization": "Bearer x"})

    assert (answer.status_code, problem_of(answer)) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"
