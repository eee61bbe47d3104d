"""Running a service: its web process, its worker, or both; a part that dies ends its process."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError
from fastapi import FastAPI
from starlette.types import ASGIApp

from chassis import health
from chassis.clock import Clock, SystemClock
from chassis.consumer import Consumer
from chassis.kafka import Record
from chassis.relay import Relay
from chassis.service import Context, Service, answers, open_context, opened
from chassis.settings import ServiceSettings
from chassis.telemetry import log

RECORDS_PER_BATCH_MAX = 500
"""A transaction of so many events takes some ten milliseconds; more gains little (measured)."""

POLL_TIMEOUT_MS = 1000
RETRY_DELAY_S = 1.0
DRAIN_TIMEOUT_S = 10
"""How long requests in flight may take to end after SIGTERM."""


def new_server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """Make a web server that leaves logging and signals to us."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
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
        self.reading = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled. Raises what no waiting can mend, such as ConsumerStopped."""
        async with opened(self._service, self._context) as context, asyncio.TaskGroup() as tasks:
            await context.publisher.connect()
            try:
                tasks.create_task(context.database.waker.run())
                tasks.create_task(self.relay.run())
                for loop in self._service.loops:
                    tasks.create_task(loop(context))
                await self._consume()
            finally:
                await context.publisher.stop()

    def checks(self) -> dict[str, health.Check]:
        """Answer what must be there before this worker may be called ready."""

        async def reading() -> bool:
            return self.reading.is_set() and not self.consumer.in_trouble

        return {
            "database": answers(self._context.database, self._service.migrations),
            "reading": reading,
        }

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
            await asyncio.sleep(RETRY_DELAY_S)

    async def _read(self, topics: Sequence[str]) -> None:
        settings = self._context.settings
        kafka = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=settings.kafka_bootstrap_servers,
            group_id=f"fortaler.{self._service.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=settings.kafka_session_timeout_ms // 6,
        )
        try:
            await kafka.start()
            while True:
                if kafka.assignment():
                    self.reading.set()
                await self._take_in_what_is_there(kafka)
        finally:
            await kafka.stop()

    async def _take_in_what_is_there(self, kafka: AIOKafkaConsumer) -> None:
        batches = await kafka.getmany(timeout_ms=POLL_TIMEOUT_MS, max_records=RECORDS_PER_BATCH_MAX)
        records = [
            Record(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
            for batch in batches.values()
            for one in batch
        ]
        if not records:
            return
        await self.consumer.take_in(records)
        try:
            await kafka.commit(_after(records))
        except CommitFailedError:
            # The partitions went to another worker meanwhile; the inbox knows what we did.
            log("worker").info("worker.rebalanced", service=self._service.name)


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
    health.install(app, checks)
    return app


async def serve(apps: Sequence[tuple[ASGIApp, str, int]], workers: Sequence[Worker] = ()) -> None:
    """Serve apps on their (host, port) and run workers until SIGTERM or SIGINT.

    A worker that fails ends the whole process: an orchestrator sees it and starts a new one.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = [new_server(app, host, port) for app, host, port in apps]
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        working = [tasks.create_task(worker.run()) for worker in workers]
        serving = [tasks.create_task(_until_stopped(server, stop)) for server in servers]
        await stop.wait()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving)
        for task in working:
            task.cancel()


async def _until_stopped(server: uvicorn.Server, stop: asyncio.Event) -> None:
    # Signals are ours: several servers share a process, and one order for all of them.
    await server._serve()
    stop.set()
