"""Dead letters found, counted, discarded for good, and forgotten when that is long ago."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import settling
from chassis.clock import SystemClock
from chassis.dead_letters import SETTLED_KEPT
from chassis.housekeeping import Housekeeper
from chassis.ids import new_id
from chassis.settling import Which, event_id_of
from tests.chassis.desk import EVERYTHING, Desk, advances
from tests.chassis.scratch_service.contract import CounterAdvanced
from tests.chassis.test_poison import BAD


@pytest.fixture
def tenant_id() -> UUID:
    return new_id()


async def test_what_is_discarded_never_comes_to_effect_however_it_comes_again(
    desk: Desk, tenant_id: UUID
) -> None:
    desk.failing = {1}
    [one] = advances(tenant_id, 1)
    [letter] = await desk.park(one)
    async with desk.database.transaction() as session:
        await settling.discard(
            session, desk.name, [letter.letter_id], by="ida", why="A test.", at=SystemClock().now()
        )

    desk.failing = set()
    again = await desk.new_consumer().take_in([one])
    sent_again = await desk.new_consumer().take_in([replace(one, offset=one.offset + 1_000_000)])

    assert (again["duplicate"], sent_again["duplicate"]) == (1, 1)
    assert await desk.numbers(tenant_id) == []
    assert event_id_of(one.headers) is not None


async def test_another_record_at_the_place_of_a_settled_one_is_parked(desk: Desk) -> None:
    first = BAD["a missing field"].record
    [letter] = await desk.park(first)
    async with desk.database.transaction() as session:
        await settling.discard(
            session, desk.name, [letter.letter_id], by="ida", why="A test.", at=SystemClock().now()
        )

    endings = await desk.new_consumer().take_in([replace(first, value=b"[1]")])

    assert endings["parked"] == 1
    assert [one.state for one in await desk.letters()] == ["discarded", "parked"]


async def test_letters_are_found_by_what_an_operator_knows_of_them(
    desk: Desk, tenant_id: UUID
) -> None:
    desk.failing = {1}
    began = SystemClock().now()
    [mine] = advances(tenant_id, 1)
    bare, astray = BAD["no headers"].record, BAD["another topic"].record
    names = {
        (one.topic, one.offset): name
        for name, one in {"mine": mine, "bare": bare, "astray": astray}.items()
    }
    await desk.park(mine, bare, astray)

    async def found(**asked: Any) -> set[str]:
        return {names[letter.topic, letter.offset] for letter in await desk.letters(Which(**asked))}

    assert await found() == {"mine", "bare", "astray"}
    assert await found(tenant_id=tenant_id) == {"mine"}
    assert await found(type=CounterAdvanced.type) == {"mine", "astray"}
    assert await found(topic="fortaler.elsewhere") == {"astray"}
    assert await found(reason="not today") == {"mine"}
    assert await found(reason="not-today") == {"mine"}
    assert await found(reason="100%") == set()
    assert await found(since=began) == {"mine", "bare", "astray"}
    assert await found(until=began) == set()
    assert await found(state="discarded") == set()


async def test_letters_come_page_by_page_the_newest_first(desk: Desk, tenant_id: UUID) -> None:
    desk.failing = {1, 2, 3}
    for one in advances(tenant_id, 1, 2, 3):
        await desk.park(one)
    async with desk.database.transaction() as session:
        first = await settling.find(session, desk.name, Which(), limit=2)
        second = await settling.find(
            session, desk.name, Which(), limit=2, before=first[-1].letter_id
        )

    in_order = [letter.letter_id for letter in await desk.letters()]
    assert [letter.letter_id for letter in [*first, *second]] == in_order[::-1]


async def test_letters_are_counted_by_state_topic_and_kind_of_reason(desk: Desk) -> None:
    desk.failing = {1}
    await desk.park(*advances(new_id(), 1, 1), BAD["no headers"].record)

    async with desk.database.transaction() as session:
        counted = await settling.count(session, desk.name, EVERYTHING)

    assert [(one.state, one.reason_kind, one.letters) for one in counted] == [
        ("parked", "not-today", 2),
        ("parked", "unreadable", 1),
    ]


async def test_only_what_was_settled_long_ago_is_swept(desk: Desk, tenant_id: UUID) -> None:
    desk.failing = {1, 2, 3}
    old, new, _waiting = await desk.park(*advances(tenant_id, 1, 2, 3))
    async with desk.database.transaction() as session:
        for letter, age in ((old, SETTLED_KEPT + timedelta(days=1)), (new, timedelta(days=1))):
            await settling.discard(
                session,
                desk.name,
                [letter.letter_id],
                by="ida",
                why="A test.",
                at=SystemClock().now() - age,
            )
    await desk.ask(
        "update dead_letters set parked_at = parked_at - interval '1 year'"
        " where consumer = $1 returning 1",
        desk.name,
    )

    await Housekeeper(desk.database, SystemClock()).sweep()

    assert [letter.state for letter in await desk.letters()] == ["discarded", "parked"]
