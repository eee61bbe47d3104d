"""Running a service: its web process, its worker, or both; a part that dies ends its process."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from typing import Any

import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import garbage, health, reading
from chassis.catching_up import CatchingUp
from chassis.clock import Clock, SystemClock
from chassis.connections import Bounds, connections_within
from chassis.consumer import Consumer
from chassis.housekeeping import Housekeeper
from chassis.messages import Record
from chassis.people import TenantNotKnown
from chassis.relay import Relay
from chassis.service import Context, Service, answers, open_context, opened
from chassis.settings import ServiceSettings
from chassis.telemetry import log
from chassis.unsettled import Unsettled
from chassis.waiting import end_if_told

RECORDS_PER_BATCH_MAX = 500
"""A transaction of so many events takes some ten milliseconds; more gains little (measured)."""

POLL_TIMEOUT_MS = 1000
CATCHING_UP_POLL_MS = 100
"""While others read what is waited for, no record arrives that would end a poll."""

RETRY_DELAY_S = 1.0
DRAIN_TIMEOUT_S = 10
"""How long requests in flight may take to end after SIGTERM."""

LEAVE_TIMEOUT_S = 5
"""How long a consumer may take to say goodbye to a broker that may not answer."""


OUTBOX_LAG_S_MAX = 60.0
"""Events normally wait some milliseconds; after a minute somebody should look."""


def new_server(app: ASGIApp, host: str, port: int, bounds: Bounds | None = None) -> uvicorn.Server:
    """Make a web server that keeps its connections in bounds, and leaves logging and signals to us.

    Whoever calls is who is connected: whom to believe about others behind, the gateway decides.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=connections_within(bounds or Bounds()),
            ws="none",
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_TIMEOUT_S,
        )
    )


class Worker:
    """What a service does by itself: take events in, let announcements out, and its own loops."""

    def __init__(self, service: Service, context: Context) -> None:
        self._service = service
        self._context = context
        self.consumer = Consumer(service.name, service.handlers, context.database, context.clock)
        self.relay = Relay(context.database, context.publisher, context.clock)
        self.housekeeper = Housekeeper(context.database, context.clock)
        self.unsettled = Unsettled(service.name, context.database, context.clock)
        self.reading = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled. Raises what no waiting can mend, such as ConsumerStopped."""
        async with opened(self._service, self._context) as context:
            await self._migrated()
            async with asyncio.TaskGroup() as tasks:
                for work in self._work(context):
                    tasks.create_task(work)

    def _work(self, context: Context) -> list[Coroutine[Any, Any, None]]:
        return [
            context.publisher.connect(),
            context.database.waker.run(),
            self.relay.run(),
            self.housekeeper.run(),
            self.unsettled.run(),
            self._consume(),
            *(loop(context) for loop in self._service.loops),
        ]

    def checks(self) -> dict[str, health.Check]:
        """Answer what must be there before this worker may be called ready."""

        async def reading() -> bool:
            return self.reading.is_set() and not self.consumer.in_trouble

        async def relaying() -> bool:
            lag = self.relay.lag
            return lag is None or lag.oldest_s <= OUTBOX_LAG_S_MAX

        return {
            "database": answers(self._context.database, self._service.migrations),
            "reading": reading,
            "relaying": relaying,
        }

    def details(self) -> dict[str, health.Detail]:
        """Answer what operators may want to know of this worker beside."""

        async def outbox() -> dict[str, object]:
            lag = self.relay.lag
            return {"leading": self.relay.leading, **({} if lag is None else asdict(lag))}

        return {"outbox": outbox, "dead_letters": self.unsettled.detail}

    async def _migrated(self) -> None:
        # A handler that meets tables of yesterday would have its messages parked.
        check = answers(self._context.database, self._service.migrations)
        while not await health.ask(check):
            log("worker").warning("worker.waits_for_database", service=self._service.name)
            await asyncio.sleep(RETRY_DELAY_S)

    async def _consume(self) -> None:
        topics = self._service.handlers.topics()
        if not topics:
            self.reading.set()
            await asyncio.Event().wait()
        while True:
            try:
                await self._read(topics)
            except (KafkaError, OSError) as error:
                self.reading.clear()
                log("worker").warning("worker.kafka_trouble", error=type(error).__name__)
            end_if_told()
            await asyncio.sleep(RETRY_DELAY_S)

    async def _read(self, topics: Sequence[str]) -> None:
        settings = self._context.settings
        group = f"fortaler.{self._service.name}"
        kafka = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=settings.kafka_session_timeout_ms // 6,
        )
        catching_up = CatchingUp(kafka, group, self._service.handlers.compacted())
        kafka.subscribe(topics, listener=catching_up)
        try:
            await kafka.start()
            while True:
                if kafka.assignment():
                    self.reading.set()
                await self._take_in_what_is_there(kafka, catching_up)
        finally:
            await _leave(kafka)

    async def _take_in_what_is_there(
        self, kafka: AIOKafkaConsumer, catching_up: CatchingUp
    ) -> None:
        over = await catching_up.is_over()
        records = await _what_is_there(kafka, POLL_TIMEOUT_MS if over else CATCHING_UP_POLL_MS)
        if not records:
            return
        try:
            await self.consumer.take_in(records, may_be_behind=True)
        except TenantNotKnown:
            log("worker").info("worker.behind", service=self._service.name)
            await self._catch_up(kafka, catching_up)
            await self.consumer.take_in(records)
        await self._tick_off(kafka, records)

    async def _catch_up(self, kafka: AIOKafkaConsumer, catching_up: CatchingUp) -> None:
        """Read what the compacted topics hold by now: whoever did something was in there before."""
        catching_up.begin()
        while not await catching_up.is_over():
            states = await _what_is_there(kafka, CATCHING_UP_POLL_MS)
            if states:
                await self.consumer.take_in(states)
                await self._tick_off(kafka, states)

    async def _tick_off(self, kafka: AIOKafkaConsumer, records: Sequence[Record]) -> None:
        try:
            await kafka.commit(_after(records))
        except (CommitFailedError, IllegalStateError):
            # The partitions went to another worker meanwhile; the inbox knows what we did.
            log("worker").info("worker.rebalanced", service=self._service.name)


async def _what_is_there(kafka: AIOKafkaConsumer, timeout_ms: int) -> list[Record]:
    return await reading.read(
        kafka, kafka.committed, timeout_ms=timeout_ms, at_most=RECORDS_PER_BATCH_MAX
    )


async def _leave(kafka: AIOKafkaConsumer) -> None:
    try:
        async with asyncio.timeout(LEAVE_TIMEOUT_S):
            await kafka.stop()
    except (KafkaError, OSError) as error:
        log("worker").warning("worker.left_without_goodbye", error=type(error).__name__)


def _after(records: Sequence[Record]) -> dict[TopicPartition, int]:
    offsets: dict[TopicPartition, int] = {}
    for record in records:
        place = TopicPartition(record.topic, record.partition)
        offsets[place] = max(offsets.get(place, 0), record.offset + 1)
    return offsets


def new_worker(service: Service, settings: ServiceSettings, clock: Clock | None = None) -> Worker:
    """Make a worker; nothing runs yet."""
    return Worker(service, open_context(service, settings, clock or SystemClock()))


def health_app(workers: Sequence[Worker]) -> FastAPI:
    """Build the small app that answers for workers, which have no public routes."""
    app = FastAPI(openapi_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})
    checks = {
        f"{worker.consumer.name}.{name}": check
        for worker in workers
        for name, check in worker.checks().items()
    }
    details = {
        f"{worker.consumer.name}.{name}": detail
        for worker in workers
        for name, detail in worker.details().items()
    }
    health.install(app, checks, details)
    return app


async def serve(apps: Sequence[tuple[ASGIApp, str, int]], workers: Sequence[Worker] = ()) -> None:
    """Serve apps on their (host, port) and run workers until SIGTERM or SIGINT.

    A part that fails ends the whole process, with a code that is not 0: the others end in order,
    and an orchestrator sees it and starts a new one.
    """
    garbage.settle()
    parts = _Parts()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, parts.stop.set)
    servers = [new_server(_Watched(app, parts), host, port) for app, host, port in apps]
    async with asyncio.TaskGroup() as tasks:
        # Signals are ours: several servers share a process, and one order for all of them.
        serving = [tasks.create_task(parts.run(server._serve())) for server in servers]
        working = [tasks.create_task(parts.run(worker.run())) for worker in workers]
        await parts.stop.wait()
        for server in servers:
            server.should_exit = True
        if serving:
            await asyncio.wait(serving)
        for task in working:
            task.cancel()
    if parts.failed:
        raise SystemExit(1)


class _Parts:
    """What runs in a process; when one part ends, for whatever reason, all shall end."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.failed = False

    async def run(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        # uvicorn leaves by SystemExit when a port is taken, and would take the others along.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - told here and by the exit code
            self.fail(error)
        finally:
            self.stop.set()

    def fail(self, error: BaseException) -> None:
        if not self.failed:
            log("run").critical("part.failed", exc_info=error)
        self.failed = True
        self.stop.set()


class _Watched:
    """Notices the death of an app's background work, after which uvicorn would go on serving."""

    def __init__(self, app: ASGIApp, parts: _Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_type(message: Message) -> None:
            # Starlette adds a whole traceback as text, with the words that a log must not have.
            await send({"type": message["type"]})

        try:
            await self._app(scope, receive, send_type)
        except Exception as error:
            self._parts.fail(error)
            raise
