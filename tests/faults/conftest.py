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
from fortaler.embedded import EmbeddedCluster, EmbeddedKafka, EmbeddedPostgres
from fortaler.embedded.ports import free_port
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys
from tests.chassis.scratch_service.contract import TOPICS
from tests.chassis.scratch_service.main import SERVICE
from tests.faults.fault_settings import FaultSettings
from tests.faults.ground import Ground
from tests.servers import PostgresServer
from tests.world import World, serving


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


async def prepare(
    settings: ServiceSettings, postgres: EmbeddedPostgres | PostgresServer, *, replication: int = 1
) -> None:
    """Make what the made-up service needs on servers of its own."""
    await provision(
        settings, SERVICE.name, admin_user=postgres.superuser, admin_password=postgres.password
    )
    await migrate(settings, SERVICE.name, SERVICE.migrations, SERVICE.metadata)
    await apply_topics(
        settings.kafka_bootstrap_servers, [*TOPICS, DIRECTORY], replication=replication
    )


@pytest.fixture(scope="session")
async def mortal(mortal_postgres: EmbeddedPostgres, mortal_kafka: EmbeddedKafka) -> ServiceSettings:
    """Settings of the made-up service on these two."""
    settings = ServiceSettings(
        database_url=f"postgresql://{mortal_postgres.host}:{mortal_postgres.port}",
        database_password=SecretStr("only-for-tests"),
        kafka_bootstrap_servers=mortal_kafka.bootstrap_servers,
        log_level="warning",
    )
    await prepare(settings, mortal_postgres)
    return settings


@pytest.fixture(scope="session")
def three_brokers(scratch: Path) -> Iterator[EmbeddedCluster]:
    """Three brokers that may be killed."""
    with EmbeddedCluster(scratch / "three-brokers") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kept_postgres(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for big faults, which keeps what it has committed."""
    with EmbeddedPostgres(scratch / "kept-postgres") as server:
        yield server


@pytest.fixture(scope="session")
async def whole_ground(
    three_brokers: EmbeddedCluster, kept_postgres: EmbeddedPostgres, scratch: Path
) -> AsyncIterator[Ground]:
    """The ground for big faults, with a world around the made-up service on it."""
    keys, port = IssuerKeys(scratch / "ground-issuers"), free_port()
    base = f"http://127.0.0.1:{port}"
    settings = ServiceSettings(
        database_url=f"postgresql://{kept_postgres.host}:{kept_postgres.port}",
        database_password=SecretStr("only-for-tests"),
        kafka_bootstrap_servers=three_brokers.bootstrap_servers,
        operator_issuer=f"{base}/issuers/operator",
        operator_jwks_uri=f"{base}/issuers/operator/jwks.json",
        log_level="warning",
    )
    await prepare(settings, kept_postgres, replication=3)
    async with serving(create_app(base_url=base, keys=keys, dev_secret="unused"), port):
        yield Ground(three_brokers, kept_postgres, World(settings, keys, base))


@pytest.fixture
def ground(whole_ground: Ground) -> Ground:
    """The ground, whatever the test before has left of it."""
    whole_ground.cluster.start()
    whole_ground.postgres.start()
    return whole_ground


@pytest.fixture(scope="session")
def faults() -> FaultSettings:
    """How big the faults are, and from which seed."""
    return FaultSettings()


SAID = pytest.StashKey[list[str]]()


@pytest.fixture
def say(pytestconfig: pytest.Config) -> list[str]:
    """What is told at the end of the run, even if all is well."""
    return pytestconfig.stash.setdefault(SAID, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what the big faults have led to, and how to have them again."""
    for line in terminalreporter.config.stash.get(SAID, []):
        terminalreporter.write_line(line)


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
