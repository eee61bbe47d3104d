"""A recognition service at hand, in a tenant of its own."""

from collections.abc import AsyncIterator

import pytest

from services.recognition.main import SERVICE
from tests.recognition.story import Story
from tests.world import OpenService, World


@pytest.fixture(scope="session")
async def recognition(world: World) -> AsyncIterator[OpenService]:
    """One running service for all tests here: each has a tenant of its own."""
    async with world.open(SERVICE) as service:
        yield service


@pytest.fixture
def story(world: World, recognition: OpenService) -> Story:
    """What happens in one tenant, told to recognition as events."""
    return Story(recognition, world.new_tenant())
