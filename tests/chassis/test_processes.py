"""How processes end: in order when asked, with a code when a part of them fails."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest

from chassis.http_client import new_client
from chassis.settings import ServiceSettings
from fortaler.embedded.ports import free_port
from tests.chassis.checker import as_owner
from tests.chassis.processes import started
from tests.patience import until
from tests.world import World

LOCK = 4712
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and objid = 4712"
SLOPPY = (b"Warning", b"Traceback", b"was destroyed", b"never retrieved", b"never awaited")


@pytest.mark.parametrize("mode", ["loop-fails", "web-loop-fails", "start-fails"])
async def test_a_part_that_fails_ends_the_process_and_says_so(
    scratch_settings: ServiceSettings, mode: str
) -> None:
    async with started(scratch_settings, mode, str(free_port())) as process:
        code = await process.ended()

    lines = [json.loads(line) for line in process.logged.splitlines()]
    assert code != 0
    [told] = [line for line in lines if line["event"] == "part.failed"]
    assert any("chassis.auth.IssuerUnavailable" in one for one in told["exception"])
    assert not any(word in process.logged for word in SLOPPY), process.logged.decode()


async def test_a_port_that_is_taken_ends_the_process(scratch_settings: ServiceSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with started(scratch_settings, "serve", str(taken.getsockname()[1])) as process:
            assert await process.ended() != 0

    assert b"address already in use" in process.logged
    assert not any(word in process.logged for word in SLOPPY), process.logged.decode()


@pytest.fixture
async def keeper(scratch_settings: ServiceSettings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who holds a lock until he lets go."""
    connection = await as_owner(scratch_settings)
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    yield connection
    connection.terminate()


async def test_a_process_that_is_asked_to_end_first_answers_what_it_was_asked(
    scratch_world: World, scratch_settings: ServiceSettings, keeper: asyncpg.Connection
) -> None:
    port = free_port()
    operator = scratch_world.token(None, "ops")
    async with started(scratch_settings, "serve", str(port)) as process, new_client() as client:
        await until(lambda: _ready(client, port))

        asked = asyncio.create_task(
            client.post(
                f"http://127.0.0.1:{port}/v1/open-locks/{LOCK}",
                headers={"authorization": f"Bearer {operator}"},
            )
        )
        await until(lambda: _two_want_the_lock(scratch_settings))
        process.ask_to_end()
        await until(lambda: _refuses_connections(port))
        await keeper.close()

        assert (await asked).status_code == 200
        assert await process.ended(within_s=10) == 0
    assert not any(word in process.logged for word in SLOPPY), process.logged.decode()


async def test_a_process_ends_in_time_though_kafka_is_away(
    scratch_world: World, scratch_settings: ServiceSettings
) -> None:
    away = scratch_settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:9"})
    port = free_port()
    async with started(away, "serve", str(port)) as process, new_client() as client:
        await until(lambda: _alive(client, port))

        process.ask_to_end()

        assert await process.ended(within_s=10) == 0
    assert not any(word in process.logged for word in SLOPPY), process.logged.decode()


async def _ready(client: httpx2.AsyncClient, port: int) -> bool:
    return await _answers(client, port, "ready")


async def _alive(client: httpx2.AsyncClient, port: int) -> bool:
    return await _answers(client, port, "live")


async def _answers(client: httpx2.AsyncClient, port: int, door: str) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/{door}")).status_code == 200
    except httpx2.ConnectError:
        return False


async def _refuses_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return True
    writer.close()
    return False


async def _two_want_the_lock(settings: ServiceSettings) -> bool:
    connection = await as_owner(settings)
    wanting = await connection.fetchval(WAITING)
    await connection.close()
    return bool(wanting == 2)
