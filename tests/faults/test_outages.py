"""Servers that are away: yes means kept, no says when to come back, and memory is bounded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import prepare
from tests.faults.fault_settings import FaultSettings
from tests.faults.ground import Ground, start_again
from tests.faults.outage import MEMORY_MIB_MAX, Aftermath, Outage
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.storm_checker import damage
from tests.world import World

pytestmark = [pytest.mark.own_servers, pytest.mark.timeout(900)]


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[SmallDisk]:
    async with small_disk(tmp_path) as disk:
        yield disk


@pytest.fixture
async def cramped(ground: Ground, disk: SmallDisk) -> Ground:
    """The ground, with a database on the small disk."""
    server = disk.server
    url = f"postgresql://{server.host}:{server.port}"
    settings = ground.settings.model_copy(update={"database_url": url})
    await prepare(settings, server, replication=3)
    return replace(ground, world=World(settings, ground.world.keys, ground.world.issuer_base))


async def test_without_any_broker_people_work_on_and_their_news_arrive_later(
    ground: Ground, faults: FaultSettings, say: list[str]
) -> None:
    async def leave() -> None:
        ground.cluster.kill()

    async def come_back() -> None:
        for node in ground.cluster.nodes:
            node.begin()
        for node in ground.cluster.nodes:
            await start_again(node)

    aftermath = await Outage(ground, faults.outage_s).play(leave, come_back)

    say.append(f"All brokers away for {faults.outage_s:.0f} s: {aftermath}")
    nothing_broke(aftermath)
    assert set(aftermath.heard.statuses) == {201}
    assert aftermath.heard_during.statuses[201] > 0


async def test_without_the_database_people_are_told_to_come_back(
    ground: Ground, faults: FaultSettings, say: list[str]
) -> None:
    async def leave() -> None:
        ground.postgres.kill()

    async def come_back() -> None:
        await start_again(ground.postgres)

    aftermath = await Outage(ground, faults.outage_s, refusals_min=20).play(leave, come_back)

    say.append(f"The database away for {faults.outage_s:.0f} s: {aftermath}")
    nothing_broke(aftermath)
    assert aftermath.heard_during.statuses[503] >= 20


async def test_with_a_full_disk_people_are_told_to_come_back(
    cramped: Ground, disk: SmallDisk, faults: FaultSettings, say: list[str]
) -> None:
    # What lies in half-filled pages finds room a little longer.
    outage = Outage(cramped, faults.outage_s, refusals_min=20)
    aftermath = await outage.play(disk.fill, disk.free)

    say.append(f"The disk full for {faults.outage_s:.0f} s: {aftermath}")
    nothing_broke(aftermath)
    assert aftermath.heard_during.statuses[503] >= 20


def nothing_broke(aftermath: Aftermath) -> None:
    """See that yes meant kept, that every no was a good one, and that nobody grew or died."""
    heard = aftermath.heard
    assert (damage(aftermath.remains), heard.wrong, aftermath.died) == ([], [], [])
    assert heard.not_answered == 0
    assert max(aftermath.memory_mib.values()) <= MEMORY_MIB_MAX, aftermath.memory_mib
