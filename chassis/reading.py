"""Reads what Kafka holds, and goes on behind records that its client cannot take apart.

aiokafka decodes the names of headers as UTF-8, and fails for the whole batch where one is not.
Whoever can write to a topic could stop all its readers for ever by one such record.
"""

from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.messages import Record
from chassis.telemetry import log

PROBE_TIMEOUT_MS = 1000
"""For a record that is known to be there; what a compaction has taken away is not waited for."""

ILLEGIBLE = "Kafka's client cannot take the record apart: a header's name is not UTF-8."

WhereWeAre = Callable[[TopicPartition], Awaitable[int | None]]
"""Answers up to where a partition was taken in, or None while nothing of it was."""


async def read(
    kafka: AIOKafkaConsumer, where_we_are: WhereWeAre, *, timeout_ms: int, at_most: int
) -> list[Record]:
    """Answer what is there next, at most so many; of what is illegible only where it stands."""
    try:
        batches = await kafka.getmany(timeout_ms=timeout_ms, max_records=at_most)
    except UnicodeDecodeError:
        log("reading").warning("reading.one_by_one")
        return await _one_by_one(kafka, where_we_are, at_most)
    return [_record(one) for batch in batches.values() for one in batch]


async def _one_by_one(
    kafka: AIOKafkaConsumer, where_we_are: WhereWeAre, at_most: int
) -> list[Record]:
    # What else had been taken out for that answer is lost with it, so all begin where we are.
    places = kafka.assignment() - kafka.paused()
    for place in places:
        taken_in = await where_we_are(place)
        if taken_in is None:
            await kafka.seek_to_beginning(place)
        else:
            kafka.seek(place, taken_in)
    found: list[Record] = []
    for place, end in (await kafka.end_offsets(places)).items():
        if len(found) < at_most:
            found += await _of_one(kafka, place, end, at_most - len(found))
    return found


async def _of_one(
    kafka: AIOKafkaConsumer, place: TopicPartition, end: int, at_most: int
) -> list[Record]:
    found: list[Record] = []
    illegible_to = -1
    while len(found) < at_most and (at := await kafka.position(place)) < end:
        try:
            batches = await kafka.getmany(place, timeout_ms=PROBE_TIMEOUT_MS, max_records=1)
        except UnicodeDecodeError:
            # It stands here or, where records are compacted away, a little further on: one letter.
            if at != illegible_to:
                found.append(
                    Record(place.topic, place.partition, at, None, None, (), fault=ILLEGIBLE)
                )
            illegible_to = at + 1
            kafka.seek(place, illegible_to)
            continue
        if not batches:
            break
        found += [_record(one) for batch in batches.values() for one in batch]
    return found


def _record(one: object) -> Record:
    names = ("topic", "partition", "offset", "key", "value", "headers")
    return Record(*(getattr(one, name) for name in names))
