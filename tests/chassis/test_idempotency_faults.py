"""A key's request is done once also by a process that is killed, and in whatever order is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.clock import SettableClock, SystemClock
from chassis.http_client import new_client
from chassis.idempotency import ANSWERS_KEPT, REPLAYED
from chassis.ids import new_id
from fortaler.embedded.ports import free_port
from tests.chassis.checker import count
from tests.chassis.processes import Process, started
from tests.chassis.scratch_service.main import SERVICE
from tests.chassis.stopping_process import NOWHERE, POINTS
from tests.patience import until
from tests.world import Caller, Tenant, World, problem_of

HISTORIES = 20
LIFETIME = timedelta(days=30)


@asynccontextmanager
async def web_process(
    world: World, tenant: Tenant, point: str
) -> AsyncIterator[tuple[Process, Caller]]:
    """Have a web process that stops at a point, and somebody who calls it."""
    port = free_port()
    announced = world.registered(tenant).model_dump_json()
    arguments = (point, str(port), announced)
    async with (
        started(world.settings, *arguments, module="tests.chassis.stopping_process") as process,
        new_client(f"http://127.0.0.1:{port}") as client,
    ):
        await until(lambda: _is_up(client))
        yield process, Caller(client, world.token(tenant, "ana"))


async def _is_up(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/live")).is_success
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize("point", POINTS)
async def test_a_request_whose_process_was_killed_is_done_once(
    scratch_world: World, point: str
) -> None:
    tenant = scratch_world.new_tenant()
    async with scratch_world.open(SERVICE) as service:
        await service.hire(tenant, "ana")
    path = f"/v1/counters/{new_id()}/advance"

    async with web_process(scratch_world, tenant, point) as (process, ana):
        never_answered = asyncio.create_task(ana.post(path, key="one"))
        await process.heard("here")
        done_then = (await count(scratch_world.settings, tenant.tenant_id)).committed
        await process.kill()
        with pytest.raises(httpx2.TransportError):
            await never_answered
    async with web_process(scratch_world, tenant, NOWHERE) as (_, ana):
        # The server lets go of a dead client's locks within moments.
        await until(lambda: _is_free(ana, path))
        answers = [await ana.post(path, key="one") for _ in range(2)]

    assert done_then == (1 if point == "before-answer" else 0)
    assert [(one.status_code, one.content) for one in answers] == [(201, b'{"number":1}')] * 2
    assert (await count(scratch_world.settings, tenant.tenant_id)).committed == 1


async def _is_free(caller: Caller, path: str) -> bool:
    return (await caller.post(path, key="one")).status_code != 409


@dataclass(frozen=True)
class Ask:
    """Somebody asks for a counter to advance, perhaps with a key."""

    who: str
    key: str | None
    counter: int


Step = Ask | timedelta
"""Something that happens: somebody asks, or time passes."""

STEPS = st.one_of(
    st.builds(
        Ask,
        st.sampled_from(["ana", "bo"]),
        st.sampled_from([None, "one", "two"]),
        st.integers(0, 1),
    ),
    st.integers(1, 13).map(lambda hours: timedelta(hours=hours)),
)


class Model:
    """What a caller may rely on, told in the fewest words."""

    def __init__(self) -> None:
        self._numbers = [0, 0]
        self._remembered: dict[tuple[str, str], tuple[int, int, datetime]] = {}

    def answer(self, ask: Ask, now: datetime) -> tuple[int, int | None, bool]:
        """Answer the status, the number, and whether it is a repeat."""
        if ask.key is not None and (known := self._remembered.get((ask.who, ask.key))):
            counter, number, at = known
            if now - at < ANSWERS_KEPT:
                return (201, number, True) if counter == ask.counter else (422, None, False)
        self._numbers[ask.counter] += 1
        number = self._numbers[ask.counter]
        if ask.key is not None:
            self._remembered[ask.who, ask.key] = (ask.counter, number, now)
        return 201, number, False


@settings(max_examples=HISTORIES, deadline=None)
@given(history=st.lists(STEPS, min_size=5, max_size=25))
async def test_whatever_happens_in_whatever_order_every_answer_is_the_right_one(
    scratch_world: World, history: list[Step]
) -> None:
    # Begun in the past, since Kafka takes no news of days to come.
    clock, model = SettableClock(SystemClock().now() - LIFETIME), Model()
    tenant, counters = scratch_world.new_tenant(), (new_id(), new_id())
    times = {
        "iat": int(clock.now().timestamp()),
        "exp": int((clock.now() + LIFETIME).timestamp()),
    }
    async with scratch_world.open(SERVICE, clock=clock) as service:
        callers = {}
        for who in ("ana", "bo"):
            await service.hire(tenant, who)
            token = scratch_world.token(tenant, who, **times)
            callers[who] = Caller(service.client, token)

        for step in history:
            if isinstance(step, timedelta):
                clock.advance(step)
            else:
                expected = model.answer(step, clock.now())
                assert await _heard(callers[step.who], step, counters) == expected


async def _heard(
    caller: Caller, ask: Ask, counters: tuple[UUID, UUID]
) -> tuple[int, int | None, bool]:
    answer = await caller.post(f"/v1/counters/{counters[ask.counter]}/advance", key=ask.key)
    if answer.status_code == 422:
        assert problem_of(answer) == "idempotency-key-reused"
    return answer.status_code, answer.json().get("number"), REPLAYED in answer.headers
