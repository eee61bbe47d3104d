"""The judge of storms finds every damage that one may do, and none where there is none."""

from dataclasses import replace

import pytest

from tests.chassis.checker import Advance, Evidence
from tests.chassis.writing_process import ROLLED_BACK
from tests.faults.storm_checker import Remains, Told, damage

FIRST, SECOND = Advance("e1", "c", 1, "w-1"), Advance("e2", "c", 2)
KEPT = (FIRST, SECOND)
TALLIES = (Advance("t1", "c", 1), Advance("t2", "c", 2))
WHOLE = Remains(
    evidence=Evidence(
        committed=KEPT,
        unsent=0,
        in_topic=(FIRST, FIRST, SECOND),
        seen=(("c", 1), ("c", 2)),
        tallies={"c": 2},
    ),
    told=(Told("c", 1, "w-1"), Told("c", 2)),
    numbers={"c": 2},
    tallies_committed=TALLIES,
    tallies_in_topic=TALLIES,
    parked=0,
)


def with_evidence(**changed: object) -> Remains:
    return replace(WHOLE, evidence=replace(WHOLE.evidence, **changed))  # type: ignore[arg-type]


def test_nothing_is_found_where_all_is_well() -> None:
    assert damage(WHOLE) == []


@pytest.mark.parametrize(
    ("remains", "found"),
    [
        (with_evidence(in_topic=(FIRST,)), "lost: e2"),
        (with_evidence(in_topic=(*KEPT, Advance("e3", "c", 3))), "never committed: e3"),
        (with_evidence(in_topic=(SECOND, FIRST)), "in the topic, c of 2: [2, 1]"),
        (with_evidence(seen=(("c", 2), ("c", 1))), "seen, c of 2: [2, 1]"),
        (with_evidence(seen=(("c", 1), ("c", 2), ("c", 2))), "seen, c of 2: [1, 2, 2]"),
        (with_evidence(tallies={"c": 3}), "tally of c: 3 of 2"),
        (with_evidence(unsent=1), "1 are not marked as sent"),
        (
            with_evidence(in_topic=(FIRST, replace(SECOND, words=ROLLED_BACK))),
            "rolled back, but in the topic",
        ),
        (
            with_evidence(committed=(FIRST, replace(SECOND, words=ROLLED_BACK))),
            "rolled back, but in the tables",
        ),
        (replace(WHOLE, told=(Told("c", 3),)), "told, but not kept"),
        (replace(WHOLE, told=(Told("c", 1, "w-1"),)), "kept, but nobody was told"),
        (replace(WHOLE, told=(Told("c", 1, "w-2"),)), "told, but kept as another's w-1"),
        (replace(WHOLE, told=(Told("c", 2), Told("c", 2))), "told 2 times: ('c', 2)"),
        (replace(WHOLE, numbers={"c": 3}), "c is at 3, announced were 2"),
        (replace(WHOLE, numbers={"c": 2, "d": 1}), "d is at 1, announced were 0"),
        (replace(WHOLE, tallies_in_topic=TALLIES[:1]), "tally lost: t2"),
        (replace(WHOLE, tallies_committed=TALLIES[:1]), "tally never committed: t2"),
        (replace(WHOLE, tallies_in_topic=TALLIES[::-1]), "tallies of c out of order: [2, 1]"),
        (replace(WHOLE, parked=1), "1 were parked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_damage_is_found(remains: Remains, found: str) -> None:
    assert any(one.startswith(found) for one in damage(remains)), damage(remains)
