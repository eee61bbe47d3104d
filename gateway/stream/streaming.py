"""One stream's life: what was missed, then what happens, with a cursor after each event."""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.types import Receive, Send

from chassis.auth import IssuerUnavailable, TokenRefused
from chassis.errors import Refusal
from chassis.tailing import KafkaAway, Place, Positions, Record, stretch
from chassis.telemetry import STREAM_EVENTS, STREAMS_ENDED, log
from chassis.waiting import wait_up_to
from gateway.refusals import ServiceBroke, ServiceUnavailable
from gateway.stream import wording
from gateway.stream.access import Access
from gateway.stream.cursors import Cursors
from gateway.stream.fanout import (
    Fanout,
    Subscription,
    Told,
    gap_in,
    read_or_skip,
    worded_or_skip,
)
from gateway.stream.public import tenant_in

CATCH_UP_S_MAX = 60.0
"""Then it is another's turn: the cursor has moved, so coming back goes on from there."""

ACCESS_UNKNOWN_S_MAX = 300.0
"""A directory that is away ends no stream at once; but a role that was lost may be unheard of."""

PIECE_BYTES_MAX = 64_000
"""What waits is sent together up to here: a system call for each event would cost more."""

Ending = wording.Reason | None
"""None: the client has left, and nobody is there to be told."""


@dataclass(frozen=True)
class Pace:
    """How often what is done, in seconds."""

    heartbeat_s: float
    life_s: float
    access_s: float


@dataclass(frozen=True)
class House:
    """What all streams of a gateway share."""

    bootstrap_servers: str
    fanout: Fanout
    cursors: Cursors
    pace: Pace


class Stream:
    """Sends to one client what its company announced, from a point on."""

    def __init__(
        self,
        house: House,
        subscription: Subscription,
        access: Access,
        send: Send,
        *,
        tenant_id: UUID,
        begin: Positions,
    ) -> None:
        self._house = house
        self._subscription = subscription
        self._access = access
        self._send = send
        self._tenant_id = tenant_id
        self._at = dict(begin)
        self._piece = bytearray()
        self._sent_s = asyncio.get_running_loop().time()
        self._ended = False
        self._ending: Ending = None

    @property
    def is_behind(self) -> bool:
        """Answer whether there is something to catch up on."""
        return self._at != self._subscription.begun_at

    def end(self, reason: Ending) -> None:
        """End the stream as soon as what is being written is written; the first reason counts."""
        if not self._ended:
            self._ended, self._ending = True, reason
            self._subscription.changed.set()

    @asynccontextmanager
    async def watched(self, receive: Receive, closing: asyncio.Event) -> AsyncIterator[None]:
        """Notice meanwhile what ends a stream: the client, the server, its age, a lost right."""
        life_s = self._house.pace.life_s * random.uniform(0.9, 1)  # noqa: S311 - or all end at once
        limit = asyncio.get_running_loop().call_later(life_s, self.end, "lifetime")
        watchers = [
            self._start(work)
            for work in (
                self._until_left(receive),
                self._until_closing(closing),
                self._until_unfit(),
            )
        ]
        try:
            yield
        finally:
            limit.cancel()
            for task in watchers:
                task.cancel()
            await asyncio.wait(watchers)

    async def open(self) -> None:
        """Say where the stream begins."""
        self._piece += wording.opening(self._cursor())
        await self._flush()

    async def catch_up(self) -> None:
        """Send what lies between the cursor and the moment at which we began to listen."""
        until_s = asyncio.get_running_loop().time() + CATCH_UP_S_MAX
        try:
            await self._read_up_to(self._subscription.begun_at, until_s)
            while self._subscription.overflown and not self._ended:
                # So much came in meanwhile that it is easier read from Kafka as well.
                self._subscription.begin_again(self._house.fanout.now())
                await self._read_up_to(self._subscription.begun_at, until_s)
        except KafkaAway:
            self.end("interrupted")

    async def follow(self) -> None:
        """Send what happens, until the stream ends; then say why, if somebody still listens."""
        loop = asyncio.get_running_loop()
        while not self._ended:
            if self._subscription.waiting:
                await self._send_waiting()
            elif self._subscription.overflown:
                self.end("too_slow")
            elif (left_s := self._sent_s + self._house.pace.heartbeat_s - loop.time()) > 0:
                self._subscription.changed.clear()
                await wait_up_to(left_s, self._subscription.changed)
            elif await self._may_go_on():
                # Nothing waits, so all that was heard up to now is sent or was not wanted.
                self._advance(self._house.fanout.now())
                await self._beat()
        await self._close()

    async def _read_up_to(self, ends: Positions, until_s: float) -> None:
        begins = {place: self._at.get(place, 0) for place in ends}
        async with stretch(self._house.bootstrap_servers, begins, ends) as missed:
            if missed.lost:
                self._at.update(dict.fromkeys(missed.lost, 0))
                await self._write(gap_in(missed.lost))
            async for records, reached in missed.batches():
                await self._send_missed(records, reached)
                if asyncio.get_running_loop().time() > until_s:
                    self.end("more_to_catch_up")
                if self._ended:
                    return

    async def _send_missed(self, records: Sequence[Record], reached: Positions) -> None:
        if not await self._may_go_on():
            return
        tenant = str(self._tenant_id).encode()
        for record in records:
            place = record.topic, record.partition
            self._at[place] = record.offset + 1
            envelope = read_or_skip(record) if tenant_in(record.key) == tenant else None
            if envelope is None or not self._subscription.wanted.fits(envelope):
                continue
            if (worded := worded_or_skip(envelope)) is not None:
                await self._write(worded)
        self._advance({**self._at, **reached})
        await self._flush()
        if self._sent_s + self._house.pace.heartbeat_s < asyncio.get_running_loop().time():
            await self._beat()

    async def _send_waiting(self) -> None:
        if not await self._may_go_on():
            return
        while self._subscription.waiting and not self._ended:
            told = self._subscription.take()
            if not self._is_known(told):
                self._advance(told.positions, lost=told.lost)
                await self._write(told.worded)
        await self._flush()

    def _is_known(self, told: Told) -> bool:
        """Answer whether an event lies before our cursor, which another gateway may have given."""
        return told.place is not None and told.offset < self._at.get(told.place, 0)

    def _advance(self, positions: Positions, lost: Collection[Place] = ()) -> None:
        known = {place: at for place, at in self._at.items() if place not in lost}
        self._at = {place: max(at, known.get(place, 0)) for place, at in positions.items()}

    async def _may_go_on(self) -> bool:
        """Answer whether the token is valid still: nothing leaves after its end."""
        try:
            await self._access.identify()
        except IssuerUnavailable:
            self.end("access_unknown")
        except Refusal:
            self.end("token_expired")
        return not self._ended

    async def _write(self, worded: bytes) -> None:
        self._piece += wording.placed(self._cursor(), worded)
        STREAM_EVENTS.inc()
        if len(self._piece) >= PIECE_BYTES_MAX:
            await self._flush()

    async def _beat(self) -> None:
        self._piece += wording.heartbeat(self._cursor())
        await self._flush()

    async def _flush(self) -> None:
        if self._piece:
            piece, self._piece = bytes(self._piece), bytearray()
            # A client that does not read holds us here, and its queue fills up to its bounds.
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            self._sent_s = asyncio.get_running_loop().time()

    async def _close(self) -> None:
        STREAMS_ENDED.labels(self._ending or "left").inc()
        last = b""
        if self._ending is not None:
            last = wording.placed(self._cursor(), wording.ended(self._ending))
        await self._send({"type": "http.response.body", "body": last})

    def _cursor(self) -> str:
        return self._house.cursors.write(self._at, self._tenant_id)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._notice)
        return task

    def _notice(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log("stream").error("stream.failed", exc_info=error)
            self.end("interrupted")

    async def _until_left(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end(None)

    async def _until_closing(self, closing: asyncio.Event) -> None:
        await closing.wait()
        self.end("shutdown")

    async def _until_unfit(self) -> None:
        loop = asyncio.get_running_loop()
        known_s = loop.time()
        while True:
            await asyncio.sleep(self._house.pace.access_s)
            try:
                await self._access.confirm()
                known_s = loop.time()
            except (ServiceUnavailable, ServiceBroke):
                if loop.time() - known_s > ACCESS_UNKNOWN_S_MAX:
                    self.end("access_unknown")
            except TokenRefused:
                self.end("token_expired")
            except Refusal:
                self.end("access_ended")
