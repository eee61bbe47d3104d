"""What every test may ask for: PostgreSQL, Kafka and a world around the services, begun once."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from pydantic import SecretStr

from chassis.migrating import migrate, provision
from chassis.settings import ServiceSettings
from fortaler import services
from fortaler.embedded.ports import free_port
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys
from tests.servers import KafkaServer, PostgresServer, Servers, choose, read_settings
from tests.world import World, serving

DATABASE_PASSWORD = "only-for-tests"
SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the servers before any test is looked for: what is not to be had is said in a line."""
    config.stash[SERVERS] = choose(read_settings())
    # How long an example takes is nobody's sentence, and on a busy machine one of thousands is
    # held up. Whatever else is chosen stays as it is.
    chosen = hypothesis.settings.default
    hypothesis.settings.register_profile("in its own time", chosen, deadline=None)
    hypothesis.settings.load_profile("in its own time")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what brings, kills or freezes embedded servers when others are chosen."""
    if read_settings().servers == "embedded":
        return
    own = [item for item in items if item.get_closest_marker("own_servers")]
    config.hook.pytest_deselected(items=own)
    items[:] = [item for item in items if item not in own]


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory that every user may pass through, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="fortaler-tests-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """The way in which this run has its servers."""
    return pytestconfig.stash[SERVERS]


@pytest.fixture(scope="session")
def postgres(servers: Servers, scratch: Path) -> Iterator[PostgresServer]:
    """A real PostgreSQL."""
    with servers.postgres(scratch) as server:
        yield server


@pytest.fixture(scope="session")
def kafka(servers: Servers, scratch: Path) -> Iterator[KafkaServer]:
    """A real Apache Kafka."""
    with servers.kafka(scratch) as broker:
        yield broker


@pytest.fixture(scope="session")
def settings(postgres: PostgresServer, unused_kafka: str) -> ServiceSettings:
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
async def migrated(settings: ServiceSettings, postgres: PostgresServer) -> ServiceSettings:
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
        yield World(settings, keys, base, media_dir=scratch / "media")
