"""Messages that cannot be taken in: parked with their reason, and nobody behind them waits."""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from chassis.clock import SystemClock
from chassis.consumer import PARKED_IN_A_ROW_MAX, Consumer, ConsumerStopped
from chassis.database import Database
from chassis.ids import new_id
from chassis.messages import Record
from chassis.settings import ServiceSettings
from contracts.events import Event
from tests.chassis.checker import as_owner
from tests.chassis.running import working
from tests.chassis.scratch_service.contract import ADVANCES, CounterAdvanced, TallyKept
from tests.chassis.scratch_service.main import SERVICE
from tests.envelopes import envelope_of
from tests.patience import until
from tests.servers import PostgresServer
from tests.world import World

TENANT, TENANT_TOO, COUNTER = new_id(), new_id(), new_id()
_offsets = itertools.count()


def record(event: Event, tenant_id: UUID = TENANT, **changed: Any) -> Record:
    """Answer an event as Kafka would bring it."""
    envelope = envelope_of(event, tenant_id)
    made = Record(
        event.topic.name, 0, next(_offsets), envelope.key, envelope.data, envelope.headers()
    )
    return replace(made, **changed)


GOOD = record(CounterAdvanced(counter_id=COUNTER, number=1))


def with_body(**fields: object) -> Record:
    return replace(GOOD, value=json.dumps({"counter_id": str(COUNTER), **fields}).encode())


def with_header(name: str, value: bytes | None) -> Record:
    kept = [(known, old) for known, old in GOOD.headers if known != name]
    return replace(GOOD, headers=[*kept, (name, value)])


def and_header(name: str, value: bytes) -> Record:
    return replace(GOOD, headers=[*GOOD.headers, (name, value)])


@dataclass(frozen=True)
class Bad:
    """A message that nobody can take in, and a word of the reason that a person will read."""

    record: Record
    reason: str


BAD = {
    "no headers": Bad(replace(GOOD, headers=[]), "Headers are missing"),
    "no tenant": Bad(with_header("ce_tenant", b""), "ce_tenant"),
    "a tenant that is no id": Bad(with_header("ce_tenant", b"nordlys"), "no readable value"),
    "another tenant than the key's": Bad(
        with_header("ce_tenant", b"%s" % str(new_id()).encode()), "key"
    ),
    "an id that is no id": Bad(with_header("ce_id", b"1"), "no readable value"),
    "a time that is no time": Bad(with_header("ce_time", b"yesterday"), "no readable value"),
    "a time without a zone": Bad(with_header("ce_time", b"2026-01-01T00:00:00"), "time zone"),
    "another version of CloudEvents": Bad(with_header("ce_specversion", b"0.3"), "CloudEvents"),
    "another content type": Bad(with_header("content-type", b"text/plain"), "content type"),
    "a header that is not text": Bad(with_header("ce_source", b"\xff\xfe"), "UTF-8"),
    "a header of NUL": Bad(with_header("ce_id", b"\x00"), "no readable value"),
    "a header that is nothing": Bad(with_header("ce_source", None), "UTF-8"),
    "no key": Bad(replace(GOOD, key=None), "key"),
    "somebody else's key": Bad(replace(GOOD, key=b"a/counter/b"), "key"),
    "another topic": Bad(replace(GOOD, topic="fortaler.elsewhere"), "does not belong"),
    "an empty body": Bad(replace(GOOD, value=b""), "Invalid JSON"),
    "a body that is not JSON": Bad(replace(GOOD, value=b"<advance/>"), "Invalid JSON"),
    "a body that is not UTF-8": Bad(replace(GOOD, value=b'{"number": "\xff"}'), "Invalid JSON"),
    "a body without end": Bad(replace(GOOD, value=b"[" * 100_000), "Invalid JSON"),
    "a body of another shape": Bad(replace(GOOD, value=b"[1]"), "does not fit"),
    "a missing field": Bad(with_body(), "number: Field required"),
    "a number that is none": Bad(with_body(number="many"), "number: "),
    "a number beyond Kafka's wildest dreams": Bad(with_body(number=10**40), "handler failed"),
    "a number that no column holds": Bad(with_body(number=2**40), "handler failed"),
    "something else than the subject": Bad(
        with_body(counter_id=str(new_id()), number=1), "something else"
    ),
    "what the handler refuses": Bad(with_body(number=-1), "-1 is below nought"),
    "a version that is a number": Bad(with_header("ce_specversion", b"\x01"), "CloudEvents"),
    "a time in seconds": Bad(with_header("ce_time", b"1764000000"), "no readable value"),
    "a subject without an id": Bad(with_header("ce_subject", b"counter"), "no readable value"),
    "a header without end": Bad(with_header("ce_source", b"/" * 100_000), "more than 4096 bytes"),
    "two ids": Bad(and_header("ce_id", str(new_id()).encode()), "stands twice"),
    "two tenants": Bad(and_header("CE_TENANT", str(new_id()).encode()), "stands twice"),
    "half a character": Bad(
        replace(GOOD, value=b'{"number": 1, "words": "\\ud800"}'), "Invalid JSON"
    ),
    "boxes in boxes": Bad(
        replace(GOOD, value=b'{"number": 1, "words": %b%b}' % (b"[" * 5000, b"]" * 5000)),
        "Invalid JSON",
    ),
    "not a number": Bad(replace(GOOD, value=b'{"number": NaN}'), "number: "),
    "a number without end": Bad(replace(GOOD, value=b'{"number": 1e999}'), "number: "),
    "half a number": Bad(with_body(number=1.5), "number: "),
    "nothing where a number is": Bad(with_body(number=None), "number: "),
    "words that are none": Bad(with_body(number=1, words={"da": "Hej"}), "words: "),
    "a tombstone without headers": Bad(replace(GOOD, value=None, headers=[]), "are missing"),
    "a tombstone of somebody else's": Bad(replace(GOOD, value=None, key=b"else"), "key"),
    "noise": Bad(replace(GOOD, value=random.Random(1).randbytes(200_000)), "Invalid JSON"),
    "noise without headers": Bad(
        Record(ADVANCES.name, 0, next(_offsets), b"\x00\xff", random.Random(2).randbytes(200), []),
        "Headers are missing",
    ),
}
assert len(BAD) >= 30


@dataclass
class Reader:
    """A consumer, and the owner's view of what it left in the database."""

    consumer: Consumer
    owner: asyncpg.Connection

    async def letters(self) -> list[asyncpg.Record]:
        return list(
            await self.owner.fetch(
                "select * from dead_letters where consumer = $1 order by topic, record_offset",
                self.consumer.name,
            )
        )

    async def numbers(self, tenant_id: UUID) -> list[int]:
        rows = await self.owner.fetch(
            "select number from seen where tenant_id = $1 order by place", tenant_id
        )
        return [row["number"] for row in rows]


@pytest.fixture
async def reader(scratch_world: World) -> AsyncIterator[Reader]:
    database = Database(scratch_world.settings, "scratch")
    owner = await as_owner(scratch_world.settings)
    name = f"reader-{new_id().hex}"
    yield Reader(Consumer(name, SERVICE.handlers, database, SystemClock()), owner)
    await owner.close()
    await database.close()


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_message_is_parked_with_its_reason_between_two_good_ones(
    reader: Reader, bad: Bad
) -> None:
    tenant_id = new_id()
    before, after = (
        record(CounterAdvanced(counter_id=COUNTER, number=number), tenant_id) for number in (1, 2)
    )

    endings = await reader.consumer.take_in([before, bad.record, after])

    assert endings == Counter(done=2, parked=1)
    assert await reader.numbers(tenant_id) == [1, 2]
    [letter] = await reader.letters()
    assert bad.reason in letter["reason"]
    assert (letter["record_key"], letter["record_value"]) == (bad.record.key, bad.record.value)
    kept = json.loads(letter["record_headers"])
    assert [(name, None if value is None else unquote_to_bytes(value)) for name, value in kept] == [
        tuple(header) for header in bad.record.headers
    ]


async def test_what_nobody_here_cares_for_is_ignored(reader: Reader) -> None:
    tombstone = replace(GOOD, value=None)
    of_others = record(TallyKept(counter_id=COUNTER, advances=1))
    # Whoever announces a new meaning announces the old one beside it, which we do care for.
    of_tomorrow = with_header("ce_type", b"fortaler.scratch.counter_advanced.v2")

    endings = await reader.consumer.take_in([tombstone, of_others, of_tomorrow])

    assert endings == Counter(ignored=3, done=0, duplicate=0)
    assert await reader.letters() == []


async def test_what_others_put_beside_our_headers_is_theirs(reader: Reader) -> None:
    tenant_id = new_id()
    good = record(CounterAdvanced(counter_id=COUNTER, number=1), tenant_id)
    beside = [("baggage", b"\xff\xfe"), ("b3", b"1"), ("b3", b"2"), ("x-noise", None)]

    endings = await reader.consumer.take_in([replace(good, headers=[*good.headers, *beside])])

    assert endings["done"] == 1
    assert await reader.numbers(tenant_id) == [1]


async def test_the_same_message_again_is_parked_once(reader: Reader) -> None:
    bad = BAD["a missing field"].record

    await reader.consumer.take_in([bad])
    await reader.consumer.take_in([bad])

    assert len(await reader.letters()) == 1


async def test_the_same_event_twice_in_one_batch_counts_once(reader: Reader) -> None:
    tenant_id = new_id()
    first = record(CounterAdvanced(counter_id=COUNTER, number=1), tenant_id)
    again = replace(first, offset=next(_offsets))

    endings = await reader.consumer.take_in([first, again])

    assert (endings["done"], endings["duplicate"]) == (1, 1)
    assert await reader.numbers(tenant_id) == [1]


async def test_too_many_bad_ones_in_a_row_stop_the_consumer(reader: Reader) -> None:
    bad = [
        replace(BAD["a missing field"].record, offset=next(_offsets))
        for _ in range(PARKED_IN_A_ROW_MAX)
    ]
    of_others = record(TallyKept(counter_id=COUNTER, advances=1))
    good = record(CounterAdvanced(counter_id=COUNTER, number=1), new_id())
    one_more = replace(BAD["a missing field"].record, offset=next(_offsets))
    await reader.consumer.take_in([*bad, good])
    await reader.consumer.take_in([*bad, of_others])

    with pytest.raises(ConsumerStopped):
        await reader.consumer.take_in([one_more])


async def test_a_batch_that_is_read_again_stops_the_consumer_no_more_than_before(
    reader: Reader,
) -> None:
    tenant_id = new_id()
    good_and_bad = [
        one
        for number in range(1, PARKED_IN_A_ROW_MAX + 2)
        for one in (
            record(CounterAdvanced(counter_id=COUNTER, number=number), tenant_id),
            replace(BAD["a missing field"].record, offset=next(_offsets)),
        )
    ]
    await reader.consumer.take_in(good_and_bad)

    again = await reader.consumer.take_in(good_and_bad)

    bad = PARKED_IN_A_ROW_MAX + 1
    assert again == Counter(duplicate=bad, parked=bad)
    assert len(await reader.letters()) == bad


async def test_a_database_in_trouble_is_waited_for_and_nothing_is_parked(
    reader: Reader, scratch_world: World, postgres: PostgresServer
) -> None:
    tenant_id = new_id()
    admin = await asyncpg.connect(
        host=postgres.host,
        port=postgres.port,
        user=postgres.superuser,
        password=postgres.password,
        database="postgres",
    )
    await admin.execute("alter role scratch_app connection limit 0")
    taking_in = asyncio.create_task(
        reader.consumer.take_in([record(CounterAdvanced(counter_id=COUNTER, number=1), tenant_id)])
    )

    async def in_trouble() -> bool:
        return reader.consumer.in_trouble

    try:
        await until(in_trouble)
    finally:
        await admin.execute("alter role scratch_app connection limit -1")
        await admin.close()

    assert (await taking_in)["done"] == 1
    assert not reader.consumer.in_trouble
    assert (await reader.numbers(tenant_id), await reader.letters()) == ([1], [])


async def test_bad_ones_in_a_partition_do_not_hold_up_the_good_ones_behind_them(
    scratch_settings: ServiceSettings, reader: Reader
) -> None:
    tenant_id, began = new_id(), SystemClock().now()
    good = [
        record(CounterAdvanced(counter_id=COUNTER, number=number), tenant_id)
        for number in range(1, len(BAD) + 1)
    ]
    sendable = [bad.record for name, bad in BAD.items() if name != "another topic"]
    producer = AIOKafkaProducer(bootstrap_servers=scratch_settings.kafka_bootstrap_servers)
    await producer.start()
    for one in (one for pair in itertools.zip_longest(sendable, good) for one in pair if one):
        await producer.send_and_wait(
            ADVANCES.name, one.value, one.key, partition=0, headers=list(one.headers)
        )
    await producer.stop()

    async def all_seen() -> bool:
        return len(await reader.numbers(tenant_id)) == len(good)

    async with working(scratch_settings) as worker:
        await until(all_seen)
        reader.consumer.name = worker.consumer.name

    assert await reader.numbers(tenant_id) == list(range(1, len(good) + 1))
    letters = [letter for letter in await reader.letters() if letter["parked_at"] >= began]
    assert len(letters) == len(sendable)
