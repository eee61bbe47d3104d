"""A line of the relay that is held up: it goes on later, in its order, and the others go on now."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.ids import new_id
from chassis.kafka import Publisher, partition_of
from chassis.lines import RETRY_DELAY_S_MAX, HeldUp
from chassis.messages import Messages
from chassis.relay import BATCH_ROWS_MAX, Relay
from chassis.settings import ServiceSettings
from contracts.envelope import name_of
from fortaler.embedded.kafka import EmbeddedKafka
from tests.chassis.checker import as_owner, count, findings, gather
from tests.chassis.running import all_counted, all_read, working
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.contract import ADVANCES
from tests.patience import PATIENCE_S, until, within

CLOCK = SystemClock()
NOWHERE = "fortaler.nowhere_at_all"
MOODS = frozenset({"well", "refused", "unsaid", "slow"})


class Moody(Publisher):
    """Takes lines badly, by a seed: refuses them, forgets to say that they arrived, or is slow."""

    def __init__(self, bootstrap_servers: str, seed: int) -> None:
        super().__init__(bootstrap_servers)
        self._chances = random.Random(seed)
        self._to_come: list[str] = []
        self.moods: set[str] = set()
        self._slow: set[asyncio.Task[None]] = set()

    def enqueue(self, place: tuple[str, int], messages: Messages) -> asyncio.Future[None]:
        if not self._to_come:
            self._to_come = sorted(MOODS)
            self._chances.shuffle(self._to_come)
        mood = self._to_come.pop()
        self.moods.add(mood)
        if mood == "refused":
            return _failed()
        done = super().enqueue(place, messages)
        if mood == "well":
            return done
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._answer_late(done, answer, mood))
        self._slow.add(task)
        task.add_done_callback(self._slow.discard)
        return answer

    async def _answer_late(
        self, done: asyncio.Future[None], answer: asyncio.Future[None], mood: str
    ) -> None:
        await done
        if mood == "unsaid":
            answer.set_exception(ConnectionError("The answer was lost."))
            return
        # Longer than a round waits for its lines.
        await asyncio.sleep(1.0 + self._chances.random())
        answer.set_result(None)


def _failed() -> asyncio.Future[None]:
    refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    refused.set_exception(ConnectionError("Nobody takes this."))
    return refused


class Deaf(Publisher):
    """Never hears of one partition's lines, until it is told to listen."""

    deaf_to: tuple[str, int] | None = None

    def enqueue(self, place: tuple[str, int], messages: Messages) -> asyncio.Future[None]:
        if place == self.deaf_to:
            return asyncio.get_running_loop().create_future()
        return super().enqueue(place, messages)


@asynccontextmanager
async def relaying(database: Database, publisher: Publisher) -> AsyncIterator[Relay]:
    """Let a relay run."""
    relay = Relay(database, publisher, CLOCK)
    await publisher.start()
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        await asyncio.wait([running])
        await publisher.stop()


async def advance(database: Database, tenant_id: UUID, counter: UUID) -> None:
    async with database.transaction(tenant_id) as session:
        await use_cases.advance(session, CLOCK, counter)


async def test_more_than_a_batch_for_a_topic_that_is_missing_starves_nobody(
    scratch_settings: ServiceSettings, database: Database, tenant_id: UUID
) -> None:
    owner, stranger = await as_owner(scratch_settings), new_id()
    await owner.execute(
        "insert into outbox (id, tenant_id, topic, aggregatetype, aggregateid, type, payload,"
        " happened_at) select gen_random_uuid(), $1, $2, 'counter', gen_random_uuid(), 'x', '{}',"
        " now() from generate_series(1, $3)",
        stranger,
        NOWHERE,
        BATCH_ROWS_MAX + 100,
    )
    await advance(database, tenant_id, new_id())

    async with working(scratch_settings):
        await all_counted(scratch_settings, tenant_id, at_least=1)

    waiting = await owner.fetchval(
        "select count(*) from outbox where topic = $1 and sent_at is null", NOWHERE
    )
    await owner.execute("delete from outbox where tenant_id = $1", stranger)
    await owner.close()
    assert waiting == BATCH_ROWS_MAX + 100


async def test_a_partition_that_does_not_answer_holds_up_itself_and_no_other(
    scratch_settings: ServiceSettings,
    database: Database,
    tenant_id: UUID,
    broker: EmbeddedKafka,
) -> None:
    publisher = Deaf(broker.bootstrap_servers)
    counters = [new_id() for _ in range(6)]

    async with relaying(database, publisher) as relay:
        publisher.deaf_to = await _place_of(publisher, tenant_id, counters[0])
        for counter in counters * 2:
            await advance(database, tenant_id, counter)
        behind = [
            one
            for one in counters
            if await _place_of(publisher, tenant_id, one) == publisher.deaf_to
        ]

        async def others_sent() -> bool:
            return (await count(scratch_settings, tenant_id)).unsent == 2 * len(behind)

        await until(others_sent)
        seen_lag = relay.lag
        publisher.deaf_to = None

    async with working(scratch_settings):
        await all_counted(scratch_settings, tenant_id, at_least=2 * len(counters))
        await all_read(scratch_settings)
    assert seen_lag is not None
    assert findings(await gather(scratch_settings, tenant_id)) == []


async def _leads(relay: Relay) -> bool:
    return relay.leading


async def _place_of(publisher: Publisher, tenant_id: UUID, counter: UUID) -> tuple[str, int]:
    key = name_of(tenant_id, "counter", counter).key
    return ADVANCES.name, partition_of(key, await publisher.partitions(ADVANCES.name))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lines_that_fail_are_forgotten_or_late_keep_every_key_in_order(
    seed: int,
    scratch_settings: ServiceSettings,
    database: Database,
    tenant_id: UUID,
    broker: EmbeddedKafka,
) -> None:
    publisher = Moody(broker.bootstrap_servers, seed)
    counters = [new_id() for _ in range(8)]

    async with relaying(database, publisher) as relay:
        await until(lambda: _leads(relay))
        for _ in range(12):
            await asyncio.gather(*(advance(database, tenant_id, one) for one in counters))

        async def all_sent_in_every_mood() -> bool:
            if publisher.moods < MOODS:
                await advance(database, tenant_id, counters[0])
            return (await count(scratch_settings, tenant_id)).unsent == 0 and (
                publisher.moods == MOODS
            )

        await until(all_sent_in_every_mood, within_s=2 * PATIENCE_S)

    async with working(scratch_settings):
        await all_counted(scratch_settings, tenant_id, at_least=12 * len(counters))
        await all_read(scratch_settings)
    evidence = await gather(scratch_settings, tenant_id)
    assert findings(evidence) == []


async def test_tries_of_a_failing_line_come_less_and_less_often() -> None:
    held_up = HeldUp()
    place = ("a topic", 0)

    for _ in range(20):
        held_up.fail(place)

    assert held_up.holds(place)
    assert held_up._failing[place].delay_s == RETRY_DELAY_S_MAX
    held_up.free(place)
    assert not held_up


async def test_a_late_line_is_waited_for_by_whoever_must_know() -> None:
    held_up, arrives = HeldUp(), asyncio.get_running_loop().create_future()
    held_up.be_late(("a topic", 0), arrives, [])

    waiting = asyncio.create_task(held_up.all_ended())
    await asyncio.sleep(0)
    before = waiting.done()
    arrives.set_result(None)
    await within(PATIENCE_S, waiting)

    assert (before, held_up.holds(("a topic", 0))) == (False, True)
    assert held_up.ended() == [(("a topic", 0), arrives, [])]
    assert not held_up
