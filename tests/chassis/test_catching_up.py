"""A worker with a backlog takes the states in first, whatever order the partitions come in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.catching_up import CatchingUp
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.handling import Delivery, Handlers
from chassis.ids import new_id
from chassis.kafka import Publisher, apply_topics
from chassis.messages import Message, Record
from chassis.people import TenantNotKnown
from chassis.run import RECORDS_PER_BATCH_MAX, new_worker
from chassis.settings import ServiceSettings
from contracts.events import Event
from contracts.topics import Topic
from tests.chassis.checker import as_owner
from tests.chassis.running import working
from tests.chassis.scratch_service.main import SERVICE
from tests.envelopes import message_of
from tests.patience import until
from tests.servers import KafkaServer
from tests.world import World

STATES = Topic("fortaler.scratch_states", compacted=True, partitions=2)
MOVES = Topic("fortaler.scratch_moves", partitions=2)
POLL_MS = 200


class PieceKnown(
    Event, type="fortaler.scratch.piece_known.v1", topic=STATES, about=("piece", "piece_id")
):
    """A piece is on the board."""

    piece_id: UUID


class PieceMoved(
    Event, type="fortaler.scratch.piece_moved.v1", topic=MOVES, about=("piece", "piece_id")
):
    """A piece has moved."""

    piece_id: UUID


class Board:
    """Hears of a tenant's pieces and their moves, and remembers in which order it did."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.handlers = Handlers()
        self.heard: list[type[Event]] = []
        self.known: set[UUID] = set()
        self.handlers.on(PieceKnown)(self.meet)
        self.handlers.on(PieceMoved)(self.move)

    async def meet(self, delivery: Delivery[PieceKnown], _session: AsyncSession) -> None:
        """Know a piece."""
        if delivery.tenant_id != self.tenant_id:
            return
        self.known.add(delivery.event.piece_id)
        self.heard.append(PieceKnown)

    async def move(self, delivery: Delivery[PieceMoved], _session: AsyncSession) -> None:
        """Move a piece that must be known."""
        if delivery.tenant_id != self.tenant_id:
            return
        if delivery.event.piece_id not in self.known:
            raise TenantNotKnown("Nobody has heard of this piece.")
        self.heard.append(PieceMoved)


@pytest.fixture(scope="module")
async def publisher(broker: KafkaServer) -> AsyncIterator[Publisher]:
    await apply_topics(broker.bootstrap_servers, [STATES, MOVES])
    opened = Publisher(broker.bootstrap_servers)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
def tenant_id(scratch_world: World) -> UUID:
    return scratch_world.new_tenant().tenant_id


async def test_all_states_of_a_backlog_are_in_before_anything_else(
    scratch_settings: ServiceSettings, publisher: Publisher, tenant_id: UUID
) -> None:
    board = Board(tenant_id)
    pieces = [new_id() for _ in range(RECORDS_PER_BATCH_MAX)]
    moves = [PieceMoved(piece_id=piece) for piece in pieces]
    await publisher.publish(messages(tenant_id, moves))
    await publisher.publish(messages(tenant_id, [PieceKnown(piece_id=one) for one in pieces]))
    again = [PieceKnown(piece_id=one) for _ in range(2) for one in pieces]
    await publisher.publish(messages(tenant_id, again))

    worker = new_worker(replace(SERVICE, handlers=board.handlers), scratch_settings)
    async with working(scratch_settings, worker):
        await until(heard(board, len(pieces) * 4))

    assert board.heard == [PieceKnown] * 3 * len(pieces) + [PieceMoved] * len(pieces)


async def test_who_is_behind_reads_the_states_and_tries_once_more(
    scratch_settings: ServiceSettings, publisher: Publisher, tenant_id: UUID
) -> None:
    piece, stranger = new_id(), new_id()

    class Overtaken(Board):
        async def move(self, delivery: Delivery[PieceMoved], session: AsyncSession) -> None:
            if not self.known:
                # On its way before the move was, yet the move is read first.
                states = messages(tenant_id, [PieceKnown(piece_id=piece)])
                await publisher.publish(states)
            await super().move(delivery, session)

    board = Overtaken(tenant_id)
    worker = new_worker(replace(SERVICE, handlers=board.handlers), scratch_settings)
    async with working(scratch_settings, worker):
        await publisher.publish(messages(tenant_id, [PieceMoved(piece_id=piece)]))
        await until(heard(board, 2))
        await publisher.publish(messages(tenant_id, [PieceMoved(piece_id=stranger)]))

        async def parked() -> list[str]:
            return await reasons(scratch_settings, tenant_id)

        await until(parked)

    assert board.heard == [PieceKnown, PieceMoved]
    assert await reasons(scratch_settings, tenant_id) == ["Nobody has heard of this piece."]


async def test_of_a_batch_the_states_go_first(
    scratch_settings: ServiceSettings, tenant_id: UUID
) -> None:
    board, piece = Board(tenant_id), new_id()
    database = Database(scratch_settings, SERVICE.name)
    consumer = Consumer(SERVICE.name, board.handlers, database, SystemClock())
    batch = [PieceMoved(piece_id=piece), PieceKnown(piece_id=piece), PieceMoved(piece_id=piece)]

    endings = await consumer.take_in(
        [
            Record(one.topic, 0, offset, one.key, one.value, list(one.headers))
            for offset, one in enumerate(messages(tenant_id, batch))
        ]
    )
    await database.close()

    assert endings == {"done": 3}
    assert board.heard == [PieceKnown, PieceMoved, PieceMoved]


async def test_each_of_two_workers_waits_for_what_the_other_reads(
    broker: KafkaServer, publisher: Publisher, tenant_id: UUID
) -> None:
    group = f"fortaler.{new_id()}"
    known = [PieceKnown(piece_id=new_id()) for _ in range(20)]
    await publisher.publish(messages(tenant_id, known))

    async with reading(broker, group) as (one, one_ahead), reading(broker, group) as (other, ahead):
        await until(shared(one, other))
        assert not await ahead.is_over()
        await read_to_the_end(other)
        waiting = not await ahead.is_over()
        held_back = {place.topic for place in other.paused()}
        await read_to_the_end(one)
        done = [await ahead.is_over(), await one_ahead.is_over()]

    assert waiting
    assert held_back == {MOVES.name}
    assert done == [True, True]


async def test_an_end_that_no_record_marks_is_reached_as_well(
    broker: KafkaServer, publisher: Publisher
) -> None:
    ends_in_nothing = Topic(f"fortaler.scratch_{new_id()}", partitions=1)
    await apply_topics(broker.bootstrap_servers, [ends_in_nothing])
    await publisher.publish([Message(ends_in_nothing.name, b"key", b"soon gone")])
    # Only so can a test take records away; a compacted topic loses its last ones in an hour.
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.delete_records({TopicPartition(ends_in_nothing.name, 0): RecordsToDelete(1)})
    await admin.close()

    async with reading(broker, f"fortaler.{new_id()}", ends_in_nothing) as (kafka, ahead):

        async def over() -> bool:
            assert await kafka.getmany(timeout_ms=POLL_MS) == {}
            return await ahead.is_over()

        await until(over)
        paused = kafka.paused()

    assert paused == set()


def messages(tenant_id: UUID, events: Sequence[Event]) -> list[Message]:
    """Put events in their envelopes."""
    return [message_of(event, tenant_id) for event in events]


def heard(board: Board, count: int) -> Any:
    """Answer the question whether a board has heard so much."""

    async def done() -> bool:
        return len(board.heard) >= count

    return done


def shared(one: AIOKafkaConsumer, other: AIOKafkaConsumer) -> Any:
    """Answer the question whether two consumers have shared both topics' partitions."""

    async def done() -> bool:
        return {len(one.assignment()), len(other.assignment())} == {2}

    return done


async def reasons(settings: ServiceSettings, tenant_id: UUID) -> list[str]:
    """Answer why messages of a tenant were parked."""
    connection = await as_owner(settings)
    try:
        rows = await connection.fetch(
            "select reason from dead_letters where record_key like $1", f"{tenant_id}/%".encode()
        )
    finally:
        await connection.close()
    return [row["reason"] for row in rows]


@asynccontextmanager
async def reading(
    broker: KafkaServer, group: str, states: Topic = STATES
) -> AsyncIterator[tuple[AIOKafkaConsumer, CatchingUp]]:
    """Read states and moves as a worker does."""
    kafka = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    catching_up = CatchingUp(kafka, group, [states.name])
    kafka.subscribe([states.name, MOVES.name], listener=catching_up)
    await kafka.start()
    try:
        yield kafka, catching_up
    finally:
        await kafka.stop()


async def read_to_the_end(kafka: AIOKafkaConsumer) -> None:
    """Read all that a consumer may read, and commit it."""
    while await _left(kafka):
        await kafka.getmany(timeout_ms=POLL_MS)
        await kafka.commit()


async def _left(kafka: AIOKafkaConsumer) -> bool:
    readable = kafka.assignment() - kafka.paused()
    ends = await kafka.end_offsets(readable)
    return any([await kafka.position(place) < end for place, end in ends.items()])
