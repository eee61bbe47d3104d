"""What every test may ask for: PostgreSQL, Kafka and a world around the services, begun once."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from chassis.migrating import migrate, provision
from chassis.settings import ServiceSettings
from fortaler import services
from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.ports import free_port
from fortaler.embedded.postgres import EmbeddedPostgres
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys
from tests.world import World, serving

DATABASE_PASSWORD = "only-for-tests"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory that every user may pass through, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="fortaler-tests-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.fixture(scope="session")
def postgres(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A real PostgreSQL, for this run only."""
    with EmbeddedPostgres(scratch / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def kafka(scratch: Path) -> Iterator[EmbeddedKafka]:
    """A real Apache Kafka, for this run only."""
    with EmbeddedKafka(scratch / "kafka") as broker:
        yield broker


@pytest.fixture(scope="session")
def settings(postgres: EmbeddedPostgres, unused_kafka: str) -> ServiceSettings:
    """Settings of services whose tests need no broker."""
    return ServiceSettings(
        database_url=f"postgresql://{postgres.host}:{postgres.port}",
        database_password=SecretStr(DATABASE_PASSWORD),
        kafka_bootstrap_servers=unused_kafka,
        database_connections_max=4,
        log_level="warning",
    )


@pytest.fixture(scope="session")
def unused_kafka() -> str:
    """The address of no broker: a test that needs Kafka asks for `kafka`."""
    return "127.0.0.1:9"


@pytest.fixture(scope="session")
async def migrated(settings: ServiceSettings, postgres: EmbeddedPostgres) -> ServiceSettings:
    """Settings whose databases exist and have every migration."""
    for name in services.NAMES:
        service = services.load(name)
        await provision(
            settings, name, admin_user=postgres.superuser, admin_password=postgres.password
        )
        await migrate(settings, name, service.migrations, service.metadata)
    return settings


@pytest.fixture(scope="session")
async def world(migrated: ServiceSettings, scratch: Path) -> AsyncIterator[World]:
    """The world around the services: an issuer of tokens, and databases with every migration."""
    keys = IssuerKeys(scratch / "issuers")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with serving(create_app(base_url=base, keys=keys, dev_secret="unused"), port):
        settings = migrated.model_copy(
            update={
                "operator_issuer": f"{base}/issuers/operator",
                "operator_jwks_uri": f"{base}/issuers/operator/jwks.json",
            }
        )
        yield World(settings, keys, base)
