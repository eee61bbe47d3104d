"""The PostgreSQL and the Kafka that the tests sit on: embedded, in containers, or given."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.postgres import EmbeddedPostgres

POSTGRES_PORT = 5432


@dataclass(frozen=True)
class PostgresServer:
    """Where a PostgreSQL is, and who may do everything there."""

    host: str
    port: int
    superuser: str
    password: str


@dataclass(frozen=True)
class KafkaServer:
    """Where a Kafka is."""

    bootstrap_servers: str


@dataclass(frozen=True)
class Servers:
    """A way to have servers: each is there for as long as its block lasts."""

    postgres: Callable[[Path], AbstractContextManager[PostgresServer]]
    kafka: Callable[[Path], AbstractContextManager[KafkaServer]]


class ServerSettings(BaseSettings):
    """What may be said of the servers that the tests sit on."""

    model_config = SettingsConfigDict(
        env_prefix="FORTALER_TEST_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    servers: Literal["embedded", "containers", "given"] = "embedded"
    database_url: str = ""
    """Such as postgresql://host:5432: a server on which the tests may make databases and roles."""
    database_admin_user: str = "postgres"
    database_admin_password: str = ""
    kafka_bootstrap_servers: str = ""


def read_settings() -> ServerSettings:
    """Answer what is said of the servers; ends the run with one line when it cannot be meant."""
    try:
        return ServerSettings()
    except ValidationError as error:
        (wrong, *_) = error.errors()
        name = "_".join(str(part) for part in wrong["loc"]).upper()
        raise pytest.UsageError(f"FORTALER_TEST_{name}: {wrong['msg'].lower()}") from None


def choose(settings: ServerSettings) -> Servers:
    """Answer the way that is asked for; ends the run with one line when it is not to be had."""
    if settings.servers == "embedded":
        return Servers(_embedded_postgres, _embedded_kafka)
    if settings.servers == "given":
        return _given(settings)
    # Only here, since the library belongs to this way alone.
    from tests import containers

    containers.require_engine()
    return Servers(lambda _: containers.postgres(), lambda _: containers.kafka())


@contextmanager
def _embedded_postgres(scratch: Path) -> Iterator[PostgresServer]:
    with EmbeddedPostgres(scratch / "postgres", durable=False) as server:
        yield PostgresServer(server.host, server.port, server.superuser, server.password)


@contextmanager
def _embedded_kafka(scratch: Path) -> Iterator[KafkaServer]:
    with EmbeddedKafka(scratch / "kafka") as broker:
        yield KafkaServer(broker.bootstrap_servers)


def _given(settings: ServerSettings) -> Servers:
    needed = ("database_url", "kafka_bootstrap_servers")
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        names = " and ".join(f"FORTALER_TEST_{name.upper()}" for name in missing)
        raise pytest.UsageError(f"FORTALER_TEST_SERVERS=given needs {names}.")
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        raise pytest.UsageError("FORTALER_TEST_DATABASE_URL is no address.") from None
    if url.host is None:
        raise pytest.UsageError("FORTALER_TEST_DATABASE_URL names no host.")
    postgres = PostgresServer(
        url.host,
        url.port or POSTGRES_PORT,
        settings.database_admin_user,
        settings.database_admin_password,
    )
    kafka = KafkaServer(settings.kafka_bootstrap_servers)
    return Servers(lambda _: nullcontext(postgres), lambda _: nullcontext(kafka))
