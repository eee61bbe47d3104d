"""One request is one transaction, committed before the answer, and seen by nobody else's tenant."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database import Database, is_trouble
from chassis.ids import new_id
from chassis.service import answers
from tests.chassis.scratch_service import use_cases
from tests.chassis.scratch_service.main import SERVICE
from tests.patience import until
from tests.world import OpenService, World, problem_of

LOCK = 4711
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
CUT = "select pg_terminate_backend(pg_backend_pid())"
SLEEP = "select pg_sleep(1)"
HURRY = "select set_config('statement_timeout', '10', true)"


@pytest.fixture
async def counting(scratch_world: World) -> AsyncIterator[OpenService]:
    async with scratch_world.open(SERVICE) as service:
        yield service


@pytest.fixture
async def narrow(scratch_world: World) -> AsyncIterator[OpenService]:
    settings = scratch_world.settings.model_copy(update={"database_connections_max": 1})
    async with scratch_world.open(SERVICE, settings=settings) as service:
        yield service


async def test_what_the_commit_refuses_is_never_answered_as_done(
    scratch_world: World, counting: OpenService
) -> None:
    tenant = scratch_world.new_tenant()
    await counting.hire(tenant, "ana")
    ana = counting.as_(tenant, "ana")
    first = await ana.post("/v1/notes", {"words": "twice"})

    second = await ana.post("/v1/notes", {"words": "twice"})

    assert first.status_code == 201
    assert (second.status_code, problem_of(second)) == (500, "internal-error")
    assert "twice" not in second.text


async def test_a_request_that_fails_announces_nothing(
    scratch_world: World, counting: OpenService
) -> None:
    tenant = scratch_world.new_tenant()

    async def announce_and_fail() -> None:
        async with counting.context.database.transaction(tenant.tenant_id) as session:
            await use_cases.advance(session, counting.context.clock, new_id())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await announce_and_fail()

    assert await counting.announced(tenant) == []


async def test_a_pooled_connection_forgets_whose_it_was(
    scratch_world: World, narrow: OpenService
) -> None:
    mine, other = scratch_world.new_tenant(), scratch_world.new_tenant()
    database = narrow.context.database
    async with database.transaction(mine.tenant_id) as session:
        await use_cases.write_note(session, "mine")

    async with database.transaction(mine.tenant_id) as session:
        seen_by_me = await use_cases.count_notes(session)
    async with database.transaction() as session:
        seen_by_nobody = await use_cases.count_notes(session)
    async with database.transaction(other.tenant_id) as session:
        seen_by_the_other = await use_cases.count_notes(session)

    assert (seen_by_me, seen_by_nobody, seen_by_the_other) == (1, 0, 0)


async def test_who_gets_no_connection_in_time_is_told_to_come_back(
    scratch_world: World, narrow: OpenService
) -> None:
    tenant = scratch_world.new_tenant()
    await narrow.hire(tenant, "ana")
    ana = narrow.as_(tenant, "ana")
    keeper = await narrow.context.database.connect()
    await keeper.execute("select pg_advisory_lock($1)", LOCK)
    held = asyncio.create_task(ana.post(f"/v1/locks/{LOCK}"))
    await _until_one_waits(narrow.context.database)

    refused = await ana.get("/v1/me")

    await keeper.close()
    assert (refused.status_code, problem_of(refused)) == (503, "temporarily-unavailable")
    assert refused.headers["retry-after"] == "2"
    assert (await held).status_code == 200


async def _until_one_waits(database: Database) -> None:
    watch = await database.connect()
    await until(lambda: watch.fetchval(WAITING))
    await watch.close()


async def test_a_database_that_lacks_the_newest_migration_is_not_ready(
    narrow: OpenService, tmp_path: Path
) -> None:
    (tmp_path / "9999_of_tomorrow.py").touch()
    database = narrow.context.database

    as_it_is = await answers(database, SERVICE.migrations)()
    as_the_code_of_tomorrow_wants_it = await answers(database, tmp_path)()

    assert (as_it_is, as_the_code_of_tomorrow_wants_it) == (True, False)


async def test_a_lost_connection_is_trouble_and_a_bad_value_is_not(narrow: OpenService) -> None:
    database = narrow.context.database

    too_large = await _failure(database, "select cast(:v as integer)", v=2**40)
    garbled = await _failure(database, "select cast(:v as text)", v="\x00")
    wrong = await _failure(database, "select nonsense from nowhere")
    cut = await _failure(database, CUT)
    slow = await _failure(database, HURRY, SLEEP)
    again = await _failure(database, "select 1")

    assert [is_trouble(one) for one in (too_large, garbled, wrong)] == [False] * 3
    assert [is_trouble(one) for one in (cut, slow)] == [True] * 2
    assert isinstance(again, NothingFailed)


class NothingFailed(Exception):
    """The statement was carried out."""


async def _failure(database: Database, *statements: str, **values: object) -> Exception:
    try:
        async with database.transaction() as session:
            connection = await session.connection()
            for statement in statements:
                await connection.execute(text(statement), values)
    except Exception as error:  # noqa: BLE001 - the error is what is asked for
        return error
    return NothingFailed()
