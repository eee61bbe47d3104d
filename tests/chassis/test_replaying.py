"""Dead letters replayed: in place, in their order, and once."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest

from chassis import settling
from chassis.clock import SystemClock
from chassis.ids import new_id
from chassis.replaying import Repair, Replayed
from chassis.settling import LetterNotFound, LetterSettled, Which
from tests.chassis.desk import ORDER, Desk, advances
from tests.chassis.scratch_service.contract import CounterAdvanced
from tests.chassis.test_poison import BAD, GOOD, Bad
from tests.envelopes import envelope_of


@pytest.fixture
def tenant_id() -> UUID:
    return new_id()


def outcomes(replayed: list[Replayed]) -> list[str]:
    return [one.outcome for one in replayed]


async def test_a_letter_whose_fault_is_mended_comes_to_effect_and_is_settled_with_it(
    desk: Desk, tenant_id: UUID
) -> None:
    desk.failing = {1}
    [letter] = await desk.park(*advances(tenant_id, 1))
    before = await desk.numbers(tenant_id)

    desk.failing = set()
    replayed = await desk.replayer.replay(letter.letter_id, ORDER)

    assert (before, await desk.numbers(tenant_id)) == ([], [1])
    [settled] = await desk.letters()
    assert (replayed.outcome, settled.state, settled.attempts) == ("replayed", "replayed", 1)
    assert (settled.settled_by, settled.settled_why) == ("ida", "The fault is mended.")
    assert settled.settled_at is not None
    [told] = await desk.ask("select topic from outbox where tenant_id = $1", tenant_id)
    assert told["topic"] == "fortaler.scratch_tallies"


async def test_a_letter_that_fails_again_stays_parked_with_its_new_reason(
    desk: Desk, tenant_id: UUID
) -> None:
    [letter] = await desk.park(replace(BAD["a missing field"].record))
    repair = Repair(value=json.dumps({"counter_id": str(new_id()), "number": 1}).encode())

    ended = await desk.replayer.replay(letter.letter_id, ORDER, repair)

    assert ended.outcome == "failed"
    [kept] = await desk.letters()
    assert (kept.state, kept.attempts, kept.settled_at) == ("parked", 1, None)
    assert (kept.reason.kind, "something else" in kept.reason.words) == ("unreadable", True)


async def test_a_letter_is_settled_once(desk: Desk, tenant_id: UUID) -> None:
    desk.failing = {1, 2}
    one, two = await desk.park(*advances(tenant_id, 1, 2))
    desk.failing = set()
    await desk.replayer.replay(one.letter_id, ORDER)
    async with desk.database.transaction() as session:
        now = SystemClock().now()
        ids = [one.letter_id, two.letter_id]
        discarded = await settling.discard(session, desk.name, ids, by="bo", why="No.", at=now)

    for letter in (one, two):
        with pytest.raises(LetterSettled):
            await desk.replayer.replay(letter.letter_id, ORDER)
    with pytest.raises(LetterNotFound):
        await desk.replayer.replay(new_id(), ORDER)

    assert discarded == {two.letter_id}
    assert [letter.state for letter in await desk.letters()] == ["replayed", "discarded"]
    assert await desk.numbers(tenant_id) == [1]


async def test_two_operators_at_once_have_one_effect(desk: Desk, tenant_id: UUID) -> None:
    desk.failing = {1}
    await desk.park(*advances(tenant_id, 1))
    desk.failing = set()

    both = await asyncio.gather(desk.replay_all(), desk.replay_all())

    assert await desk.numbers(tenant_id) == [1]
    found = sorted(outcome for replayed in both for outcome in outcomes(replayed))
    assert found in (["replayed"], ["replayed", "settled"])


async def test_many_are_replayed_in_the_order_in_which_they_were_and_a_key_waits_for_its_first(
    desk: Desk, tenant_id: UUID
) -> None:
    good, stuck = new_id(), new_id()
    desk.failing = {1, 2, 3}
    mixed = [
        one
        for number in (1, 2, 3)
        for counter_id in (stuck, good)
        for one in advances(tenant_id, number, counter_id=counter_id)
    ]
    await desk.park(*reversed(mixed))
    desk.failing = set()
    first = (await desk.letters())[0]
    await desk.ask(
        "update dead_letters set record_value = '{}' where id = $1 returning id", first.letter_id
    )

    replayed = await desk.replay_all()

    assert outcomes(replayed) == ["failed", "replayed", *["held_back", "replayed"] * 2]
    assert await desk.numbers(tenant_id) == [1, 2, 3]
    seen = await desk.ask("select counter_id from seen where tenant_id = $1", tenant_id)
    assert {row["counter_id"] for row in seen} == {good}
    attempts = [letter.attempts for letter in await desk.letters(Which())]
    assert attempts == [1, 0, 0]


async def test_a_rehearsal_tells_what_would_be_and_changes_nothing(
    desk: Desk, tenant_id: UUID
) -> None:
    desk.failing = {1, 2}
    before = await desk.park(*advances(tenant_id, 1), *advances(tenant_id, 2))
    desk.failing = {2}

    replayed = await desk.replay_all(order=replace(ORDER, rehearsal=True))

    assert outcomes(replayed) == ["would_replay", "failed"]
    assert await desk.letters() == before
    assert await desk.numbers(tenant_id) == []
    assert await desk.ask("select 1 from outbox where tenant_id = $1", tenant_id) == []


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_any_bad_message_comes_to_its_effect_once_when_it_is_repaired(
    desk: Desk, tenant_id: UUID, bad: Bad
) -> None:
    [letter] = await desk.park(bad.record)
    event = CounterAdvanced(counter_id=new_id(), number=1)
    envelope = envelope_of(event, tenant_id)
    assert envelope.data is not None
    headers = dict(envelope.headers())
    repair = Repair(envelope.data, envelope.key, GOOD.topic, headers)

    replayed = await desk.replayer.replay(letter.letter_id, ORDER, repair)
    again = await desk.new_consumer().take_in([bad.record])

    assert (replayed.outcome, replayed.reason) == ("replayed", "")
    assert await desk.numbers(tenant_id) == [1]
    async with desk.database.transaction() as session:
        settled, kept = await settling.get(session, desk.name, letter.letter_id)
    assert (kept.key, kept.value) == (bad.record.key, bad.record.value)
    assert list(kept.headers) == [tuple(header) for header in bad.record.headers]
    assert settled.settled_why is not None
    assert "Repaired: " in settled.settled_why
    assert "SHA-256" in settled.settled_why
    assert sum(again[ending] for ending in ("settled", "duplicate")) == 1
    assert await desk.numbers(tenant_id) == [1]


async def test_what_nobody_cares_for_is_not_settled_by_a_replay(desk: Desk) -> None:
    [letter] = await desk.park(BAD["no headers"].record)
    stranger = envelope_of(CounterAdvanced(counter_id=new_id(), number=1), new_id())
    headers = {**dict(stranger.headers()), "ce_type": b"fortaler.scratch.unheard_of.v1"}

    ended = await desk.replayer.replay(
        letter.letter_id, ORDER, Repair(b"{}", stranger.key, headers=headers)
    )

    assert (ended.outcome, ended.letter.state) == ("failed", "parked")
    assert ended.letter.reason.kind == "nobody-cares"


async def test_what_had_come_to_effect_before_is_settled_without_another_one(
    desk: Desk, tenant_id: UUID
) -> None:
    [good] = advances(tenant_id, 1)
    await desk.park(replace(good, value=b"{}"))
    await desk.consumer.take_in([replace(good, offset=good.offset + 1_000_000)])
    [letter] = await desk.letters()

    replayed = await desk.replayer.replay(letter.letter_id, ORDER, Repair(value=good.value))

    assert replayed.outcome == "duplicate"
    [settled] = await desk.letters()
    assert settled.state == "replayed"
    assert "before" in str(settled.settled_why)
    assert await desk.numbers(tenant_id) == [1]


async def test_what_is_read_again_after_the_fault_was_mended_settles_its_letter(
    desk: Desk, tenant_id: UUID
) -> None:
    desk.failing = {1}
    bad, good = advances(tenant_id, 1), advances(tenant_id, 2)
    await desk.park(*bad, *good)

    desk.failing = set()
    same_process = await desk.consumer.take_in(bad)
    other_process = await desk.new_consumer().take_in(bad)

    assert (same_process["done"], other_process["duplicate"]) == (1, 1)
    [letter] = await desk.letters()
    assert (letter.state, letter.settled_by) == ("replayed", None)
    assert letter.settled_why == "It was read again and taken in."


async def test_another_process_knows_what_waits(desk: Desk, tenant_id: UUID) -> None:
    desk.failing = {1}
    bad = advances(tenant_id, 1)
    await desk.park(*bad)

    desk.failing = set()
    await desk.new_consumer().take_in(bad)

    assert [letter.state for letter in await desk.letters()] == ["replayed"]
