"""What peers need: a broker and a service whose news they read; a provider and all who trust it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.clock import SystemClock
from chassis.kafka import apply_topics
from chassis.service import Context, open_context, opened
from contracts.topics import ALL
from fortaler import services
from fortaler.embedded.children import EmbeddedFailed
from fortaler.embedded.kafka import EmbeddedKafka
from tests.peers import companies
from tests.peers.companies import House
from tests.peers.identity_provider import IdentityProvider, running
from tests.peers.npm_programs import installed
from tests.world import World


@pytest.fixture(scope="session")
async def broker(kafka: EmbeddedKafka) -> EmbeddedKafka:
    """A real Kafka with every topic of ours."""
    await apply_topics(kafka.bootstrap_servers, ALL)
    return kafka


@pytest.fixture(scope="module")
async def announcer(world: World, broker: EmbeddedKafka) -> AsyncIterator[Context]:
    """A process of a real service, whose outbox takes news of every kind."""
    settings = world.settings.model_copy(
        update={"kafka_bootstrap_servers": broker.bootstrap_servers}
    )
    service = services.load("recognition")
    async with opened(service, open_context(service, settings, SystemClock())) as context:
        yield context


@pytest.fixture(scope="session")
def programs() -> Path:
    """Where npm has put what we run; without a network and a cache, one line says so."""
    try:
        return installed()
    except EmbeddedFailed as failure:
        pytest.fail(str(failure), pytrace=False)


@pytest.fixture(scope="module")
async def provider(
    world: World, programs: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[IdentityProvider]:
    """An identity provider that is not ours."""
    folder = tmp_path_factory.mktemp("provider")
    async with running(programs, folder, world.settings.audience) as provider:
        yield provider


@pytest.fixture
async def rotating(world: World, programs: Path, tmp_path: Path) -> AsyncIterator[IdentityProvider]:
    """One of a test's own, whose keys may change."""
    async with running(programs, tmp_path, world.settings.audience) as provider:
        yield provider


@pytest.fixture(scope="module")
async def house(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Every service and the gateway before them."""
    async with companies.opened(world, tmp_path_factory.mktemp("house")) as opened:
        yield opened
