"""A storm of kills over three brokers: nothing is lost, nothing doubled, nothing out of order."""

from pathlib import Path

import pytest

from tests.faults.fault_settings import FaultSettings
from tests.faults.ground import Ground
from tests.faults.schedule import Kind, draw
from tests.faults.storm import Storm
from tests.faults.storm_checker import damage

pytestmark = pytest.mark.own_servers


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_doubled_or_out_of_order_whatever_is_killed(
    ground: Ground, faults: FaultSettings, tmp_path: Path, say: list[str]
) -> None:
    storm = Storm(ground, faults.seed, faults.events, tmp_path)

    try:
        remains = await storm.rage()
    except Exception as error:
        error.add_note(f"To have it again: {faults}")
        raise

    say.append(f"{faults}: {storm.summary(remains)}")
    found = damage(remains)
    wrong = (found, storm.troubles, storm.heard.wrong)
    assert wrong == ([], [], []), f"To have it again: {faults}"
    assert len(remains.evidence.committed) >= faults.events
    assert set(storm.played) == set(Kind)


def test_the_same_seed_draws_the_same_faults_and_every_kind_of_them() -> None:
    first, again, other = draw(7, 1000), draw(7, 1000), draw(8, 1000)

    assert first == again != other
    assert {fault.kind for fault in first} == set(Kind)
    assert [fault.at_events for fault in first] == sorted(fault.at_events for fault in first)
    assert len(draw(7, 10_000)) == 100
