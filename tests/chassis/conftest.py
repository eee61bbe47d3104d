"""What the chassis's exam needs: a world around one made-up service, and a broker for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from chassis.database import Database
from chassis.ids import new_id
from chassis.kafka import apply_topics
from chassis.migrating import migrate, provision
from chassis.settings import ServiceSettings
from contracts.topics import DIRECTORY
from fortaler.embedded.ports import free_port
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys
from tests.chassis.desk import Desk
from tests.chassis.scratch_service.contract import TOPICS
from tests.chassis.scratch_service.main import SERVICE
from tests.servers import KafkaServer, PostgresServer
from tests.world import World, serving


@pytest.fixture(scope="session")
async def scratch_world(
    settings: ServiceSettings, postgres: PostgresServer, scratch: Path
) -> AsyncIterator[World]:
    """A world that holds the made-up service only."""
    await provision(
        settings, SERVICE.name, admin_user=postgres.superuser, admin_password=postgres.password
    )
    await migrate(settings, SERVICE.name, SERVICE.migrations, SERVICE.metadata)
    keys = IssuerKeys(scratch / "scratch-issuers")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with serving(create_app(base_url=base, keys=keys, dev_secret="unused"), port):
        operator = f"{base}/issuers/operator"
        its_own = {"operator_issuer": operator, "operator_jwks_uri": f"{operator}/jwks.json"}
        yield World(settings.model_copy(update=its_own), keys, base)


@pytest.fixture(scope="session")
async def broker(kafka: KafkaServer) -> KafkaServer:
    """A real Kafka with the topics of the made-up service."""
    await apply_topics(kafka.bootstrap_servers, [*TOPICS, DIRECTORY])
    return kafka


@pytest.fixture(scope="session")
def scratch_settings(scratch_world: World, broker: KafkaServer) -> ServiceSettings:
    """Settings of the made-up service, with a broker."""
    its_own = {"kafka_bootstrap_servers": broker.bootstrap_servers}
    return scratch_world.settings.model_copy(update=its_own)


@pytest.fixture
async def desk(scratch_world: World) -> AsyncIterator[Desk]:
    """An operator at the dead letters of a service of their own."""
    database = Database(scratch_world.settings, "scratch")
    yield Desk(f"desk-{new_id().hex}", scratch_world.settings, database)
    await database.close()


@pytest.fixture(scope="session", autouse=True)
def short_words() -> None:
    """Let failures that belong to a test be told in one line."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])


@pytest.fixture
async def database(scratch_settings: ServiceSettings) -> AsyncIterator[Database]:
    """The made-up service's database, with a broker for what it announces."""
    opened = Database(scratch_settings, "scratch")
    yield opened
    await opened.close()


@pytest.fixture
def tenant_id(scratch_world: World) -> UUID:
    """A tenant that nobody else has."""
    return scratch_world.new_tenant().tenant_id
