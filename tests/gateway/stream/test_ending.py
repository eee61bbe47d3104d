"""Who may listen, how many, for how long, and how a stream ends."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from chassis.clock import SettableClock, SystemClock
from chassis.crypto import new_key
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.messages import Message
from chassis.run import DRAIN_TIMEOUT_S
from tests.envelopes import envelope_of
from tests.gateway.stream.conftest import Door, OpenDoor, ids, withdrawn
from tests.patience import PATIENCE_S, until, within
from tests.world import problem_of, serving

BIG = 50_000


@pytest.mark.parametrize("role", ["admin", "program_manager"])
async def test_who_answers_for_the_program_may_listen(door: Door, role: str) -> None:
    async with door.hearing(door.token(None, "employee", role)) as listener:
        assert listener.answer.status_code == 200


@pytest.mark.parametrize("role", ["employee", "author", "reviewer", "analyst", "works_council"])
async def test_others_may_not(door: Door, role: str) -> None:
    answer = await door.ask(door.token(None, role))

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")
    assert answer.json()["roles"] == ["admin", "program_manager"]


async def test_nobody_listens_without_a_token_and_a_name_in_the_directory(door: Door) -> None:
    stranger = door.world.token(door.tenant, "stranger")
    operator = door.world.token(None, "ops")

    nobody = await door.client.get("/v1/events/stream")
    unknown, above = await door.ask(stranger), await door.ask(operator)

    assert (nobody.status_code, problem_of(nobody)) == (401, "token-missing")
    assert (unknown.status_code, problem_of(unknown)) == (403, "person-unknown")
    assert (above.status_code, problem_of(above)) == (403, "person-unknown")


async def test_while_the_directory_is_away_nobody_new_comes_in_and_nobody_is_sent_off(
    door: Door,
) -> None:
    async with door.hearing() as listener:
        door.directory.away = True
        answer = await door.ask()
        asked = door.directory.asked
        await until(lambda: _is(door.directory.asked > asked + 2))
        announced = await door.announce(withdrawn())
        heard = await listener.hear(1)

    assert (answer.status_code, problem_of(answer)) == (503, "service-unavailable")
    assert ids(heard) == announced


async def test_a_stream_ends_with_the_role(door: Door) -> None:
    token = door.token()

    async with door.hearing(token) as listener:
        door.directory.people[token] = ["employee"]
        ending = await listener.ending()

    assert ending == {"reason": "access_ended", "resume": "Last-Event-ID"}
    assert listener.last_id


async def test_a_stream_ends_with_the_person(door: Door) -> None:
    token = door.token()

    async with door.hearing(token) as listener:
        del door.directory.people[token]

        assert (await listener.ending())["reason"] == "access_ended"


async def test_nothing_leaves_after_the_tokens_end(open_door: OpenDoor) -> None:
    clock = SettableClock(SystemClock().now())
    door = await open_door(clock=clock)

    async with door.hearing() as listener:
        clock.advance(timedelta(days=2))
        await door.announce(withdrawn())

        assert (await listener.ending())["reason"] == "token_expired"


async def test_a_stream_ends_with_its_company(door: Door) -> None:
    async with door.hearing() as listener:
        gone = door.world.registered(door.tenant).model_copy(update={"active": False})
        door.world.issuers.learn(gone)
        await door.announce(withdrawn())

        assert (await listener.ending())["reason"] == "token_expired"


async def test_a_stream_has_an_age(open_door: OpenDoor) -> None:
    key = SecretStr(new_key())
    short, long = (
        await open_door(stream_key=key, stream_life_s=0.3),
        await open_door(stream_key=key),
    )

    async with short.hearing(short.token(long.tenant)) as listener:
        assert (await listener.ending())["reason"] == "lifetime"

    missed = await long.announce(withdrawn())
    async with long.hearing(cursor=listener.last_id) as again:
        assert ids(await again.hear(1)) == missed


async def test_a_server_that_closes_says_so_and_does_not_wait(door: Door) -> None:
    loop = asyncio.get_running_loop()
    server = AsyncExitStack()
    base = await server.enter_async_context(serving(door.app))

    async with new_client(base) as client:
        async with replace(door, base=base, client=client).hearing() as listener:
            began_s = loop.time()
            closing = asyncio.create_task(server.aclose())
            ending = await listener.ending()
        await closing

    assert ending["reason"] == "shutdown"
    assert loop.time() - began_s < DRAIN_TIMEOUT_S / 2


async def _is(value: bool) -> bool:
    return value


@pytest.mark.parametrize(
    ("limits", "same_person", "whose"),
    [
        ({"streams_per_person_max": 2}, True, "you"),
        ({"streams_per_tenant_max": 2}, False, "your company"),
        ({"streams_max": 2}, False, "this gateway"),
    ],
)
async def test_there_is_room_for_so_many_streams(
    open_door: OpenDoor, limits: dict[str, int], same_person: bool, whose: str
) -> None:
    door = await open_door(**limits)
    one = door.token()
    other = one if same_person else door.token()

    async with door.hearing(one):
        async with door.hearing(other):
            answer = await door.ask(other)
        await until(lambda: _opens(door, other))

    assert (answer.status_code, problem_of(answer)) == (429, "streams-too-many")
    assert f"of {whose}" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0


async def _opens(door: Door, token: str) -> bool:
    async with door.listen(token) as listener:
        return listener.answer.status_code == 200


async def test_who_does_not_read_is_let_go_and_misses_nothing(open_door: OpenDoor) -> None:
    door = await open_door(stream_events_queued_max=10, stream_bytes_queued_max=10 * BIG)
    announced: list[str] = []

    async with door.hearing() as slow, door.hearing() as quick:
        heard = 0
        for _ in range(300):
            announced += await announce_big(door)
            # The quick one is served all the while.
            heard += len(await quick.hear(1))
        read = []
        while (event := await within(PATIENCE_S, slow.next())) is not None:
            read.append(event)

    assert heard == 300
    assert read[-1].data == {"reason": "too_slow", "resume": "Last-Event-ID"}
    assert ids(read[:-1]) == announced[: len(read) - 1]
    async with door.hearing(cursor=slow.last_id) as again:
        rest = await again.hear(300 - len(read) + 1)
    assert ids(rest) == announced[len(read) - 1 :]


_STORY = new_id()


async def announce_big(door: Door) -> list[str]:
    """Announce an event that is larger than ours are, all of one story, so of one order."""
    envelope = envelope_of(withdrawn(_STORY), door.tenant.tenant_id)
    data = b'{"story_id": "%s", "filling": "%s"}' % (str(_STORY).encode(), b"x" * BIG)
    await door.publisher.publish(
        [Message("fortaler.content", envelope.key, data, envelope.headers())]
    )
    return [str(envelope.id)]


async def test_a_silent_stream_beats(door: Door) -> None:
    async with door.hearing() as listener:
        for _ in range(3):
            await listener.heartbeat()

    assert listener.comments == 4


async def test_a_client_that_leaves_leaves_nothing_behind(door: Door) -> None:
    token = door.token()
    for _ in range(8):
        async with door.hearing(token):
            pass

    # Five are allowed at once: all those before have given their places back.
    await until(lambda: _opens(door, token))
