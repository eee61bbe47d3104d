"""Servers of their own for tests that kill them: data that survives, and nobody else's tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from chassis.database import Database
from chassis.ids import new_id
from chassis.kafka import apply_topics
from chassis.migrating import migrate, provision
from chassis.settings import ServiceSettings
from contracts.topics import DIRECTORY
from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.postgres import EmbeddedPostgres
from tests.chassis.scratch_service.contract import TOPICS
from tests.chassis.scratch_service.main import SERVICE


@pytest.fixture(scope="session")
def mortal_postgres(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that may be killed: what it has committed, it keeps."""
    with EmbeddedPostgres(scratch / "mortal-postgres") as server:
        yield server


@pytest.fixture(scope="session")
def mortal_kafka(scratch: Path) -> Iterator[EmbeddedKafka]:
    """A Kafka that may be killed."""
    with EmbeddedKafka(scratch / "mortal-kafka") as broker:
        yield broker


@pytest.fixture(scope="session")
async def mortal(mortal_postgres: EmbeddedPostgres, mortal_kafka: EmbeddedKafka) -> ServiceSettings:
    """Settings of the made-up service on these two."""
    settings = ServiceSettings(
        database_url=f"postgresql://{mortal_postgres.host}:{mortal_postgres.port}",
        database_password=SecretStr("only-for-tests"),
        kafka_bootstrap_servers=mortal_kafka.bootstrap_servers,
        log_level="warning",
    )
    await provision(
        settings,
        SERVICE.name,
        admin_user=mortal_postgres.superuser,
        admin_password=mortal_postgres.password,
    )
    await migrate(settings, SERVICE.name, SERVICE.migrations, SERVICE.metadata)
    await apply_topics(mortal_kafka.bootstrap_servers, [*TOPICS, DIRECTORY])
    return settings


@pytest.fixture
async def database(mortal: ServiceSettings) -> AsyncIterator[Database]:
    """The made-up service's database."""
    opened = Database(mortal, SERVICE.name)
    yield opened
    await opened.close()


@pytest.fixture
def tenant_id() -> UUID:
    """A tenant that nobody else has."""
    return new_id()
