"""The relay: takes committed events from the outbox to Kafka, in order, at least once.

One relay per database leads, by an advisory lock on a connection of its own that also does the
reading: whoever loses the connection has lost the lead. Rows leave in the order of their positions
and are marked after Kafka's acknowledgement. A cursor would be faster, but would overtake
transactions that committed late (ADR 2). A line that is held up holds up no other (ADR 25).
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import asyncpg
from aiokafka.errors import KafkaError

from chassis import outbox, rewinding
from chassis.clock import Clock
from chassis.database import FAILURES, Database
from chassis.kafka import Publisher, partition_of
from chassis.lines import HeldUp, Place
from chassis.messages import Message
from chassis.telemetry import OUTBOX_OLDEST_UNSENT_S, OUTBOX_SENT, OUTBOX_UNSENT, log
from chassis.waiting import wait_up_to
from contracts.envelope import Name, headers_of, name_of

BATCH_ROWS_MAX = 2000
"""Past this the drain gets no faster, and a crash sends at most this many again."""

FRONT_ROWS_MAX = 100_000
"""While a line is held up, so far is looked past it, without reading what the rows say (0.2 s)."""

POLL_INTERVAL_S = 0.25
"""The safety net under NOTIFY: what a lost notification costs."""

LEAD_INTERVAL_S = 1.0
"""How often one that does not lead asks again."""

ROUND_INTERVAL_S_MIN = 0.005
"""At least this long between rounds, so that a stream of commits does not become one of queries."""

HELD_UP_INTERVAL_S_MIN = 0.1
"""The same while lines are held up, when a round has to look far."""

RECONNECT_DELAY_S = 0.5

TOPIC_TIMEOUT_S = 1.0
"""A topic that is missing is asked for in vain for as long as one waits; the others wait along."""

LINE_TIMEOUT_S = 1.0
"""So long a round waits for its lines. One that takes longer is left to arrive when it will."""

LOOK_INTERVAL_S = 1.0
"""How often is looked how much waits, and whether somebody wants something sent again."""

COUNTED_MAX = 100_000
"""A count reads what it counts; more than so many is told as so many."""

_LOCK = "select pg_try_advisory_lock(hashtext('fortaler.relay'))"
_COLUMNS = """
    position, id, tenant_id, topic, aggregatetype, aggregateid, type, payload,
    happened_at, traceparent, created_at
"""
_UNSENT = f"select {_COLUMNS} from outbox where sent_at is null order by position limit $1"  # noqa: S608
_FRONT = """
    select position, created_at, topic, tenant_id, aggregatetype, aggregateid
    from outbox where sent_at is null and topic <> all($2::text[]) order by position limit $1
"""
# The times name the days in which the rows lie, so that the others are not opened. The one index is
# of what is not sent (ADR 26).
_CHOSEN = f"""
    select {_COLUMNS} from outbox
    where sent_at is null and position = any($1::bigint[]) and created_at between $2 and $3
    order by position
"""  # noqa: S608 - the columns are named above
_MARK = """
    update outbox set sent_at = $1
    where sent_at is null and position = any($2::bigint[]) and created_at between $3 and $4
"""
_LAG = """
    select (select count(*) from (select from outbox where sent_at is null limit $1) as waiting),
           (select extract(epoch from clock_timestamp() - min(created_at))
            from (select created_at from outbox where sent_at is null order by position limit 1)
            as front)
"""


@dataclass(frozen=True)
class Lag:
    """What waits in the outbox: how many (COUNTED_MAX at most), and the first of them how long."""

    unsent: int
    oldest_s: float


@dataclass(frozen=True)
class _Line:
    """What goes to one partition in one go. Its messages are made while they are written."""

    source: str
    rows: list[asyncpg.Record] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Message]:
        for row, name in zip(self.rows, self.names, strict=True):
            yield _message(row, name, self.source)


class Relay:
    """Moves one service's outbox; run it in as many processes as you like, one will lead."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._woken = asyncio.Event()
        self._held_up = HeldUp()
        self._looked_s = float("-inf")
        self.leading = False
        self.lag: Lag | None = None
        """As it was seen last, by whoever leads; None for the others."""

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled. A database in trouble is waited out."""
        while True:
            try:
                await self._connected()
            except FAILURES as error:
                log("relay").warning("relay.database_trouble", error=type(error).__name__)
            finally:
                self.leading = False
                self.lag = None
            await asyncio.sleep(RECONNECT_DELAY_S)

    async def _connected(self) -> None:
        connection = await self._database.connect("relay")
        try:
            # A lock of another session cannot be waited for without holding a statement open.
            while not await connection.fetchval(_LOCK):  # noqa: ASYNC110
                await asyncio.sleep(LEAD_INTERVAL_S)
            await connection.add_listener(outbox.CHANNEL, lambda *_: self._woken.set())
            self._held_up.forget()
            self._looked_s = float("-inf")
            self.leading = True
            await self._lead(connection)
        finally:
            # Terminated, not closed: a close could wait for a server that does not answer.
            connection.terminate()

    async def _lead(self, connection: asyncpg.Connection) -> None:
        while True:
            self._woken.clear()
            # First: what is to be sent again goes before what comes after it.
            await self._look(connection)
            sent = await self.drain(connection)
            if sent >= BATCH_ROWS_MAX:
                continue
            held_up = bool(self._held_up)
            await asyncio.sleep(HELD_UP_INTERVAL_S_MIN if held_up else ROUND_INTERVAL_S_MIN)
            await wait_up_to(POLL_INTERVAL_S, self._woken)

    async def drain(self, connection: asyncpg.Connection) -> int:
        """Send one batch of unsent rows and mark what was acknowledged; answers how many."""
        # Lines that were late come first: their rows are at the front else, and would go again.
        arrived = [
            row
            for place, arrives, rows in self._held_up.ended()
            for row in self._acknowledged(place, arrives, rows)
        ]
        if arrived:
            await self._mark(connection, arrived)
        sent = await self._send(await self._lines(await self._front(connection)))
        if sent:
            await self._mark(connection, sent)
        return len(arrived) + len(sent)

    async def _mark(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> None:
        created = [row["created_at"] for row in rows]
        positions = [row["position"] for row in rows]
        await connection.execute(_MARK, self._clock.now(), positions, min(created), max(created))
        OUTBOX_SENT.labels(self._database.service).inc(len(rows))

    async def _front(self, connection: asyncpg.Connection) -> Sequence[asyncpg.Record]:
        """Read the first rows that can be sent now.

        It is one statement that says which, so that what it sees of a key is all there is before.
        """
        if not self._held_up:
            return list(await connection.fetch(_UNSENT, BATCH_ROWS_MAX))
        keys = await connection.fetch(_FRONT, FRONT_ROWS_MAX, self._held_up.topics())
        chosen = await self._choose(keys)
        if not chosen:
            return []
        created = [key["created_at"] for key in chosen]
        positions = [key["position"] for key in chosen]
        return list(await connection.fetch(_CHOSEN, positions, min(created), max(created)))

    async def _choose(self, keys: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
        """Choose what is not held up, and a few of what was and may be tried again."""
        counts = await self._counts(key["topic"] for key in keys)
        probed = self._held_up.probed()
        met: set[Place | str] = {key["topic"] for key in keys}
        chosen: list[asyncpg.Record] = []
        for key in keys:
            if key["topic"] not in counts:
                continue
            place = key["topic"], partition_of(_name(key).key, counts[key["topic"]])
            met.add(place)
            if self._held_up.holds(place) or probed.get(place) == 0:
                continue
            if place in probed:
                probed[place] -= 1
            chosen.append(key)
            if len(chosen) == BATCH_ROWS_MAX:
                return chosen
        if len(keys) < FRONT_ROWS_MAX:
            self._held_up.met(met)
        return chosen

    async def _lines(self, rows: Sequence[asyncpg.Record]) -> dict[Place, _Line]:
        """Sort rows into their partitions' lines; a topic that cannot be asked for waits whole."""
        counts = await self._counts(row["topic"] for row in rows)
        source = f"/services/{self._database.service}"
        lines: dict[Place, _Line] = {}
        for row in rows:
            topic = row["topic"]
            if topic in counts:
                name = _name(row)
                place = topic, partition_of(name.key, counts[topic])
                line = lines.get(place)
                if line is None:
                    line = lines[place] = _Line(source)
                line.rows.append(row)
                line.names.append(name)
        return lines

    async def _counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Answer how many partitions each topic has; who cannot be asked for is left out."""
        asked = list(set(topics))
        answers = await asyncio.gather(*(self._count(topic) for topic in asked))
        return {topic: count for topic, count in zip(asked, answers, strict=True) if count}

    async def _count(self, topic: str) -> int | None:
        try:
            async with asyncio.timeout(TOPIC_TIMEOUT_S):
                count = await self._publisher.partitions(topic)
        # TimeoutError is an OSError.
        except (KafkaError, OSError) as error:
            log("relay").warning("relay.topic_unknown", topic=topic, error=type(error).__name__)
            self._held_up.fail(topic)
            return None
        self._held_up.free(topic)
        return count

    async def _send(self, lines: dict[Place, _Line]) -> list[asyncpg.Record]:
        """Send lines side by side; answers the rows of those that have arrived.

        A line that fails or takes long is left as it is, unmarked.
        """
        if not lines:
            return []
        sent = {place: self._publisher.enqueue(place, line) for place, line in lines.items()}
        await asyncio.wait(sent.values(), timeout=LINE_TIMEOUT_S)
        acknowledged: list[asyncpg.Record] = []
        for place, arrives in sent.items():
            if arrives.done():
                acknowledged += self._acknowledged(place, arrives, lines[place].rows)
            else:
                self._held_up.be_late(place, arrives, lines[place].rows)
                arrives.add_done_callback(self._wake)
        return acknowledged

    def _acknowledged(
        self, place: Place, arrives: asyncio.Future[None], rows: Sequence[asyncpg.Record]
    ) -> Sequence[asyncpg.Record]:
        """Answer the rows of a line that has ended, or none if it has failed."""
        error = arrives.exception()
        if error is None:
            self._held_up.free(place)
            return rows
        if not isinstance(error, KafkaError | OSError):
            raise error
        topic, partition = place
        log("relay").warning(
            "relay.line_failed", topic=topic, partition=partition, error=type(error).__name__
        )
        self._held_up.fail(place)
        return []

    def _wake(self, arrives: asyncio.Future[None]) -> None:
        # Looked at, since a lead that is lost leaves it to nobody.
        _ = arrives.cancelled() or arrives.exception()
        self._woken.set()

    async def _look(self, connection: asyncpg.Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_s < LOOK_INTERVAL_S:
            return
        self._looked_s = now_s
        if await rewinding.is_asked(connection):
            # What is on its way comes after what is to be sent again, so it must have arrived.
            await self._held_up.all_ended()
            await rewinding.rewind(connection, self._clock)
        self.lag = await lag_of(connection)
        OUTBOX_UNSENT.labels(self._database.service).set(self.lag.unsent)
        OUTBOX_OLDEST_UNSENT_S.labels(self._database.service).set(self.lag.oldest_s)


async def lag_of(connection: asyncpg.Connection) -> Lag:
    """Answer what waits in an outbox now."""
    unsent, oldest_s = await connection.fetchrow(_LAG, COUNTED_MAX)
    return Lag(unsent, float(oldest_s or 0))


def _name(row: asyncpg.Record) -> Name:
    return name_of(row["tenant_id"], row["aggregatetype"], row["aggregateid"])


def _message(row: asyncpg.Record, name: Name, source: str) -> Message:
    # In the order of _COLUMNS: look-ups by name would cost as much as all that is done here.
    _, id_, _, topic, _, _, type_, payload, at, traceparent, _ = row
    headers = headers_of(name, str(id_), type_, source, at, traceparent)
    return Message(topic, name.key, None if payload is None else payload.encode(), headers)
