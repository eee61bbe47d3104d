"""Clicks on their way out: 50 ms in memory, then Kafka, and the spool while Kafka is away."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from prometheus_client import Counter

from chassis.clock import Clock
from chassis.ids import new_id_text
from chassis.kafka import BrokerUnavailable, Publisher
from chassis.messages import Message
from chassis.telemetry import log
from chassis.waiting import wait_up_to
from services.metrics import use_cases
from services.metrics.domain.reports import OWN_SOURCE
from services.metrics.redirect.spool import Spool, adopt

FLUSH_INTERVAL_S = 0.05
"""What a kill -9 may cost while Kafka answers; a shorter one makes batches small."""

WAITING_MAX = 50_000
"""Ten megabytes: a second or two of more clicks than this machine can redirect."""

SENT_AT_ONCE_MAX = 2000
ACK_PATIENCE_S = 0.2
"""Kafka acknowledges within some ten milliseconds. What it has not by then goes to the disk, too:
so much, and an interval, is what a kill -9 may cost while Kafka has just stopped answering."""

RECOVERY_PATIENCE_S = 2.0
"""What lies on the disk already can wait longer for its acknowledgement."""

RECOVERY_INTERVAL_S = 1.0

CLICKS_SPOOLED = Counter("fortaler_clicks_spooled_total", "Clicks written to the local spool.")
CLICKS_LOST = Counter(
    "fortaler_clicks_lost_total", "Clicks that neither Kafka nor the spool nor memory could take."
)


class Click(msgspec.Struct, frozen=True, gc=False):
    """Somebody, or something, followed a link. Who is not known, and never asked.

    It is wrapped when it is written (`Sendable`).
    """

    event_id: str
    tenant_id: UUID
    share_id: UUID
    happened_at: datetime
    suspected_robot: bool

    @property
    def topic(self) -> str:
        """Answer where all raw engagements go."""
        return use_cases.TOPIC

    @property
    def key(self) -> bytes:
        """Answer its share's key."""
        return use_cases.key_of(self.tenant_id, self.share_id)

    def as_message(self) -> Message:
        """Answer it in its envelope."""
        recorded = use_cases.Recorded(
            share_id=self.share_id,
            kind="click",
            source=OWN_SOURCE,
            happened_at=self.happened_at,
            suspected_robot=self.suspected_robot,
        )
        return use_cases.to_message(self.tenant_id, self.event_id, recorded)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Click).decode


class Clicks:
    """Takes clicks without ever waiting, and gets them to Kafka at least once.

    A click keeps its event's id wherever it lies, so that consumers count it once.
    """

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._waiting: list[Click] = []
        self._spool_lock = asyncio.Lock()
        # While Kafka is away: the click that it is tried with again and again, being on disk too.
        self._probe: Click | None = None

    def record(self, tenant_id: UUID, share_id: UUID, *, suspected_robot: bool) -> None:
        """Take a click in."""
        if len(self._waiting) >= WAITING_MAX:
            CLICKS_LOST.inc()
            return
        self._waiting.append(
            Click(new_id_text(), tenant_id, share_id, self._clock.now(), suspected_robot)
        )

    async def run(self, publisher: Publisher) -> None:
        """Send clicks until cancelled; then send, or spool, the last ones."""
        stopping = asyncio.Event()
        # Not cancelled itself: what it has in hand would be lost.
        flushing = asyncio.create_task(self._flush_until(stopping, publisher))
        recovering = asyncio.create_task(self._recover(publisher))
        try:
            done, _ = await asyncio.wait(
                [flushing, recovering], return_when=asyncio.FIRST_COMPLETED
            )
            for failed in done:
                failed.result()
        finally:
            recovering.cancel()
            stopping.set()
            await asyncio.wait([flushing, recovering])

    async def _flush_until(self, stopping: asyncio.Event, publisher: Publisher) -> None:
        while not stopping.is_set():
            await wait_up_to(FLUSH_INTERVAL_S, stopping)
            await self._flush(publisher)
        self._spool.finish()

    async def _flush(self, publisher: Publisher) -> None:
        taken, self._waiting = self._waiting, []
        if not taken:
            return
        if self._probe is None:
            try:
                await self._send(publisher, taken, within_s=ACK_PATIENCE_S)
            except BrokerUnavailable:
                log("clicks").warning("clicks.kafka_away")
            else:
                return
        await self._keep(taken)

    async def _keep(self, clicks: Sequence[Click]) -> None:
        lines = [_encode(click) for click in clicks]
        try:
            async with self._spool_lock:
                await asyncio.to_thread(self._spool.append, lines)
        except OSError as error:
            CLICKS_LOST.inc(len(clicks))
            log("clicks").error("clicks.lost", count=len(clicks), error=type(error).__name__)
        else:
            CLICKS_SPOOLED.inc(len(clicks))

    async def _recover(self, publisher: Publisher) -> None:
        while True:
            try:
                await self._send_spool(publisher)
            except BrokerUnavailable:
                log("clicks").debug("clicks.kafka_still_away")
            except OSError as error:
                log("clicks").error("clicks.spool_trouble", error=type(error).__name__)
            await asyncio.sleep(RECOVERY_INTERVAL_S)

    async def _send_spool(self, publisher: Publisher) -> None:
        """Send what lies on the disk, ours and what a process before us has left."""
        if self._probe is not None:
            await self._send(publisher, [self._probe], within_s=RECOVERY_PATIENCE_S)
            self._probe = None
            log("clicks").info("clicks.kafka_back")
        files = self._spool.waiting()
        if not files:
            return
        async with self._spool_lock:
            self._spool.finish()
        for path in files:
            await self._send_file(publisher, path)

    async def _send_file(self, publisher: Publisher, path: Path) -> None:
        file = await asyncio.to_thread(adopt, path)
        if file is None:
            return
        try:
            clicks = _read(await asyncio.to_thread(file.read))
            for start in range(0, len(clicks), SENT_AT_ONCE_MAX):
                batch = clicks[start : start + SENT_AT_ONCE_MAX]
                await self._send(publisher, batch, within_s=RECOVERY_PATIENCE_S)
            file.remove()
            log("clicks").info("clicks.recovered", count=len(clicks))
        finally:
            file.release()

    async def _send(
        self, publisher: Publisher, clicks: Sequence[Click], *, within_s: float
    ) -> None:
        try:
            await publisher.deliver(clicks, within_s=within_s)
        except BrokerUnavailable:
            self._probe = self._probe or clicks[0]
            raise


def _read(lines: Sequence[bytes]) -> list[Click]:
    clicks = []
    for line in lines:
        try:
            clicks.append(_decode(line))
        except msgspec.MsgspecError:
            CLICKS_LOST.inc()
            log("clicks").error("clicks.unreadable")
    return clicks
