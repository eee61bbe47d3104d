"""What a service is made of, and the web app that its rooms become: wired by hand, in one place."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import MetaData, text
from starlette.types import ASGIApp

from chassis import health, openapi, people, problems
from chassis.auth import Jwks, Verifier
from chassis.body_limit import BodyLimit
from chassis.callers import FindCaller
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.handling import Handlers
from chassis.http_client import new_client
from chassis.issuers import Issuer, Issuers
from chassis.kafka import Publisher
from chassis.migrating import newest_revision
from chassis.observing import Observed
from chassis.routing import Router
from chassis.sealing import SealedColumn
from chassis.settings import ServiceSettings, Settings


@dataclass
class Context:
    """What a running process of a service holds: given to loops and resources, never global."""

    settings: ServiceSettings
    database: Database
    clock: Clock
    publisher: Publisher
    resources: Any = None


Loop = Callable[[Context], Coroutine[Any, Any, None]]
"""Work that a process does by itself, until it is cancelled."""

Resources = Callable[[Context], AbstractAsyncContextManager[Any]]
"""What a service needs besides a database, such as a client of a network: opened with it."""


@dataclass(frozen=True)
class Service:
    """A service: its name, its rooms, and nothing that runs yet."""

    name: str
    title: str
    description: str
    migrations: Path
    metadata: MetaData
    routers: Sequence[Router]
    handlers: Handlers = field(default_factory=Handlers)
    settings: type[ServiceSettings] = ServiceSettings
    loops: Sequence[Loop] = ()
    """What its worker does by itself, besides reading and relaying."""
    web_loops: Sequence[Loop] = ()
    """What its web process does by itself: only what belongs to the requests it serves."""
    resources: Resources | None = None
    find_caller: FindCaller = people.find_by_subject
    front: Callable[[FastAPI, ASGIApp], ASGIApp] | None = None
    """A raw ASGI callable before all else, for the one path that is hot: given the app and what
    stands around it, it answers some requests itself. Those are counted by it, and neither logged
    nor traced, which would cost more than the answer (ADR 22)."""
    sealed: Sequence[SealedColumn] = ()
    """Where it keeps sealed secrets; its settings are SealingSettings then."""
    large_bodies: Mapping[re.Pattern[str], int] = field(default_factory=dict)
    """Paths at which a body may be larger than elsewhere, and how large; their routes read it piece
    by piece, and say the same as `max_body_size`."""
    publishes_directly: bool = False
    """Whether its web process writes to Kafka itself: raw engagement only (design 4.2)."""


def open_context(service: Service, settings: ServiceSettings, clock: Clock) -> Context:
    """Make what a process of a service holds; nothing is connected yet."""
    return Context(
        settings=settings,
        database=Database(settings, service.name),
        clock=clock,
        publisher=Publisher(settings.kafka_bootstrap_servers),
    )


@asynccontextmanager
async def opened(service: Service, context: Context) -> AsyncIterator[Context]:
    """Hold a service's own resources open, and let Kafka and the database go at the end."""
    try:
        if service.resources is None:
            yield context
        else:
            async with service.resources(context) as resources:
                context.resources = resources
                yield context
    finally:
        # Not before: loops may still have something to publish at their end.
        await context.publisher.stop()
        await context.database.close()


def operator_issuers(settings: Settings) -> Issuers:
    """Answer the trusted issuers at the start: only the operator's."""
    return Issuers(
        Issuer(settings.operator_issuer, settings.operator_jwks_uri, settings.audience, None)
    )


def build_app(
    service: Service,
    settings: ServiceSettings,
    *,
    clock: Clock | None = None,
    issuers: Issuers | None = None,
) -> ASGIApp:
    """Build a service's web app. Given issuers are taken as they are; else Kafka is followed."""
    context = open_context(service, settings, clock or SystemClock())
    following = issuers is None
    known = issuers or operator_issuers(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with new_client() as client, opened(service, context), asyncio.TaskGroup() as tasks:
            app.state.verifier = Verifier(known, Jwks(client), context.clock)
            app.state.resources = context.resources
            work = _web_work(service, context)
            if following:
                work.append(known.follow(settings.kafka_bootstrap_servers))
            running = [tasks.create_task(one) for one in work]
            yield
            for task in running:
                task.cancel()

    app = _app(service, settings, lifespan)
    app.state.context = context
    app.state.database = context.database
    app.state.clock = context.clock
    app.state.find_caller = service.find_caller

    async def issuers_known() -> bool:
        return known.caught_up.is_set() or not following

    checks = {"database": answers(context.database, service.migrations), "issuers": issuers_known}
    health.install(app, checks)
    base = f"{settings.public_url}/problems"
    limited = BodyLimit(app, base=base, larger=service.large_bodies)
    observed = Observed(limited, service=service.name, sample_ratio=settings.trace_sample_ratio)
    return service.front(app, observed) if service.front else observed


def _web_work(service: Service, context: Context) -> list[Coroutine[Any, Any, None]]:
    work = [context.database.waker.run(), *(loop(context) for loop in service.web_loops)]
    if service.publishes_directly:
        # In the background: requests that need no Kafka are served without it.
        work.append(context.publisher.connect())
    return work


def document_app(service: Service, settings: ServiceSettings) -> FastAPI:
    """Build the app without anything that runs, to read its OpenAPI document."""

    @asynccontextmanager
    async def nothing(_app: FastAPI) -> AsyncIterator[None]:
        yield

    return _app(service, settings, nothing)


def answers(database: Database, migrations: Path) -> health.Check:
    """Answer the check that a database is there and has our newest migration."""
    newest = newest_revision(migrations)

    async def check() -> bool:
        async with database.engine.connect() as connection:
            found = await connection.execute(text("select version_num from alembic_version"))
            revision = found.scalar()
            # A newer one is fine: the database is expanded before the last old process has gone.
            return revision is not None and str(revision) >= newest

    return check


def _app(service: Service, settings: ServiceSettings, lifespan: Any) -> FastAPI:
    app = FastAPI(
        title=service.title,
        description=service.description,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=problems.BODY_BYTES_MAX,
        generate_unique_id_function=_operation_id,
        # Our own layer decides about sampling first, at half the price (measured).
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in service.routers:
        app.include_router(router)
    problems.install(app, settings.public_url)
    openapi.install(app, service.name)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
