"""Metrics under test: with a spool of its own, and, for those who ask, with Kafka."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.kafka import apply_topics
from contracts import topics
from services.metrics.main import SERVICE
from tests.metrics.advocacy import settings_of
from tests.servers import KafkaServer
from tests.world import OpenService, World


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    """Where clicks wait; nothing is there yet."""
    return tmp_path / "spool"


@pytest.fixture
async def metrics(world: World, spool_dir: Path) -> AsyncIterator[OpenService]:
    """Metrics while Kafka is away."""
    async with world.open(SERVICE, settings=settings_of(world, spool_dir)) as service:
        yield service


@pytest.fixture
async def streaming(
    world: World, spool_dir: Path, kafka: KafkaServer
) -> AsyncIterator[OpenService]:
    """Metrics beside a real Kafka."""
    await apply_topics(kafka.bootstrap_servers, topics.ALL)
    settings = settings_of(world, spool_dir, kafka.bootstrap_servers)
    async with world.open(SERVICE, settings=settings) as service:
        yield service
