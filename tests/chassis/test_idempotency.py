"""The same POST again is answered as the first time, and done once, whoever asks how often."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import ASGIApp

from chassis.clock import SettableClock, SystemClock
from chassis.housekeeping import Housekeeper
from chassis.idempotency import ANSWERS_KEPT, REPLAYED
from chassis.ids import new_id
from contracts.directory import PersonDeactivated
from tests.chassis.checker import as_owner, count
from tests.chassis.scratch_service.main import SERVICE
from tests.patience import until
from tests.world import Caller, OpenService, Tenant, World, problem_of

LOCK = 4713
WAITING = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {LOCK}"
UNANNOUNCED = f"/v1/locks/{LOCK + 2}"
"""Announces nothing: Kafka takes no news of tomorrow, and the others here share an outbox."""
MOMENT = timedelta(seconds=1)
AT_ONCE = 50


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(SystemClock().now())


@pytest.fixture
async def counting(scratch_world: World, clock: SettableClock) -> AsyncIterator[OpenService]:
    async with scratch_world.open(SERVICE, clock=clock) as service:
        yield service


@pytest.fixture
async def tenant(scratch_world: World, counting: OpenService) -> Tenant:
    tenant = scratch_world.new_tenant()
    await counting.hire(tenant, "ana")
    await counting.hire(tenant, "bo", "admin", "employee")
    return tenant


@pytest.fixture
def ana(
    scratch_world: World, counting: OpenService, tenant: Tenant, clock: SettableClock
) -> Caller:
    lasting = (clock.now() + 2 * ANSWERS_KEPT).timestamp()
    return Caller(counting.client, scratch_world.token(tenant, "ana", exp=int(lasting)))


@pytest.fixture
async def keeper(counting: OpenService) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who holds a lock until he goes."""
    connection = await as_owner(counting.context.settings)
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    yield connection
    connection.terminate()


def advancing() -> str:
    """Answer the path of a counter of one's own, which shows how often something was done."""
    return f"/v1/counters/{new_id()}/advance"


def was_replayed(answer: httpx2.Response) -> bool:
    return answer.headers.get(REPLAYED) == "true"


async def test_a_repeat_is_answered_as_the_first_time_and_changes_nothing(
    counting: OpenService, tenant: Tenant, ana: Caller
) -> None:
    path = advancing()

    first = await ana.post(path, key="one")
    again = await ana.post(path, key="one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content == b'{"number":1}'
    assert first.headers["content-type"] == again.headers["content-type"]
    assert (was_replayed(first), was_replayed(again)) == (False, True)
    assert (await count(counting.context.settings, tenant.tenant_id)).committed == 1


async def test_without_a_key_everything_is_done_as_often_as_it_is_asked_for(ana: Caller) -> None:
    path = advancing()

    numbers = [(await ana.post(path)).json()["number"] for _ in range(2)]

    assert numbers == [1, 2]


async def test_another_key_is_another_request(ana: Caller) -> None:
    path = advancing()

    numbers = [(await ana.post(path, key=key)).json()["number"] for key in ("one", "two")]

    assert numbers == [1, 2]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/notes", {"words": "of something else"}),
        ("/v1/notes?aloud=1", {"words": "first"}),
        ("/v1/announcements", {"words": "first"}),
    ],
    ids=["another body", "another query", "another path"],
)
async def test_a_key_belongs_to_one_request(ana: Caller, path: str, body: dict[str, str]) -> None:
    await ana.post("/v1/notes", {"words": "first"}, key="one")

    other = await ana.post(path, body, key="one")
    again = await ana.post("/v1/notes", {"words": "first"}, key="one")

    assert (other.status_code, problem_of(other)) == (422, "idempotency-key-reused")
    assert (again.status_code, again.json()) == (201, {"number": 1})


async def test_somebody_elses_key_of_the_same_name_is_another_key(
    scratch_world: World, counting: OpenService, tenant: Tenant, ana: Caller
) -> None:
    elsewhere = scratch_world.new_tenant()
    await counting.hire(elsewhere, "ana")
    path = advancing()

    mine = await ana.post(path, key="one")
    my_colleagues = await counting.as_(tenant, "bo").post(path, key="one")
    my_namesakes = await counting.as_(elsewhere, "ana").post(path, key="one")

    assert [one.json()["number"] for one in (mine, my_colleagues, my_namesakes)] == [1, 2, 1]


async def test_the_operators_keys_are_the_operators_own(counting: OpenService) -> None:
    operator, other = counting.as_(None, "ops"), counting.as_(None, "ops-2")

    first = await operator.post(f"/v1/open-locks/{LOCK + 1}", key="one")
    again = await operator.post(f"/v1/open-locks/{LOCK + 1}", key="one")
    of_another = await other.post(f"/v1/open-locks/{LOCK + 1}", key="one")

    assert first.content == again.content == of_another.content
    assert [was_replayed(one) for one in (first, again, of_another)] == [False, True, False]


async def test_the_first_is_waited_for_by_nobody(ana: Caller, keeper: asyncpg.Connection) -> None:
    first = asyncio.create_task(ana.post(f"/v1/locks/{LOCK}", key="one"))
    await until(lambda: _is_waited_for(keeper))

    meanwhile = await ana.post(f"/v1/locks/{LOCK}", key="one")
    keeper.terminate()

    assert (meanwhile.status_code, problem_of(meanwhile)) == (409, "request-under-way")
    assert meanwhile.headers["retry-after"] == "1"
    assert (await first).status_code == 200
    assert was_replayed(await ana.post(f"/v1/locks/{LOCK}", key="one"))


async def _is_waited_for(keeper: asyncpg.Connection) -> bool:
    return int(await keeper.fetchval(WAITING)) > 1


async def test_of_fifty_at_once_one_is_done_and_all_hear_the_same(
    scratch_world: World, counting: OpenService, tenant: Tenant, ana: Caller
) -> None:
    path = advancing()

    async with scratch_world.open(SERVICE) as beside:
        servers = itertools.cycle([ana, beside.as_(tenant, "ana")])
        at_once = await asyncio.gather(
            *(next(servers).post(path, key="one") for _ in range(AT_ONCE))
        )
    in_the_end = await asyncio.gather(*(_until_answered(ana, path, answer) for answer in at_once))

    assert {one.status_code for one in at_once} <= {201, 409}
    refused = [one for one in at_once if one.status_code == 409]
    assert {problem_of(one) for one in refused} <= {"request-under-way"}
    assert {(one.status_code, one.content) for one in in_the_end} == {(201, b'{"number":1}')}
    assert len(in_the_end) == AT_ONCE
    assert [was_replayed(one) for one in in_the_end].count(False) == 1
    assert (await count(counting.context.settings, tenant.tenant_id)).committed == 1


async def _until_answered(caller: Caller, path: str, answer: httpx2.Response) -> httpx2.Response:
    found = [answer]

    async def answered() -> bool:
        if found[-1].status_code == 409:
            found.append(await caller.post(path, key="one"))
        return found[-1].status_code != 409

    await until(answered)
    return found[-1]


async def test_who_comes_between_the_look_and_the_commit_undoes_what_they_did(
    tenant: Tenant, ana: Caller, keeper: asyncpg.Connection
) -> None:
    # The lock is free and no answer is seen: just so it is for whoever asks in that moment.
    held = asyncio.create_task(ana.post(f"/v1/locks/{LOCK}", key="one"))
    await until(lambda: _is_waited_for(keeper))
    await keeper.execute(
        "insert into idempotency_keys select tenant_id, caller, 'one', '', 200, '{}', '', now()"
        " from (values ($1::uuid, sha256($2))) as place (tenant_id, caller)",
        tenant.tenant_id,
        f"{tenant.issuer}\nana".encode(),
    )
    keeper.terminate()

    answer = await held

    assert (answer.status_code, problem_of(answer)) == (409, "request-under-way")


async def test_a_refusal_is_not_remembered(ana: Caller, counting: OpenService) -> None:
    refused = await ana.post("/v1/notes", {"wrods": "first"}, key="one")
    mended = await ana.post("/v1/notes", {"words": "first"}, key="one")

    assert (refused.status_code, problem_of(refused)) == (422, "validation-failed")
    assert (mended.status_code, was_replayed(mended)) == (201, False)


async def test_what_the_commit_refuses_is_not_remembered(ana: Caller) -> None:
    await ana.post("/v1/notes", {"words": "twice"})

    refused = [await ana.post("/v1/notes", {"words": "twice"}, key="one") for _ in range(2)]

    assert [one.status_code for one in refused] == [500, 500]


async def test_an_answer_is_given_again_to_those_only_who_may_ask_today(
    counting: OpenService, tenant: Tenant
) -> None:
    person = await counting.hire(tenant, "eva", "admin", "employee")
    eva = counting.as_(tenant, "eva")
    await eva.post("/v1/decrees", {"words": "silence"}, key="one")

    demoted = person.model_copy(update={"roles": ["employee"]})
    await counting.hear(tenant, demoted)
    without_the_role = await eva.post("/v1/decrees", {"words": "silence"}, key="one")
    gone = PersonDeactivated(**{**person.model_dump(), "active": False, "roles": []})
    await counting.hear(tenant, gone)
    without_a_place = await eva.post("/v1/decrees", {"words": "silence"}, key="one")

    assert problem_of(without_the_role) == "role-missing"
    assert problem_of(without_a_place) == "person-unknown"


async def test_an_answer_is_remembered_for_a_day(ana: Caller, clock: SettableClock) -> None:
    await ana.post(UNANNOUNCED, key="one")

    clock.advance(ANSWERS_KEPT - MOMENT)
    of_the_day = await ana.post(UNANNOUNCED, key="one")
    clock.advance(MOMENT)
    of_the_next = await ana.post(UNANNOUNCED, key="one")
    again = await ana.post(UNANNOUNCED, key="one")

    answers = (of_the_day, of_the_next, again)
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [was_replayed(one) for one in answers] == [True, False, True]


async def test_what_is_forgotten_is_swept(
    counting: OpenService, tenant: Tenant, ana: Caller, clock: SettableClock
) -> None:
    housekeeper = Housekeeper(counting.context.database, clock)
    for key in ("old", "older"):
        await ana.post(UNANNOUNCED, key=key)
    clock.advance(ANSWERS_KEPT + MOMENT)
    await ana.post(UNANNOUNCED, key="new")

    await housekeeper.sweep()

    connection = await as_owner(counting.context.settings)
    kept = await connection.fetch(
        "select key from idempotency_keys where tenant_id = $1", tenant.tenant_id
    )
    await connection.close()
    assert [row["key"] for row in kept] == ["new"]


async def test_a_service_that_was_started_anew_remembers(
    scratch_world: World, counting: OpenService, tenant: Tenant, ana: Caller
) -> None:
    path = advancing()
    first = await ana.post(path, key="one")

    async with scratch_world.open(SERVICE) as anew:
        again = await anew.as_(tenant, "ana").post(path, key="one")

    assert (again.content, was_replayed(again)) == (first.content, True)


async def test_where_a_double_would_reach_the_outside_a_key_is_needed(ana: Caller) -> None:
    body = {"words": "to all the world"}

    without = await ana.post("/v1/announcements", body)
    with_one = [await ana.post("/v1/announcements", body, key="one") for _ in range(2)]

    assert (without.status_code, problem_of(without)) == (400, "idempotency-key-missing")
    assert [one.json() for one in with_one] == [{"number": 1}] * 2


async def test_a_large_body_is_read_once_and_its_limit_holds(
    ana: Caller, counting: OpenService
) -> None:
    headers = {**ana.headers, "idempotency-key": "one", "content-type": "application/json"}

    async def pieces(size: int) -> AsyncIterator[bytes]:
        yield b'{"words":"at the end","more":"'
        for _ in range(size // 1000):
            yield b"x" * 1000
        yield b'"}'

    fits, too_large = [
        await counting.client.post("/v1/notes", content=pieces(size), headers=headers)
        for size in (900_000, 1_100_000)
    ]

    assert (fits.status_code, problem_of(fits)) == (422, "validation-failed")
    assert fits.json()["errors"][0]["pointer"] == "/more"
    assert (too_large.status_code, problem_of(too_large)) == (413, "body-too-large")


async def test_two_keys_are_no_key(ana: Caller, counting: OpenService) -> None:
    keys = [("idempotency-key", "one"), ("idempotency-key", "one")]

    answer = await counting.client.post(advancing(), headers=[*ana.headers.items(), *keys])

    assert (answer.status_code, problem_of(answer)) == (400, "idempotency-key-unusable")


async def test_a_key_in_quotes_is_the_same_key(ana: Caller) -> None:
    path = advancing()
    await ana.post(path, key="one")

    assert was_replayed(await ana.post(path, key='"one"'))


async def test_a_key_costs_two_questions_and_no_key_costs_none(
    scratch_world: World, counting: OpenService, tenant: Tenant
) -> None:
    asked: list[str] = []

    def listening(app: FastAPI, around: ASGIApp) -> ASGIApp:
        engine = app.state.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))
        return around

    async with scratch_world.open(replace(SERVICE, front=listening)) as service:
        ana, path = service.as_(tenant, "ana"), advancing()
        questions = []
        for key in (None, "one", "one"):
            asked.clear()
            await ana.post(path, key=key)
            questions.append(len(asked))

    without, first, again = questions
    assert first == without + 2
    # Who calls, and what was answered. (Whose the transaction is, is said before all questions.)
    assert again == 2
    assert not [one for one in asked if "insert" in one.lower()]
