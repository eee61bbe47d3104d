"""Coming back: what was missed is told once, in each key's order, wherever one comes back to."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from aiokafka.structs import TopicPartition
from pydantic import SecretStr

from chassis.crypto import new_key
from chassis.ids import new_id
from chassis.kafka import Publisher, apply_topics, partition_of
from contracts.envelope import name_of
from contracts.topics import ALL, CONTENT
from fortaler.embedded.kafka import EmbeddedKafka
from tests.gateway.stream.conftest import Door, Heard, Listener, OpenDoor, ids, withdrawn
from tests.patience import PATIENCE_S, until, within
from tests.world import problem_of

VISITS = 12
STORIES = 5
KEY = SecretStr(new_key())


async def test_what_was_announced_in_between_is_heard_on_coming_back(door: Door) -> None:
    async with door.hearing() as listener:
        first = await door.announce(withdrawn())
        await listener.hear(1)
    missed = await door.announce(*(withdrawn() for _ in range(20)))

    async with door.hearing(cursor=listener.last_id) as again:
        heard = await again.hear(20)
        live = await door.announce(withdrawn())
        heard += await again.hear(1)

    assert len(first) == 1
    assert sorted(ids(heard)) == sorted([*missed, *live])


async def test_a_cursor_may_stand_in_the_query(door: Door) -> None:
    async with door.hearing() as listener:
        pass
    missed = await door.announce(withdrawn())

    async with door.hearing(last_event_id=listener.last_id) as again:
        assert ids(await again.hear(1)) == missed


async def test_a_stream_that_was_silent_comes_back_from_its_last_heartbeat(door: Door) -> None:
    async with door.hearing() as listener:
        opened_at = listener.last_id
        await door.announce(withdrawn(), tenant=door.world.new_tenant())
        await listener.heartbeat()
        moved_to = listener.last_id
    missed = await door.announce(withdrawn())

    async with door.hearing(cursor=moved_to) as again:
        assert ids(await again.hear(1)) == missed
    assert moved_to != opened_at


async def test_coming_and_going_at_random_loses_and_doubles_nothing(open_door: OpenDoor) -> None:
    """Two gateways of one key, one of which knows nothing of what the other has sent."""
    one = await open_door(stream_key=KEY, stream_heartbeat_s=0.05)
    two = await open_door(stream_key=KEY, stream_heartbeat_s=0.05)
    chance = random.Random(20)
    stories = [new_id() for _ in range(STORIES)]
    announced: list[tuple[str, str]] = []
    heard: list[Heard] = []
    cursor: str | None = None

    async def announce(count: int) -> None:
        for story in [chance.choice(stories) for _ in range(count)]:
            (event_id,) = await one.announce(withdrawn(story))
            announced.append((str(story), event_id))

    for _ in range(VISITS):
        at = chance.choice([one, two])
        async with at.hearing(at.token(one.tenant), cursor) as listener:
            await announce(chance.randrange(8))
            heard += await listener.hear(chance.randint(0, len(announced) - len(heard)))
            cursor = listener.last_id
        await announce(chance.randrange(8))
    async with one.hearing(cursor=cursor) as listener:
        heard += await listener.hear(len(announced) - len(heard))

    assert sorted(ids(heard)) == sorted(event_id for _, event_id in announced)
    for story in map(str, stories):
        order = [one.data["id"] for one in heard if one.data["data"]["story_id"] == story]
        assert order == [event_id for of, event_id in announced if of == story]


async def test_more_than_fits_in_the_queue_is_caught_up_from_kafka(open_door: OpenDoor) -> None:
    door = await open_door(stream_events_queued_max=3)
    async with door.hearing() as listener:
        pass
    missed = await door.announce(*(withdrawn() for _ in range(1_200)))

    heard: list[Heard] = []
    cursor = listener.last_id
    # Who is let go, since more came in than its queue holds, comes back with the last cursor.
    while len(heard) < len(missed):
        async with door.hearing(cursor=cursor) as again:
            heard += await again.hear_up_to(len(missed) - len(heard))
            cursor = again.last_id

    assert sorted(ids(heard)) == sorted(missed)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-4],
        lambda cursor: cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:],
        lambda cursor: "x",
        lambda cursor: "x" * 5_000,
        lambda cursor: "AQ",
        lambda cursor: "æ" * 40,
    ],
    ids=["cut off", "changed", "none", "long", "nothing in it", "no ASCII"],
)
async def test_a_cursor_that_is_not_ours_is_refused(door: Door, spoil: object) -> None:
    assert callable(spoil)
    async with door.hearing() as listener:
        cursor = spoil(listener.last_id)

    answer = await door.ask(last_event_id=cursor)

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_a_cursor_of_another_company_is_refused(door: Door) -> None:
    async with door.hearing() as listener:
        cursor = listener.last_id

    answer = await door.ask(door.token(door.world.new_tenant()), cursor)

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


async def test_a_cursor_of_another_key_is_refused(open_door: OpenDoor) -> None:
    one, two = await open_door(), await open_door()
    async with one.hearing() as listener:
        cursor = listener.last_id

    answer = await two.ask(two.token(one.tenant), cursor)

    assert (answer.status_code, problem_of(answer)) == (400, "cursor-unreadable")


@pytest.fixture
async def own_kafka(scratch: Path) -> AsyncIterator[tuple[EmbeddedKafka, Publisher]]:
    """A Kafka of the test's own, that may be restarted and changed."""
    with EmbeddedKafka(scratch / f"own-kafka-{new_id()}") as broker:
        await apply_topics(broker.bootstrap_servers, ALL)
        writing = Publisher(broker.bootstrap_servers)
        await writing.start()
        yield broker, writing
        await writing.stop()


async def next_event(listener: Listener) -> Heard:
    """Answer the next event, whatever it tells of."""
    event = await within(PATIENCE_S, listener.next())
    assert event is not None
    return event


async def test_what_is_no_longer_kept_is_said_to_be_missing(
    open_door: OpenDoor, own_kafka: tuple[EmbeddedKafka, Publisher]
) -> None:
    broker, writing = own_kafka
    door = await open_door(kafka=broker.bootstrap_servers, writing=writing, stream_key=KEY)
    story = new_id()
    key = name_of(door.tenant.tenant_id, "story", story).key
    place = TopicPartition(CONTENT.name, partition_of(key, CONTENT.partitions))
    async with door.hearing() as listener:
        pass
    await door.announce(withdrawn(story), withdrawn(story))
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=1)})
    await admin.close()

    # A gateway that was there all the while has heard what is gone now; another has not.
    fresh = await open_door(kafka=broker.bootstrap_servers, stream_key=KEY)
    token = fresh.token(door.tenant)
    async with fresh.hearing(token, listener.last_id) as again:
        gap = await next_event(again)
        kept = await again.hear(1)
        live = await door.announce(withdrawn(story))
        kept += await again.hear(1)

    assert gap.name == "stream.gap"
    assert gap.data == {"reason": "no_longer_kept", "topics": ["fortaler.content"]}
    assert ids(kept)[1:] == live
    async with fresh.hearing(token, again.last_id) as later:
        await later.heartbeat()


async def test_a_new_partition_is_heard_from_its_beginning(
    open_door: OpenDoor, own_kafka: tuple[EmbeddedKafka, Publisher]
) -> None:
    broker, writing = own_kafka
    door = await open_door(kafka=broker.bootstrap_servers, writing=writing, stream_key=KEY)
    async with door.hearing() as listener:
        pass
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_partitions({CONTENT.name: NewPartitions(total_count=12)})

    async def are_there() -> bool:
        (topic,) = await admin.describe_topics([CONTENT.name])
        return len(topic["partitions"]) == 12

    await until(are_there)
    await admin.close()
    door.publisher = second = Publisher(broker.bootstrap_servers)
    await second.start()
    missed = await door.announce(*(withdrawn() for _ in range(40)))

    # Another gateway asks at once how many there are; the first within half a minute.
    fresh = await open_door(kafka=broker.bootstrap_servers, stream_key=KEY)
    async with fresh.hearing(fresh.token(door.tenant), listener.last_id) as again:
        heard = await again.hear(40)

    await second.stop()
    assert sorted(ids(heard)) == sorted(missed)


async def test_a_broker_that_restarts_costs_nothing_but_time(
    open_door: OpenDoor, own_kafka: tuple[EmbeddedKafka, Publisher]
) -> None:
    broker, writing = own_kafka
    door = await open_door(kafka=broker.bootstrap_servers, writing=writing)
    announced: list[str] = []

    async with door.hearing() as listener:
        announced += await door.announce(withdrawn())
        heard = await listener.hear(1)
        broker.stop()
        await listener.heartbeat()
        broker.start()
        announced += await door.announce(withdrawn(), withdrawn())
        heard += await listener.hear(2)

    assert sorted(ids(heard)) == sorted(announced)


async def test_without_a_broker_a_stream_is_refused_for_the_moment(
    open_door: OpenDoor, unused_kafka: str
) -> None:
    door = await open_door(kafka=unused_kafka)

    answer = await door.ask()

    assert (answer.status_code, problem_of(answer)) == (503, "temporarily-unavailable")
    assert int(answer.headers["retry-after"]) > 0
